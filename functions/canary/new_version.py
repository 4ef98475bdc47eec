"""Asks a new version of the API before anybody else does, and tells CodeDeploy whether it may have requests.

The hook `BeforeAllowTraffic` of "AppSpec 'hooks' section for an AWS Lambda deployment" (docs.aws.amazon.com). Settings
that a version cannot read, a module that it lacks and a permission that it was not given are found here, and the stack
goes back. CloudFormation has brought up to date by then whatever the API refers to, and that is all that a run goes
through: so a run is made, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from canary.requests import Refused, request
from canary.run import make_a_run
from swarm.aws.clients import codedeploy
from swarm.aws.functions import CallFailed
from swarm.logs import log
from swarm.settings import settings

ASKED = ("/healthz", "/projects", "/models", "/usage")
"""Reads, before the run."""

RESERVE_SECONDS = 15.0
"""Left of the function's time to tell the verdict: CodeDeploy would wait an hour for one that never comes."""


class Hook(BaseModel):
    """What CodeDeploy sends."""

    deployment: str = Field(alias="DeploymentId")
    execution: str = Field(alias="LifecycleEventHookExecutionId")


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, str]:
    """The verdict, as CodeDeploy was told it: `Succeeded` or `Failed`."""
    hook = Hook.model_validate(event)
    status, reason = _verdict(lambda: context.get_remaining_time_in_millis() / 1_000 - RESERVE_SECONDS)
    log.info("a new version was asked", status=status, reason=reason)
    codedeploy().put_lifecycle_event_hook_execution_status(
        deploymentId=hook.deployment, lifecycleEventHookExecutionId=hook.execution, status=status
    )
    return {"status": status}


def _verdict(seconds_left: Callable[[], float]) -> tuple[Literal["Succeeded", "Failed"], str]:
    try:
        for path in ASKED:
            request("GET", path, function=settings().new_version)
        make_a_run(seconds_left, function=settings().new_version)
    except (Refused, CallFailed, TimeoutError) as failure:
        return "Failed", str(failure)
    return "Succeeded", ""
