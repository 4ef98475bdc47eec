"""HTTP/1.1 on loopback, in front of the gateway. Whatever a client sends gets a 4xx at worst."""

from __future__ import annotations

import errno
import re
import threading
from collections.abc import Callable, Container, Mapping
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Any

from infra.local.connections import KeptConnections
from infra.local.front import visitors
from infra.local.front.gateway import Gateway
from infra.local.front.request import Request, join_repeated
from infra.local.front.response import TOO_LARGE, Response, message
from infra.local.heads import PlainHeads

BODY_LIMIT = 10 * 1024 * 1024
# Request line and headers together.
HEAD_LIMIT = 10_240
IDLE_SECONDS = 60
DIGITS = re.compile(r"[0-9]{1,15}")


class PortTaken(Exception):
    """The port cannot be listened on, as a rule because something else does."""

    def __init__(self, port: int, error: OSError) -> None:
        taken = error.errno == errno.EADDRINUSE
        reason = "taken; stop what listens there, or choose another with --port" if taken else f"no good: {error}"
        super().__init__(f"port {port} is {reason}")


class Front:
    """Serves a gateway at `url` from `start` until `close`."""

    def __init__(self, port: int) -> None:
        """Takes the port; 0 is any that is free. Raises PortTaken."""
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise PortTaken(port, error) from None
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread: threading.Thread | None = None

    def start(
        self,
        gateway: Gateway,
        pages: Mapping[str, Callable[[], Response]] | None = None,
        origins: Container[str] = (),
    ) -> None:
        """Answer from now on: with the gateway, but for the `pages` of the laptop's own, by their path.

        Web pages are answered if they are of this service, or of one of these `origins`.
        """
        self._server.origins = origins
        self._server.gateway = gateway
        self._server.pages = pages or {}
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="front", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop accepting, and end the connections that are open."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.close_connections()


class _Server(KeptConnections, ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    # On Linux it would share the port with a listener that does the same; being told of a taken port matters more.
    allow_reuse_port = False
    gateway: Gateway
    pages: Mapping[str, Callable[[], Response]]
    origins: Container[str]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Silent: what can go wrong here is a client that went away."""


class _Unreadable(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class _Handler(PlainHeads):
    protocol_version = "HTTP/1.1"
    server_version = "codex-swarm-local"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is http.server's)
        """Silent: stdout and stderr are for the person who started this."""

    def __getattr__(self, name: str) -> Any:
        # http.server calls do_<METHOD>; the gateway knows which methods there are.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def send_error(self, code: int, message_text: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What http.server cannot read, in the form that API Gateway's own errors have."""
        self.close_connection = True
        # What a HTTP/0.9 request gets has no head at all; answer it like any other.
        if self.request_version == "HTTP/0.9":
            self.request_version = "HTTP/1.0"
        self._send(message(code, HTTPStatus(code).phrase))

    def _answer(self) -> None:
        try:
            request = self._read()
        except _Unreadable as unreadable:
            self.close_connection = True
            self._send(unreadable.response)
            self._drain()
            return
        page = self.server.pages.get(request.path) if request.method == "GET" else None
        self._send(
            visitors.refusal(request, self.server.origins) or (page() if page else self.server.gateway.answer(request))
        )

    def _read(self) -> Request:
        head = len(self.requestline) + sum(len(name) + len(value) for name, value in self.headers.items())
        if head > HEAD_LIMIT:
            raise _Unreadable(message(431, "Request Header Fields Too Large"))
        # Not `self.path`: http.server has made one slash of several at its start.
        target = self.requestline.split()[1]
        if not target.startswith("/"):
            raise _Unreadable(message(400, "Bad Request"))
        pairs = [(name.lower(), value.strip()) for name, value in self.headers.items()]
        cookies = [part.strip() for name, value in pairs if name == "cookie" for part in value.split(";")]
        return Request(
            method=self.command,
            # http.server reads the request line as Latin-1; what is not ASCII was UTF-8.
            target=target.encode("latin-1").decode("utf-8", "replace"),
            headers=join_repeated((name, value) for name, value in pairs if name != "cookie"),
            cookies=tuple(cookies),
            body=self._body(),
            source_ip=self.client_address[0],
            protocol=self.request_version,
        )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            return self._chunks()
        length = self.headers.get("Content-Length", "0").strip()
        if not DIGITS.fullmatch(length):
            raise _Unreadable(message(400, "Bad Request"))
        if int(length) > BODY_LIMIT:
            raise _Unreadable(TOO_LARGE)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _Unreadable(message(400, "Bad Request"))
        return body

    def _chunks(self) -> bytes:
        if self.headers["Transfer-Encoding"].strip().lower() != "chunked":
            raise _Unreadable(message(501, "Not Implemented"))
        body = bytearray()
        try:
            while size := int(self.rfile.readline(100).partition(b";")[0], 16):
                if size < 0 or len(body) + size > BODY_LIMIT:
                    raise _Unreadable(TOO_LARGE)
                body += self.rfile.read(size)
                self.rfile.readline(100)
        except ValueError:
            raise _Unreadable(message(400, "Bad Request")) from None
        while self.rfile.readline(HEAD_LIMIT).strip():
            """Trailers mean nothing to API Gateway."""
        return bytes(body)

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value.encode("utf-8", "replace").decode("latin-1"))
        bodiless = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless:
            self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD" and not bodiless:
            self.wfile.write(response.body)
        self.wfile.flush()

    def _drain(self) -> None:
        """Read a little of what is still coming: closing on unread data would take the answer back."""
        self.connection.settimeout(1)
        try:
            for _ in range(256):
                if not self.rfile.read1(65536):
                    return
        except OSError:
            return
