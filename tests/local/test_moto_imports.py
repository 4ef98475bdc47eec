"""The laptop cloud starts without the services that it has no use for, and whoever wants one of them gets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from infra.local.moto_imports import UNNEEDED
from infra.local.supported import HONOURED

LOOK = """
import json, sys
import infra.local.cloud
from infra.local.moto_imports import UNNEEDED, parsing
early = [name for name in UNNEEDED if f"moto.{name}" in sys.modules]
backend = parsing.ec2_models.ec2_backends["123456789012"]["us-east-1"]
import moto.ec2.models.core
import moto.batch.models
json.dump([early, backend.describe_vpcs()[0].is_default, moto.batch.models.JobStatus("FAILED").name], sys.stdout)
"""


@pytest.mark.proof
def test_services_that_nobody_needs_are_imported_when_somebody_does() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [[], True, "FAILED"]


def test_no_resource_that_is_acted_on_is_of_a_service_that_is_left_out() -> None:
    services = {kind.split("::")[1].lower() for kind in HONOURED} | {"lambda", "stepfunctions"}
    assert services.isdisjoint(UNNEEDED)
