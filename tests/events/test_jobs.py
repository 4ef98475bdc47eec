"""The samples for functions that are handed a job's address and nothing else: real workers take them."""

from __future__ import annotations

import pytest

from infra.local.cloud import LocalCloud
from tests.events.test_samples import SAMPLES
from tests.local.clouds import call
from tests.support.job_server import job_server

CALLS = {
    "sandbox": ("run_command", {"command": "echo done > done.md", "timeout_seconds": None}),
    "convert": ("read_document", {"path": "given.md", "start_page": None}),
}


@pytest.mark.parametrize("sample", CALLS)
def test_a_job_is_taken_and_its_result_delivered(cloud: LocalCloud, sample: str) -> None:
    with job_server() as jobs:
        job = jobs.job([CALLS[sample]], {"given.md": b"# Given\n"})
        event = {**SAMPLES[sample], "job_url": job["job_url"], "job_id": job["job_id"]}
        assert call(cloud, f"{sample.capitalize()}Function", event, "run-1") == {"job_id": job["job_id"], "calls": 1}
        [result] = jobs.delivered(job).results
    assert result["ok"], result["output"]
