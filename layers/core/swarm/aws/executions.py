"""Executions of the state machine: one a run, named like it; another each time that the run has waited for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypedDict

from swarm.aws.clients import ClientError, error_code
from swarm.ids import RunKey
from swarm.settings import trace_header

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class _Traced(TypedDict, total=False):
    traceHeader: str


@dataclass(frozen=True, slots=True)
class Execution:
    """How an execution stands: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED, and what it failed of."""

    status: str
    error: str
    cause: str


class Executions:
    """The executions of one state machine."""

    def __init__(self, client: SFNClient, state_machine_arn: str) -> None:
        self._client = client
        self._machine = state_machine_arn

    def start(self, key: RunKey, round_: int = 0) -> None:
        """Start the run's execution of this round. Starting it again is harmless: a name is taken once and for all."""
        state = asdict(key) | ({"round": round_} if round_ else {})
        # Whoever starts it and what it does are one trace.
        trace: _Traced = {"traceHeader": trace_header()} if trace_header() else {}
        try:
            self._client.start_execution(
                stateMachineArn=self._machine, name=_name(key, round_), input=json.dumps(state), **trace
            )
        except ClientError as error:
            if error_code(error) != "ExecutionAlreadyExists":
                raise

    def find(self, key: RunKey, round_: int = 0) -> Execution | None:
        """The run's execution of this round as it stands, or None where there never was one."""
        try:
            found = self._client.describe_execution(executionArn=self._arn(_name(key, round_)))
        except ClientError as error:
            if error_code(error) == "ExecutionDoesNotExist":
                return None
            raise
        return Execution(found["status"], found.get("error", ""), found.get("cause", ""))

    def stop(self, key: RunKey, reason: str, round_: int = 0) -> bool:
        """Stop the run's execution; false where there is none. The state that is at work may still end by itself."""
        try:
            self._client.stop_execution(executionArn=self._arn(_name(key, round_)), error="Cancelled", cause=reason)
        except ClientError as error:
            if error_code(error) != "ExecutionDoesNotExist":
                raise
            return False
        return True

    def _arn(self, name: str) -> str:
        return f"{self._machine.replace(':stateMachine:', ':execution:', 1)}:{name}"


def _name(key: RunKey, round_: int) -> str:
    return f"{key.run_id}-{round_}" if round_ else key.run_id
