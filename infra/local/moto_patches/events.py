"""EventBridge: executions announce themselves, and rules reach functions."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.events.models import Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.responses import StepFunctionResponse

from infra.local.moto_patches import lambdas
from infra.local.moto_patches.wrapping import Wrapper, wrap
from infra.local.persistence.store import NotKept

DETAIL_TYPE = "Step Functions Execution Status Change"


# Who hears of each change of an execution's status before anybody else does, and may refuse that it begins.
_observers: list[Callable[[Any, str], None]] = []


def observe(observer: Callable[[Any, str], None] | None) -> None:
    """Tell this one from now on; None for nobody."""
    _observers[:] = [] if observer is None else [observer]


# Who only wants to know.
_listeners: list[Callable[[Any, str], None]] = []


def listen(listener: Callable[[Any, str], None] | None) -> None:
    """The same for one that refuses nothing."""
    _listeners[:] = [] if listener is None else [listener]


def announce_executions() -> None:
    """moto emits no "Step Functions Execution Status Change"."""
    wrap(Execution, "start", _start)
    wrap(BaseExecutionWorkerCommunication, "terminated", _terminated)
    wrap(StepFunctionResponse, "stop_execution", _stop)


def _start(original: Wrapper, execution: Any) -> None:
    _announce(execution, "RUNNING")
    original(execution)


def _terminated(original: Wrapper, communication: Any) -> None:
    stopped = communication.execution.stop_date is not None
    original(communication)
    if not stopped:
        _announce(communication.execution, communication.execution.status)


def _stop(original: Wrapper, response: Any) -> Any:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    running = execution.stop_date is None
    result = original(response)
    if running and isinstance(execution, Execution) and execution.status == "ABORTED":
        _announce(execution, "ABORTED")
    return result


def _announce(execution: Any, status: str) -> None:
    for observer in _observers:
        observer(execution, status)
    for listener in _listeners:
        listener(execution, status)
    detail = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine.arn,
        "name": execution.name,
        "status": status,
        "startDate": int(execution.start_date.timestamp() * 1000),
        "stopDate": int(execution.stop_date.timestamp() * 1000) if execution.stop_date else None,
        "input": json.dumps(execution.input_data),
        "output": json.dumps(execution.output) if execution.output is not None else None,
        "error": execution.error,
        "cause": execution.cause,
    }
    event = {
        "Source": "aws.states",
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(detail),
        "Resources": [execution.exec_arn],
    }
    try:
        events_backends[execution.account_id][execution.region_name].put_events([event])
    except (Exception, NotKept) as error:  # noqa: BLE001  (a rule that fails is no reason for the execution to)
        print(f"event of {execution.name} not delivered: {error!r}", file=sys.stderr)


def deliver_to_functions() -> None:
    """A rule with a Lambda target raises NotImplementedError; a schedule's rule matches every event."""
    wrap(Rule, "send_to_targets", _send_to_targets)


def _send_to_targets(original: Wrapper, rule: Any, original_event: Any, transform_input: bool = True) -> None:
    if rule.state != "ENABLED" or not rule.event_pattern.get_pattern():
        return
    if not rule.event_pattern.matches_event(original_event):
        return
    others = []
    for target in rule.targets:
        if ":lambda:" in target["Arn"]:
            payload = _payload(target, original_event)
            lambdas.send_event(target["Arn"], rule.account_id, rule.region_name, payload)
        else:
            others.append(target)
    if others:
        elsewhere = copy.copy(rule)
        elsewhere.targets = others
        original(elsewhere, original_event, transform_input)


def _payload(target: dict[str, Any], original_event: Any) -> bytes:
    if "Input" in target:
        return str(target["Input"]).encode()
    event: Any = {key: value for key, value in original_event.items() if key != "ingestion-time"}
    if isinstance(event.get("time"), (int, float)):
        event["time"] = datetime.fromtimestamp(event["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    transformer = target.get("InputTransformer")
    if transformer:
        event = EventTemplateParser.parse(
            input_template=transformer["InputTemplate"],
            input_paths_map=transformer.get("InputPathsMap", {}),
            event=event,
        )
    return json.dumps(event).encode()
