"""Step Functions: what moto's interpreter does differently from AWS, where a run could notice."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto import settings
from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions import models
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from infra.local.aws import Clients
from infra.local.identity import ACCOUNT_ID, REGION, Credentials
from infra.local.moto_patches import cloudformation
from infra.local.moto_patches.wrapping import Wrapper, wrap
from infra.local.persistence.store import NotKept
from infra.local.wsgi import WsgiApp

PAYLOAD_LIMIT = 256 * 1024
START_SECONDS = 10.0
TERMINAL = (StatesErrorNameType.StatesStatesDataLimitExceeded, StatesErrorNameType.StatesRuntime)


def use_the_interpreter() -> None:
    """State machines of a template land in the backend that runs nothing, their substitutions left out."""
    module: Any = models
    module.stepfunctions_backends = stepfunctions_parser_backends
    cloudformation.amend("AWS::StepFunctions::StateMachine", _substitute)


def _substitute(properties: dict[str, Any], name: str) -> None:
    if properties.get("StateMachineType", "STANDARD") != "STANDARD":
        raise NotImplementedError(f"state machine {name}: only the type STANDARD runs here")
    for key, value in properties.get("DefinitionSubstitutions", {}).items():
        properties["DefinitionString"] = properties["DefinitionString"].replace(f"${{{key}}}", str(value))


def give_arn_as_attribute() -> None:
    """`GetAtt Machine.Arn` is an error."""
    wrap(
        models.StateMachine, "get_cfn_attribute", lambda get, self, name: self.arn if name == "Arn" else get(self, name)
    )
    wrap(models.StateMachine, "has_cfn_attr", lambda has, cls, name: name == "Arn" or has(cls, name))


def stop_at_once() -> None:
    """A stopped execution stays RUNNING until its task returns, loses error and cause, and may end as FAILED."""
    wrap(StepFunctionResponse, "stop_execution", _stop_execution)
    # What the interrupted state still does, such as choosing the next one, must not decide how it all ended.
    wrap(Environment, "set_error", _unless_stopped)
    wrap(Environment, "set_timed_out", _unless_stopped)
    wrap(BaseExecutionWorkerCommunication, "_reflect_execution_status", _reflect_unless_stopped)


def _unless_stopped(original: Wrapper, env: Any, *args: Any, **kwargs: Any) -> None:
    if not isinstance(env._program_state, ProgramStopped):
        original(env, *args, **kwargs)


def _reflect_unless_stopped(original: Wrapper, communication: Any) -> None:
    if communication.execution.exec_status != ExecutionStatus.ABORTED:
        original(communication)


def _stop_execution(original: Wrapper, response: Any) -> ActionResult:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    if not isinstance(execution, Execution):
        # Of the backend that runs nothing, which tests in the same process may have set moto up for.
        result: ActionResult = original(response)
        return result
    stop(execution, error=response._get_param("error"), cause=response._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date})


def stop(execution: Any, error: str | None = None, cause: str | None = None) -> None:
    """End an execution as ABORTED; one that has ended stays as it is."""
    if execution.exec_status != ExecutionStatus.RUNNING:
        return
    deadline = time.monotonic() + START_SECONDS
    while not _interpreting(execution) and execution.exec_status == ExecutionStatus.RUNNING:
        # The interpreter's thread has been started and is reading the definition.
        if time.monotonic() > deadline:
            raise TimeoutError(f"execution {execution.name} did not start")
        time.sleep(0.005)
    env = execution.exec_worker.env
    with env._state_mutex:
        if execution.exec_status != ExecutionStatus.RUNNING or not env.is_running():
            return
        execution.exec_status = ExecutionStatus.ABORTED
        execution.error, execution.cause = error, cause
        execution.stop_date = datetime.now(UTC)
        execution.exec_worker.stop(stop_date=execution.stop_date, error=error, cause=cause)


def _interpreting(execution: Any) -> bool:
    env = execution.exec_worker.env
    return env is not None and env._program_state is not None


def limit_payloads() -> None:
    """What a task sends to a function may be larger than 256 KiB; what it gets back may not."""
    wrap(StateTaskServiceLambda, "_eval_service_task", _evaluate_within_limit)


def _evaluate_within_limit(original: Wrapper, task: Any, env: Any, *args: Any, **kwargs: Any) -> None:
    _asking.trace = _traces.get(env.states.context_object.context_object_data["Execution"]["Id"], "")
    if len(kwargs["normalised_parameters"].get("Payload", b"")) > PAYLOAD_LIMIT:
        raise FailureEventException(_data_limit_exceeded(task, env))
    original(task, env, *args, **kwargs)


def _data_limit_exceeded(task: Any, env: Any) -> FailureEvent:
    error = StatesErrorNameType.StatesStatesDataLimitExceeded
    cause = f"The state/task '{task.name}' was given an input that exceeds the maximum number of bytes service limit."
    details: Any = {"executionFailedEventDetails": {"error": error.to_name(), "cause": cause}}
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=error),
        event_type=HistoryEventType.TaskFailed,
        event_details=details,
    )


def keep_terminal_errors_uncaught() -> None:
    """States.ALL catches the errors that it cannot catch in AWS."""
    wrap(ErrorEqualsDecl, "_eval_body", _match_unless_terminal)


def _match_unless_terminal(original: Wrapper, declaration: Any, env: Any) -> None:
    error = env.stack[-1]
    terminal = any(error == StatesErrorName(typ=each) for each in TERMINAL)
    if terminal and error not in declaration.error_names:
        env.stack[-1] = False
    else:
        original(declaration, env)


class _InputTooLarge(AWSError):
    TYPE = "ValidationException"
    STATUS = 400

    def __init__(self) -> None:
        super().__init__(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {PAYLOAD_LIMIT}"
        )


def start_once() -> None:
    """Two starts with one name at one moment both run; an unnamed one gets no name; any input is taken."""
    wrap(StepFunctionsParserBackend, "start_execution", _start_named)
    # And what an execution calls is of no trace, whatever the trace of who started it.
    wrap(StepFunctionResponse, "start_execution", _start_traced)


_starting = threading.Lock()
# The trace of each execution, by its ARN, and of what this thread does just now.
_traces: dict[str, str] = {}
_asking = threading.local()


def _start_traced(original: Wrapper, response: Any) -> Any:
    _asking.trace = response._get_param("traceHeader") or ""
    return original(response)


def _send_trace(params: dict[str, Any], **_: object) -> None:
    if trace := getattr(_asking, "trace", ""):
        params["headers"]["X-Amzn-Trace-Id"] = trace


def _start_named(
    original: Wrapper, backend: Any, arn: str, name: str | None = None, execution_input: str = "{}", *rest: Any
) -> Any:
    if len(execution_input.encode()) > PAYLOAD_LIMIT:
        raise _InputTooLarge
    name = name or str(uuid.uuid4())
    _traces.setdefault(f"{arn.replace(':stateMachine:', ':execution:', 1)}:{name}", getattr(_asking, "trace", ""))
    with _starting:
        try:
            return original(backend, arn, name, execution_input, *rest)
        except NotKept:
            # It is among the machine's executions already, and never began.
            backend.describe_state_machine(arn).executions.pop()
            raise


_signers: dict[str, Credentials] = {}
# What the interpreter asks, without a detour over HTTP; None while there is no laptop cloud.
_app: list[WsgiApp | None] = [None]
# Of a role that nobody has named: nothing that looks at signatures lets it in.
_NOBODY = Credentials("nobody", "nobody", "nobody", session_token=None)


def ask_of(app: WsgiApp, signers: Mapping[str, Credentials]) -> None:
    """Whom the interpreter asks from now on, and what it signs with by the ARN of the state machine's role."""
    _app[0] = app
    _signers.clear()
    _signers.update(signers)


