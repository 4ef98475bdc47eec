"""A WSGI application as HTTP on loopback, as moto's server has it, on connections that are kept."""

from __future__ import annotations

import functools
import io
import urllib.parse
from http import HTTPStatus

from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, environ_key_for_header
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from infra.local.connections import KeptConnections
from infra.local.heads import Fields, PlainHeads
from infra.local.wsgi import Environ, ask

# An answer of these has no body, and no length either.
BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
ONCE = {"CONTENT_TYPE", "CONTENT_LENGTH"}
# What every request of a connection has in common.
SAME = {
    "wsgi.version",
    "wsgi.url_scheme",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
    "werkzeug.socket",
    "SERVER_SOFTWARE",
    "SCRIPT_NAME",
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "SERVER_NAME",
    "SERVER_PORT",
}


def _is_odd(head: Fields) -> bool:
    """Whether moto has a rule for such a head: names of metadata that WSGI cannot tell apart, or a body in chunks."""
    return "Transfer-Encoding" in head or any("_" in name for name in head)


@functools.lru_cache(maxsize=256)
def _variable(name: str) -> str:
    return environ_key_for_header(name)


class RequestHandler(PlainHeads, MotoRequestHandler):
    """One connection, kept for the requests that follow: werkzeug's closes it after each, and waits for that.

    A connection has a thread, and not a place in a pool: an Invoke takes as long as its function, whose own calls
    come here as well, and would wait for a place that only their end can free.
    """

    protocol_version = "HTTP/1.1"
    _same: Environ | None = None
    # Head and body go together, and no segment waits for another (Nagle).
    wbufsize = -1
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  (the name is werkzeug's)
        """Silent: stdout and stderr are for the person who started this."""

    def make_environ(self) -> Environ:
        """The request as WSGI has it. What is the same for all is worked out once, where nothing is out of the way."""
        head: object = self.headers
        if not isinstance(head, Fields) or not self.path.startswith("/") or "#" in self.path or _is_odd(head):
            return super().make_environ()
        if self._same is None:
            self._same = {name: value for name, value in super().make_environ().items() if name in SAME}
        path, _, query = self.path.partition("?")
        environ = {
            **self._same,
            "wsgi.input": self.rfile,
            "REQUEST_METHOD": self.command,
            "PATH_INFO": urllib.parse.unquote(path).encode().decode("latin-1"),
            "QUERY_STRING": query.encode().decode("latin-1"),
            "REQUEST_URI": self.path.encode().decode("latin-1"),
            "RAW_URI": self.path.encode().decode("latin-1"),
            "SERVER_PROTOCOL": self.request_version,
            PRESERVED_HEADER_NAMES_ENVIRON_KEY: {},
        }
        for name, value in head.items():
            key = _variable(name)
            repeated = key in environ and key not in ONCE
            environ[key] = f"{environ[key]},{value}" if repeated else value
        return environ

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        # Whole, also where it is refused: what is left would be taken for the next request. Chunks say where they end.
        body = environ["wsgi.input"].read(*() if "HTTP_TRANSFER_ENCODING" in environ else (int(length),))
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer = ask(self.server.app, environ)
        self.send_response(answer.status, answer.reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        bodiless = self.command == "HEAD" or answer.status in BODILESS
        if not bodiless and not any(name.lower() == "content-length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(answer.body)
        self.wfile.flush()


class WsgiServer(KeptConnections, ThreadedWSGIServer):
    """One application, with a thread for each connection."""

    daemon_threads = True
    block_on_close = False
