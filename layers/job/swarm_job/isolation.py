"""One environment for one run: who this process works for, and that nothing is left in it from one job to the next.

In AWS the platform keeps the environments of different `TenantId`s apart. This process does not rely on its callers
for that: once it has worked for somebody it works for nobody else, and where anything is odd it works no more.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from swarm_job import defences, residue

STATUS_OF_LOST_ENVIRONMENT = 70
_log = logging.getLogger("swarm_job")


class _Environment:
    """What this process has done so far."""

    owner: str | None = None
    used: bool = False
    spent: str = ""


@contextmanager
def only_for_its_tenant(context: object) -> Iterator[None]:
    """Work for the tenant that Lambda was asked to keep apart: `context.tenant_id`, which is a run's id.

    Ends the process, before anything is done, when it has worked for another, or when anything is here that the job
    before did not leave.
    """
    tenant = getattr(context, "tenant_id", None)
    defences.note("isolated_by_tenant", "" if tenant else "the function was called without a tenant")
    if tenant and _Environment.owner not in {None, tenant}:
        end("asked to work for another run than before")
    if _Environment.spent:
        end(_Environment.spent)
    # What the platform put here before the first job is its own business.
    found = residue.clear().found
    if found and _Environment.used:
        end(f"something came between two jobs: {found[:5]}")
    _Environment.owner, _Environment.used = tenant, True
    try:
        yield
    finally:
        # Whatever came of the job, and whether or not it has a result to tell it in.
        defences.tell()
        if stays := residue.clear().stays:
            _Environment.spent = f"the last job left what cannot be removed: {stays[:5]}"


def end(reason: str) -> NoReturn:
    """End this process, so that nothing of this environment is used again."""
    _log.error("this environment ends: %s", reason)
    os._exit(STATUS_OF_LOST_ENVIRONMENT)
