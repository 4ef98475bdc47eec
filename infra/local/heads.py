"""The head of an HTTP request and of its answer, without what http.server does anew for each and need not.

Its parser of headers is the one for electronic mail. A plain request line with plain headers (RFC 9112, sections 3 and
5, and nothing obsolete) is taken apart here; with anything else http.server does as it always does.
"""

from __future__ import annotations

import email.parser
import functools
import http.client
import io
import re
import time
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

REQUEST_LINE = re.compile(rb"([A-Z]+) (\S+) (HTTP/1\.[01])\r\n")
FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r\n")
FIELDS = re.compile(rf"(?:{FIELD.pattern})*\r\n")
LINE_END = b"\r\n"
LINE_BYTES = 65_536
MOST_LINES = 100


class Fields:
    """Header fields in their order, with what is asked of an `email.message.Message` that holds them."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields
        self._first = {name.lower(): value for name, value in reversed(fields)}

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the first field of the name, in whatever case."""
        return self._first.get(name.lower(), default)

    def items(self) -> list[tuple[str, str]]:
        """Every field."""
        return self._fields

    def keys(self) -> list[str]:
        """The name of every field."""
        return [name for name, _ in self._fields]

    def __getitem__(self, name: str) -> str | None:
        return self._first.get(name.lower())

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())


class PlainHeads(BaseHTTPRequestHandler):
    """A request handler that reads plain heads by itself, and writes the date of answers once a second."""

    headers: Any
    rfile: io.BufferedReader
    raw_requestline: bytes

    def parse_request(self) -> bool:
        """False when an error has been answered."""
        line = REQUEST_LINE.fullmatch(self.raw_requestline)
        if line is None:
            return super().parse_request()
        self.requestline = self.raw_requestline[:-2].decode("latin-1")
        method, target, version = (part.decode("latin-1") for part in line.groups())
        self.command, self.request_version = method, version
        # As http.server does, so that nobody takes what follows two slashes for a host.
        self.path = "/" + target.lstrip("/") if target.startswith("//") else target
        self.close_connection = version == "HTTP/1.0"
        text = self._text()
        if text is None:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return False
        self.headers = _fields(text)
        if connection := self.headers.get("Connection"):
            # http.server takes other values, and what else they say, for none.
            said = connection.lower()
            self.close_connection = said == "close" or (self.close_connection and said != "keep-alive")
        expects = self.headers.get("Expect", "").lower() == "100-continue" and version == "HTTP/1.1"
        return self.handle_expect_100() if expects else True

    def _text(self) -> str | None:
        """All fields, and the empty line that ends them; None when there is too much of them."""
        there = self.rfile.peek()
        head, empty_line, _ = (LINE_END + there).partition(LINE_END * 2)
        # Mostly it comes in one piece. Otherwise, and where a line ends in another way, one line after the other.
        if empty_line and head.count(LINE_END) == head.count(b"\n") < MOST_LINES:
            return self.rfile.read(len(head) + len(LINE_END)).decode("latin-1")
        lines: list[bytes] = []
        while (line := self.rfile.readline(LINE_BYTES + 1)) not in (b"\r\n", b"\n", b""):
            lines.append(line)
            if len(line) > LINE_BYTES or len(lines) >= MOST_LINES:
                return None
        return b"".join([*lines, b"\r\n"]).decode("latin-1")

    def handle_expect_100(self) -> bool:
        """Whoever asks for it waits for it, so it goes out at once."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: there is one line for each of thousands of requests."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Now, or that moment, as headers have it."""
        return _date(int(time.time() if timestamp is None else timestamp))


def _fields(text: str) -> Any:
    if FIELDS.fullmatch(text):
        return Fields(FIELD.findall(text))
    return email.parser.Parser(_class=http.client.HTTPMessage).parsestr(text)


@functools.lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
