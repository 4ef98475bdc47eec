"""An application can meet every kind of failure without a provider."""

from __future__ import annotations

import pytest

from swarm.runs.error_types import ErrorType
from tests.support.stack import Stack


@pytest.mark.parametrize("kind", ErrorType)
def test_every_error_type_can_be_had(stack: Stack, kind: ErrorType) -> None:
    run = stack.run(stack.finish(f"fail with {kind.value}: as it was asked"))
    assert run["status"] == "failed"
    assert [(error["error_type"], error["message"]) for error in run["errors"]] == [(kind.value, "as it was asked")]
    assert run["machine_summary"]["reason_for_failure"] == kind.value
