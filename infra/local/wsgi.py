"""The words of WSGI, and what one middleware tells the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Any], Iterable[bytes]]

# The request's body, read whole.
BODY = "codex_swarm.body"
# The fields of a form, by lower-case name, without the file; only where a form was posted.
FORM = "codex_swarm.form"
# The credentials that signed it; None where nobody has to.
SIGNER = "codex_swarm.signer"