def share_clients() -> None:
    """The interpreter makes a client for every task, 10 to 20 ms each, which signs as nobody in particular."""
    original = boto_client.boto_client_for
    shared: dict[tuple[str, Credentials], Clients] = {}
    lock = threading.Lock()

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001
        endpoint = f"http://127.0.0.1:{settings.moto_server_port()}"
        signer = _signers.get(state_credentials.role_arn, _NOBODY) if state_credentials else _NOBODY
        with lock:
            if (endpoint, signer) not in shared:
                # A Lambda may take 15 minutes, and the state machine's own Retry is the only one.
                shared[endpoint, signer] = Clients(endpoint, signer, _app[0], read_timeout=1000, attempts=1)
            client = shared[endpoint, signer].client(service)
            client.meta.events.register("before-call.lambda.Invoke", _send_trace, unique_id="trace")
            return client

    for module in list(sys.modules.values()):
        if getattr(module, "boto_client_for", None) is original:
            module.boto_client_for = client_for  # type: ignore[attr-defined]


def stop_everything() -> None:
    """End every execution, so that no interpreter thread goes on when the laptop cloud is gone."""
    _traces.clear()
    for machine in stepfunctions_parser_backends[ACCOUNT_ID][REGION].state_machines:
        for execution in machine.executions:
            stop(execution, error="LaptopCloud.Stopped")
