"""How patient a client is."""

from __future__ import annotations

from typing import TypedDict

from codex_swarm.connection import CallPolicy
from codex_swarm.errors import InvalidArgument
from codex_swarm.shaping import seconds, whole

_USUAL = CallPolicy(timeout=30.0, retries=3, call_timeout=60.0, outage=300.0)


class Options(TypedDict, total=False):
    """`timeout`: seconds without a byte after which one try is given up, 30 unless given. `retries`: how often a
    request that may be repeated is, 3. `call_timeout`: seconds that one call takes at most with all its retries, 60;
    uploads and downloads take as long as bytes move. `outage`: seconds for which `wait`, `events` and `mirror`, when
    they have no timeout of their own, go on asking a service that does not answer, 300.
    """

    timeout: float
    retries: int
    call_timeout: float
    outage: float


def call_policy(before: CallPolicy | None, options: Options) -> CallPolicy:
    """What the options say, and for the rest what was before. Raises `InvalidArgument`."""
    usual = before or _USUAL
    unknown = options.keys() - Options.__annotations__.keys()
    if unknown:
        raise InvalidArgument(f"there is no option {min(unknown)}; there are {', '.join(Options.__annotations__)}")
    return CallPolicy(
        timeout=seconds(options.get("timeout", usual.timeout), "timeout"),
        retries=whole(options.get("retries", usual.retries), "retries", 0),
        call_timeout=seconds(options.get("call_timeout", usual.call_timeout), "call_timeout"),
        outage=seconds(options.get("outage", usual.outage), "outage"),
    )
