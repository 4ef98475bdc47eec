"""Conversion and reading of documents that nobody vouches for, in a function that may do nothing but answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convert.work import work
from swarm_job.runner import run
from swarm_job.shield import shield

shield()


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Do the job at `event["job_url"]`; the answer says only how many calls it had."""
    return run(event, context, work)
