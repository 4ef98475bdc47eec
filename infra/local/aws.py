"""AWS as this process sees it: boto3 clients of the laptop cloud, untouched by the developer's own AWS settings."""

from __future__ import annotations

import functools
import os
import threading
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from moto.core.botocore_stubber import MockRawResponse
from moto.core.request import Request

from infra.local.identity import REGION, Credentials
from infra.local.wsgi import WsgiApp, ask

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
    """Clients of one signer, made once each; making one is slow and boto3's sessions are not thread-safe.

    With an `app`, what is at the endpoint as WSGI, they ask that: signed and answered as over HTTP, but here, in the
    thread that asks.
    """

    def __init__(
        self,
        endpoint: str,
        credentials: Credentials,
        app: WsgiApp | None = None,
        read_timeout: float = 60,
        attempts: int = 2,
    ) -> None:
        self._app = app
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
                client = self._clients[service] = session.client(
                    service,
                    endpoint_url=self._endpoint,
                    aws_access_key_id=self._credentials.access_key,
                    aws_secret_access_key=self._credentials.secret_key,
                    aws_session_token=self._credentials.session_token,
                    config=self._config,
                )
                if self._app is not None:
                    client.meta.events.register("before-send", functools.partial(_ask, self._app))
            return self._clients[service]

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def _ask(app: WsgiApp, request: AWSPreparedRequest, **_: object) -> AWSResponse:
    body: Any = request.body
    if hasattr(body, "read"):
        body = body.read()
    environ = Request.from_primitives(request.method, request.url, request.headers, body).environ
    environ["RAW_URI"] = "/" + request.url.partition("//")[2].partition("/")[2]
    answer = ask(app, environ)
    headers: Any = HeadersDict(answer.headers)
    raw: Any = MockRawResponse(answer.body)
    return AWSResponse(request.url, answer.status, headers, raw)
