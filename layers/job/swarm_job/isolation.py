"""One environment for one run: who this process works for, and that nothing is left in it from one job to the next.

In AWS the platform keeps the environments of different `TenantId`s apart. This process does not rely on its callers
for that: once it has worked for somebody it works for nobody else, and where anything is odd it works no more.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from swarm_job import residue
from swarm_job.contract import JobRefused

STATUS_OF_LOST_ENVIRONMENT = 70
_log = logging.getLogger("swarm_job")


class _Environment:
    """What this process has done so far."""

    owner: str | None = None
    spent: str = ""


@contextmanager
def only_for(event: Mapping[str, Any], context: object) -> Iterator[None]:
    """Work for whom the event is: `isolation_id`, which is also the tenant that Lambda was asked to keep apart.

    Ends the process, before anything is done, when it has worked for another, or when anything is here that the job
    before did not leave. Raises `JobRefused` when nobody says who it is for.
    """
    named = [name for name in (event.get("isolation_id"), getattr(context, "tenant_id", None)) if name]
    if not named:
        raise JobRefused("the event does not say whose environment this is to be")
    if len({*named, *([_Environment.owner] if _Environment.owner else [])}) > 1:
        end("asked to work for another run than before")
    if _Environment.spent:
        end(_Environment.spent)
    # What the platform put here before the first job is its own business.
    if (found := residue.clear().found) and _Environment.owner:
        end(f"something came between two jobs: {found[:5]}")
    _Environment.owner = str(named[0])
    try:
        yield
    finally:
        if stays := residue.clear().stays:
            _Environment.spent = f"the last job left what cannot be removed: {stays[:5]}"


def end(reason: str) -> NoReturn:
    """End this process, so that nothing of this environment is used again."""
    _log.error("this environment ends: %s", reason)
    os._exit(STATUS_OF_LOST_ENVIRONMENT)
