"""Plain heads of requests are read as http.server and moto's server read them, and all others by those two."""

from __future__ import annotations

import io
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import MotoRequestHandler

from infra.local.heads import Fields, PlainHeads
from infra.local.wsgi_server import RequestHandler, WsgiServer

PLAIN = {
    "of botocore": b"POST / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\n"
    b"Content-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\nauthorization: AWS4 a, b\r\n\r\n{}",
    "with a query": b"GET /b/k%C3%A9%2F%25?x=1&y=%20?&z HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "with two slashes": b"GET //evil.example/a HTTP/1.1\r\nHost: h\r\n\r\n",
    "with a header twice": b"GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nContent-Type: x\r\nContent-Type: y\r\n\r\n",
    "with spaces around values": b"GET / HTTP/1.1\r\nA:  x \t\r\nB:y\r\nC:\r\nD: \xe9\r\n\r\n",
    "of a client that stays": b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    "of an old client": b"GET / HTTP/1.0\r\n\r\n",
    "of a client that goes": b"DELETE /a HTTP/1.1\r\nConnection: close\r\n\r\n",
    "of one that says more": b"GET / HTTP/1.1\r\nConnection: upgrade, close\r\n\r\n",
    "without fields": b"GET / HTTP/1.1\r\n\r\nrest\r\n\r\n",
    "of one that waits": b"PUT /a HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 0\r\n\r\n",
}
ODD = {
    "folded": b"GET / HTTP/1.1\r\nA: 1\r\n more\r\nB: 2\r\n\r\n",
    "without a colon": b"GET / HTTP/1.1\r\nA: 1\r\nnothing\r\nB: 2\r\n\r\n",
    "with a space before the colon": b"GET / HTTP/1.1\r\nA : 1\r\nB: 2\r\n\r\n",
    "ended by line feeds": b"GET / HTTP/1.1\nA: 1\n\n",
    "ended by line feeds before another": b"GET / HTTP/1.1\r\nA: 1\n\nGET /b HTTP/1.1\r\nB: 2\r\n\r\n",
    "cut after an odd line": b"GET / HTTP/1.1\r\nA\r\nB: 1\r\n",
    "cut": b"GET / HTTP/1.1\r\nA: 1",
    "with a lone carriage return": b"GET / HTTP/1.1\r\nA: 1\rB: 2\r\n\r\n",
    "of HTTP/0.9": b"GET /\r\n",
    "of HTTP/2": b"GET / HTTP/2.0\r\n\r\n",
    "without a version": b"GET / and more words\r\n\r\n",
    "of no HTTP": b"\x16\x03\x01\r\n\r\n",
    "with too many headers": b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 100 + b"\r\n",
    "with just so many headers": b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 99 + b"\r\n",
    "with a header that is too long": b"GET / HTTP/1.1\r\nA: " + b"x" * 65_540 + b"\r\n\r\n",
}
OF_WSGI = {
    "with metadata": b"PUT /a HTTP/1.1\r\nx-amz-meta-my_key: 1\r\nx_y: 2\r\n\r\n",
    "with a whole address": b"GET http://other.example/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
    "with a fragment": b"GET /a#b?c HTTP/1.1\r\nHost: h\r\n\r\n",
}


class Original(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass


class Plain(PlainHeads, Original):
    pass


def parsed(handler_class: type[BaseHTTPRequestHandler], raw: bytes, server: object = None) -> Any:
    """A handler that has read the head, and no socket."""
    handler: Any = handler_class.__new__(handler_class)
    handler.rfile, handler.wfile = io.BufferedReader(io.BytesIO(raw)), io.BytesIO()
    handler.server, handler.client_address, handler.connection = server, ("127.0.0.1", 9), None
    handler.raw_requestline = handler.rfile.readline(65_537)
    handler.good = handler.parse_request()
    return handler


@pytest.mark.parametrize("raw", [*PLAIN.values(), *ODD.values()], ids=[*PLAIN, *ODD])
def test_head_is_read_as_by_http_server(raw: bytes) -> None:
    ours, theirs = parsed(Plain, raw), parsed(Original, raw)
    for name in ("good", "command", "request_version", "close_connection", "requestline"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.wfile.getvalue()[:12] == theirs.wfile.getvalue()[:12]
    if ours.good:
        assert ours.path == theirs.path
        assert ours.headers.items() == theirs.headers.items()
        for name in ("a", "HOST", "missing"):
            assert (ours.headers[name], name in ours.headers) == (theirs.headers[name], name in theirs.headers)
            assert ours.headers.get(name, "else") == theirs.headers.get(name, "else")
        assert ours.rfile.read() == theirs.rfile.read()


@pytest.mark.parametrize("raw", PLAIN.values(), ids=PLAIN)
def test_plain_head_is_not_taken_for_electronic_mail(raw: bytes) -> None:
    assert isinstance(parsed(Plain, raw).headers, Fields)


class Moto(MotoRequestHandler):
    protocol_version = "HTTP/1.1"


@pytest.fixture
def server() -> Iterator[WsgiServer]:
    """Somewhere to say which address it is."""
    listening = WsgiServer("127.0.0.1", 0, lambda *_: [], RequestHandler)
    yield listening
    listening.server_close()


@pytest.mark.parametrize("raw", [*PLAIN.values(), *OF_WSGI.values()], ids=[*PLAIN, *OF_WSGI])
def test_request_is_what_motos_server_makes_of_it(raw: bytes, server: WsgiServer) -> None:
    ours, theirs = (parsed(each, raw, server).make_environ() for each in (RequestHandler, Moto))
    for environ in (ours, theirs):
        stream = environ.pop("wsgi.input")
        assert stream.read() == raw.partition(b"\r\n\r\n")[2]
    assert ours == theirs
