"""AWS as this process sees it: boto3 clients of the laptop cloud, untouched by the developer's own AWS settings."""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.identity import REGION, Credentials

# In botocore's form: where in the configuration, which variable, default, conversion.
_NOBODYS_PROFILE = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def session() -> boto3.session.Session:
    """A boto3 session that reads nobody's profile."""
    core = botocore.session.Session(session_vars=_NOBODYS_PROFILE)
    return boto3.session.Session(botocore_session=core, region_name=REGION)


class Clients:
    """Clients of one signer, made once each; making one is slow and boto3's sessions are not thread-safe."""

    def __init__(self, endpoint: str, credentials: Credentials, read_timeout: float = 60, attempts: int = 2) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}
        self._config = Config(
            region_name=REGION,
            # Loopback never goes through a proxy.
            proxies={},
            retries={"total_max_attempts": attempts},
            read_timeout=read_timeout,
            max_pool_connections=64,
            s3={"addressing_style": "path"},
        )
        self._session = session()

    def client(self, service: str) -> Any:
        """The client of a service, such as `dynamodb`."""
        with self._lock:
            if service not in self._clients:
                # By any name, where the stubs have an overload for each.
                session: Any = self._session
                self._clients[service] = session.client(
                    service,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=self._credentials.access_key,
                    aws_secret_access_key=self._credentials.secret_key,
                    aws_session_token=self._credentials.session_token,
                    config=self._config,
                )
            return self._clients[service]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
