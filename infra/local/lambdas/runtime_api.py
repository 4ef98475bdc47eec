"""The Lambda Runtime API (2018-06-01) for one worker: what awslambdaric asks for work and tells results to.

One loopback port a worker, because awslambdaric sends nothing that would say which worker is asking.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from infra.local.heads import PlainHeads
from infra.local.lambdas.invocation import RESPONSE_LIMIT, Invocation, InvocationResult, traced
from infra.local.loopback import is_loopback


class Listener(Protocol):
    """Whoever minds the worker."""

    def asks_for_work(self) -> None:
        """The worker has finished its initialisation, or its last invocation."""

    def failed_to_start(self, error: bytes) -> None:
        """The handler could not be imported; the worker exits next."""

    def answered(self, request_id: str, result: InvocationResult) -> None:
        """The worker has completed an invocation."""


class RuntimeApi:
    """Serves one worker until closed; `give` an invocation and it is what the worker's next question gets."""

    def __init__(self, listener: Listener, timeout: float) -> None:
        self._listener = listener
        self._timeout = timeout
        self._work: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="runtime-api", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """host:port, as AWS_LAMBDA_RUNTIME_API wants it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def give(self, invocation: Invocation) -> None:
        """Queue the worker's next invocation; it must have none in hand."""
        self._work.put(invocation)

    def close(self) -> None:
        """Stop serving; a worker that is waiting for work sees its connection end."""
        self._closed = True
        self._work.put(None)
        # `accept` has no other portable way to be woken.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._server.server_address[1]), timeout=1).close()
        self._thread.join(timeout=1)

    def _serve(self) -> None:
        while not self._closed:
            self._server.handle_request()
        self._server.server_close()

    def next_invocation(self) -> Invocation | None:
        """Blocks until there is work; None when there will be no more."""
        self._listener.asks_for_work()
        return self._work.get()

    def deadline_ms(self) -> int:
        """Milliseconds since the epoch at which an invocation that starts now is killed."""
        return int((time.time() + self._timeout) * 1000)

    def report(self, path: str, body: bytes) -> int:
        """Take what the worker posted; gives the status to answer with."""
        parts = path.split("/")
        if path.endswith("/init/error"):
            self._listener.failed_to_start(body)
        elif path.endswith("/response"):
            self._listener.answered(parts[-2], InvocationResult.of(body))
            return 413 if len(body) > RESPONSE_LIMIT else 202
        elif path.endswith("/error"):
            self._listener.answered(parts[-2], InvocationResult(body, "Unhandled"))
        else:
            return 404
        return 202


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    api: RuntimeApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent where the worker has ended: whoever minds it knows of it."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(PlainHeads, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write a response: header and body in two small segments would wait for each other (Nagle).
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is http.server's)
        """Silent: the worker's own output is the log."""

    def do_GET(self) -> None:
        """`/runtime/invocation/next`, the one long question, and `/runtime/restore/next`."""
        if not self._is_from_the_worker():
            return
        if not self.path.endswith("/invocation/next"):
            self._answer(200 if self.path.endswith("/restore/next") else 404)
            return
        invocation = self.server.api.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.server.api.deadline_ms()),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.arn,
            "Lambda-Runtime-Trace-Id": invocation.trace or traced(),
        }
        if invocation.tenant is not None:
            headers["Lambda-Runtime-Aws-Tenant-Id"] = invocation.tenant
        self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:
        """A response or an error, of an invocation or of the initialisation."""
        if not self._is_from_the_worker():
            return
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(self.server.api.report(self.path, body), b'{"status":"OK"}')

    def _is_from_the_worker(self) -> bool:
        """A web page would take the worker's work, or answer for it; pages cannot but say who they are."""
        page = "Origin" in self.headers or "Sec-Fetch-Site" in self.headers
        if page or not is_loopback(self.headers.get("Host", "")):
            self.close_connection = True
            self._answer(403)
            return False
        return True

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def _answer(self, status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
