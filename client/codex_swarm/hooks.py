"""What the client tells of its exchanges: to the log `codex_swarm`, and to a function of the application."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import Self

import httpx

from codex_swarm.errors import request_id
from codex_swarm.text import unsigned

logger = logging.getLogger("codex_swarm")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it was sent, and what came of it. Holds no key, no query and no body."""

    request: str
    """Method and address, such as `GET https://api.example.com/runs/1`."""
    attempt: int
    """0 for the first try."""
    seconds: float
    """Until the head of the answer came, or none."""
    status: int | None = None
    request_id: str | None = None
    error: str | None = None
    """The kind of failure when no answer came, such as `ConnectError`."""

    @classmethod
    def of(cls, request: str, attempt: int, seconds: float, response: httpx.Response) -> Self:
        """One that was answered."""
        return cls(request, attempt, seconds, response.status_code, request_id(response.headers))

    @classmethod
    def lost(cls, request: str, attempt: int, seconds: float, error: str) -> Self:
        """One that was not."""
        return cls(request, attempt, seconds, error=error)


def log(exchange: Exchange) -> None:
    """Writes it to the log `codex_swarm` at DEBUG; the record has the fields of the exchange as `exchange`."""
    if logger.isEnabledFor(logging.DEBUG):
        outcome = exchange.error or exchange.status
        logger.debug("%s -> %s", exchange.request, outcome, extra={"exchange": asdict(exchange)})


class _Hidden(logging.Filter):
    """Takes the query out of signed addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if (hidden := unsigned(text)) != text:
            record.msg, record.args = hidden, ()
        return True


def hide_signatures() -> None:
    """Lets httpx log requests as usual, but no signature. Twice is once."""
    for name in ("httpx", "httpcore.http11", "httpcore.http2", "httpcore.connection", "httpcore.proxy"):
        library = logging.getLogger(name)
        if not any(isinstance(each, _Hidden) for each in library.filters):
            library.addFilter(_Hidden())
