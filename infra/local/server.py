"""moto as a server on loopback, behind what it does not do itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import Any

from moto.core.config import default_user_config
from moto.moto_server import werkzeug_app
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from infra.local.authentication.guard import Guard
from infra.local.calls import Calls, describe
from infra.local.faults import Faults
from infra.local.identity import CredentialIssuer, Credentials
from infra.local.loopback import is_loopback
from infra.local.permissions.enforcement import Permissions
from infra.local.persistence.recording import Recording
from infra.local.wsgi import SIGNER, Environ, WsgiApp
from infra.local.wsgi_server import RequestHandler, WsgiServer


class OneTableCallAtATime:
    """WSGI middleware. moto's DynamoDB loses updates when its calls run in parallel."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self.calls = 0
        """Those that are answered or wait, at this moment."""
        self.seconds = 0.0
        """For which there was one to answer, so far."""

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return self._app(environ, start_response)
        self._count(1)
        try:
            with self._lock:
                began = time.monotonic()
                try:
                    return self._app(environ, start_response)
                finally:
                    self.seconds += time.monotonic() - began
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._counting:
            self.calls += more


class BehindOneAtATime:
    """WSGI middleware. What functions ask of the stores that nobody waits for is answered one call at a time.

    All calls share one interpreter, and those of a request that somebody waits for share it with one other at most.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.functions: frozenset[str] = frozenset()
        """Their logical ids."""

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        signer: Credentials | None = environ[SIGNER]
        stores = environ.get("HTTP_X_AMZ_TARGET", "DynamoDB").startswith("DynamoDB") and not _invokes(environ)
        if signer is None or signer.owner not in self.functions or not stores:
            return self._app(environ, start_response)
        with self._lock:
            return self._app(environ, start_response)


def _invokes(environ: Environ) -> bool:
    """An Invoke takes as long as its function, whose own calls would wait for it."""
    return str(environ.get("PATH_INFO", "")).endswith("/invocations")


class LoopbackOnly:
    """WSGI middleware. A web page with a name of its own that leads here gets nothing, whatever it asks."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if is_loopback(environ.get("HTTP_HOST", "")):
            return self._app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Connection", "close")])
        return [b"AWS is emulated here for programs of this machine: call it as 127.0.0.1 or localhost\n"]


class AwsServer:
    """Serves AWS at `url` from construction until `close`."""

    def __init__(self, credentials: CredentialIssuer, permissions: Permissions) -> None:
        _configure_moto()
        self.recording = Recording(DomainDispatcherApplication(create_backend_app))
        self.table = OneTableCallAtATime(self.recording)
        self.behind = BehindOneAtATime(self.table)
        self.faults = Faults(self.behind, describe)
        self.calls = Calls(self.faults, permissions)
        app = LoopbackOnly(Guard(self.calls, credentials))
        self.app: WsgiApp = app
        self._server = WsgiServer("127.0.0.1", 0, app, RequestHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # Where moto's interpreter of state machines finds the other services.
        os.environ["MOTO_PORT"] = str(self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="aws", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop accepting, and end the connections that are open."""
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()


def _configure_moto() -> None:
    os.environ["VALIDATE_LAMBDA_S3"] = "false"
    # A bucket's own CORS rules count, as in S3, and not moto's "everything from everywhere".
    module: Any = werkzeug_app
    module.DISABLE_GLOBAL_CORS = True
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    default_user_config["iam"] = {"load_aws_managed_policies": False}
