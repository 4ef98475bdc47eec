"""The words of WSGI, what one middleware tells the next, and how an application is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Any], Iterable[bytes]]

# The request's body, read whole.
BODY = "codex_swarm.body"
# The fields of a form, by lower-case name, without the file; only where a form was posted.
FORM = "codex_swarm.form"
# The credentials that signed it; None where nobody has to.
SIGNER = "codex_swarm.signer"


class Answer(NamedTuple):
    """Status code, reason, headers and the whole body."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes


def ask(app: WsgiApp, environ: Environ) -> Answer:
    """What the application answers; its own mistake is a 500, as AWS has them, and said on stderr."""
    started: list[Any] = []
    try:
        parts = app(environ, lambda *start: started.append(start))
        body = b"".join(parts)
        status, headers = started[-1][:2]
    except Exception as error:  # noqa: BLE001  (anything, for nobody is there who could do more than say so)
        print(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {error!r}", file=sys.stderr)
        return Answer(500, "Internal Server Error", [("Connection", "close")], b"")
    code, _, reason = status.partition(" ")
    return Answer(int(code), reason, headers, body)
