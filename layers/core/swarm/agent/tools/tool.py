"""The tools a model may call: what it is told of each, where each runs, and what becomes of one call.

A call that cannot be done, for whatever reason of the model's, is a result that says how to mend it. Only
what is nobody's mistake leaves as an exception: storage that does not answer, and a run that was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json

from swarm.agent.model import ToolCall, ToolSpec
from swarm.agent.tools.strict_schema import strict_schema
from swarm.errors import CallerError, CorruptObject, ToolFailure
from swarm.text import clip

if TYPE_CHECKING:
    from swarm.workspace.working_copy import Workspace

Runs = Literal["here", "sandbox", "convert"]
"""Where a tool runs: in the agent's own process, or in the function of that name."""

Part = tuple[str, Mapping[str, JsonValue]]
"""One of the calls that a call stands for: the tool's name and its arguments."""

FAILED = "error: "
"""How the output of every failed call begins."""

FINISH = "finish"
"""The tool by which a model says that it is done."""

_LONGEST_NAME = 64


class Arguments(BaseModel):
    """Base of the arguments of a tool: exactly the declared ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Tool(Generic[A]):
    """One tool. `act` does the work of those that run here and answers the output; elsewhere it is None.

    `expand` makes of one call the many that it stands for, one for each file.

    `intent` is the kind of thing a call means to do, as steps and patterns name it.
    """

    name: str
    intent: str
    description: str
    arguments: type[A]
    act: Callable[[A, Workspace], str] | None = None
    runs: Runs = "here"
    expand: Callable[[A, Workspace], Sequence[Part]] | None = None

    @property
    def spec(self) -> ToolSpec:
        """The tool as the model sees it."""
        return ToolSpec(self.name, self.description, strict_schema(self.arguments))


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What became of one call. `args` is None when they were no JSON object; `path` is the file it named."""

    call_id: str
    tool: str
    intent: str
    ok: bool
    output: str
    args: Mapping[str, JsonValue] | None = None
    path: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call whose tool exists and whose arguments fit it."""

    call: ToolCall
    tool: Tool[Any]
    arguments: Arguments
    args: Mapping[str, JsonValue] = field(default_factory=dict)

    def result(self, output: str, *, ok: bool = True) -> ToolResult:
        """This call's result."""
        tool, path = self.tool, _named_path(self.args)
        return ToolResult(self.call.call_id, tool.name, tool.intent, ok, output, self.args, path)


class Toolbox:
    """The tools of one run, and the calls made with them."""

    def __init__(self, tools: Iterable[Tool[Any]]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self.specs: tuple[ToolSpec, ...] = tuple(tool.spec for tool in self._tools.values())

    def check(self, call: ToolCall) -> CheckedCall | ToolResult:
        """The call, ready to be done wherever its tool runs; or the failed result that says what is wrong."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self._tools)
            return _failure(call, "unknown", f"there is no tool {call.name[:_LONGEST_NAME]!r}; there are {known}")
        try:
            args = from_json(call.arguments)
        except ValueError as error:
            return _failure(call, tool.intent, f"the arguments are not valid JSON ({error}); {_shape(tool)}")
        if not isinstance(args, dict):
            return _failure(call, tool.intent, f"the arguments are not a JSON object; {_shape(tool)}")
        try:
            return CheckedCall(call, tool, tool.arguments.model_validate(args), args)
        except ValidationError as error:
            text = f"the arguments do not fit: {_faults(error)}; {_shape(tool)}"
            return _failure(call, tool.intent, text, args)

    def execute(self, call: ToolCall, workspace: Workspace) -> ToolResult:
        """Do a call of a tool that runs here, in this workspace."""
        checked = self.check(call)
        if isinstance(checked, ToolResult):
            return checked
        return self.perform(checked, workspace)

    @staticmethod
    def perform(checked: CheckedCall, workspace: Workspace) -> ToolResult:
        """Do a checked call of a tool that runs here."""
        if checked.tool.act is None:
            return checked.result(f"{FAILED}{checked.tool.name} does not run here", ok=False)
        try:
            return checked.result(clip(checked.tool.act(checked.arguments, workspace)))
        except (ToolFailure, CallerError, CorruptObject) as error:
            return checked.result(clip(f"{FAILED}{error}"), ok=False)


def _failure(call: ToolCall, intent: str, text: str, args: Mapping[str, JsonValue] | None = None) -> ToolResult:
    name, output = call.name[:_LONGEST_NAME], clip(FAILED + text)
    return ToolResult(call.call_id, name, intent, False, output, args, _named_path(args))


def _named_path(args: Mapping[str, JsonValue] | None) -> str | None:
    path = args.get("path") if args else None
    return path if isinstance(path, str) else None


def _shape(tool: Tool[Any]) -> str:
    """What a tool takes, in one clause."""
    fields = ", ".join(tool.arguments.model_fields) or "nothing"
    return f"call {tool.name} again with one JSON object of {fields}"


def _faults(error: ValidationError) -> str:
    """Every fault in one line, without the values: a file's whole content may be among them."""
    faults = error.errors(include_input=False)[:5]
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
