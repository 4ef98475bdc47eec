"""Asks a new version of the API before anybody else does, and tells CodeDeploy whether it may have requests.

The hook `BeforeAllowTraffic` of "AppSpec 'hooks' section for an AWS Lambda deployment" (docs.aws.amazon.com). Settings
that a version cannot read, a module that it lacks and a permission that it was not given are found here, and the stack
goes back.
"""

from __future__ import annotations

from typing import Literal

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from canary.requests import Refused, request
from swarm.aws.clients import codedeploy
from swarm.aws.functions import CallFailed
from swarm.logs import log
from swarm.settings import settings

PROJECT = "canary"
ASKED: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/healthz", None),
    ("PUT", f"/projects/{PROJECT}", {"name": PROJECT, "task_type": "document_processing"}),
    ("GET", f"/projects/{PROJECT}", None),
    ("GET", "/models", None),
    ("GET", "/usage", None),
)
"""Reads and a write that changes nothing when it is done again. A run would need functions that are not new yet."""


class Hook(BaseModel):
    """What CodeDeploy sends."""

    deployment: str = Field(alias="DeploymentId")
    execution: str = Field(alias="LifecycleEventHookExecutionId")


@log.inject_lambda_context
def handler(event: object, context: LambdaContext) -> dict[str, str]:
    """The verdict, as CodeDeploy was told it: `Succeeded` or `Failed`."""
    hook = Hook.model_validate(event)
    status, reason = _verdict()
    log.info("a new version was asked", status=status, reason=reason)
    codedeploy().put_lifecycle_event_hook_execution_status(
        deploymentId=hook.deployment, lifecycleEventHookExecutionId=hook.execution, status=status
    )
    return {"status": status}


def _verdict() -> tuple[Literal["Succeeded", "Failed"], str]:
    try:
        for method, path, body in ASKED:
            request(method, path, body, function=settings().new_version)
    except (Refused, CallFailed) as failure:
        return "Failed", str(failure)
    return "Succeeded", ""
