"""The state machine that works on deliveries: attempt, wait, attempt again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from swarm.aws.clients import ClientError, error_code
from swarm.logs import log

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Machine:
    """Executions by name. Functions that were not told of the machine start nothing: `reconcile` does it for them."""

    def __init__(self, client: SFNClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, text: str) -> None:
        """Start the execution, unless it was started before. A failure is logged: the outbox remembers what to do."""
        if not self._arn:
            return
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                log.warning("a delivery could not be started", execution=name, error=str(error))

    def status(self, name: str) -> str | None:
        """Such as RUNNING; None where there never was such an execution."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:', 1)}:{name}"
        try:
            return self._client.describe_execution(executionArn=arn)["status"]
        except ClientError as error:
            if error_code(error) == "ExecutionDoesNotExist":
                return None
            raise
