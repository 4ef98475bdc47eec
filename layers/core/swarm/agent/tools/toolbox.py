"""The tools of one run, and what becomes of a call.

A call that cannot be done, for whatever reason of the model's, is a result that says how to mend it. Only
what is nobody's mistake leaves as an exception: storage that does not answer, and a run that was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, JsonValue, ValidationError
from pydantic_core import from_json

from codex_swarm.models import DocumentTemplate
from swarm.agent.model import ToolCall, ToolSpec
from swarm.agent.spans import NO_SPANS, Spans
from swarm.agent.tools.finish import MAX_RESULT, finish_with
from swarm.agent.tools.tool import FINISH, Arguments, Done, Tool
from swarm.errors import CallerError, CorruptObject, ToolFailure
from swarm.jobs.batch import FAILED
from swarm.runs.json_schema import faults_of_value
from swarm.runs.own_tools import OwnTool
from swarm.text import clip

if TYPE_CHECKING:
    from codex_swarm.models import HouseStyle
    from swarm.workspace.working_copy import Workspace

_LONGEST_NAME = 64

DOES_NOT_FIT = "the arguments do not fit: "
"""How the answer begins to a call that does not fit a schema of the caller's."""


def tool_named(name: str) -> Tool[Any]:
    """The tool of this name: each is a module of this package, named like it."""
    found: Tool[Any] = import_module(f"swarm.agent.tools.{name}").TOOL
    return found


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What became of one call. `args` is None when they were no JSON object; `path` is the file it named.

    `pictures` are `data:` URLs, for the model to look at.
    """

    call_id: str
    tool: str
    intent: str
    ok: bool
    output: str
    args: Mapping[str, JsonValue] | None = None
    files: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()

    @property
    def path(self) -> str | None:
        """The file that the call named."""
        path = self.args.get("path") if self.args else None
        return path if isinstance(path, str) else None


@dataclass(frozen=True, slots=True)
class BoundCall:
    """A call whose tool exists and whose arguments fit it; `args` are the arguments as the model wrote them."""

    call_id: str
    tool: Tool[Any]
    arguments: Arguments
    args: Mapping[str, JsonValue] = field(default_factory=dict)

    def result(self, output: str, *, ok: bool = True, files: Iterable[str] = ()) -> ToolResult:
        """This call's result; a long output is cut in the middle."""
        return ToolResult(self.call_id, self.tool.name, self.tool.intent, ok, clip(output), self.args, tuple(files))

    def failed(self, reason: str) -> ToolResult:
        """The result of this call when it could not be done."""
        return self.result(f"{FAILED}{reason}", ok=False)


class Toolbox:
    """The tools of one run, and the calls made with them. `template` is the look of what it makes, `style` the
    project's.
    """

    def __init__(
        self,
        names: Iterable[str],
        own: Iterable[OwnTool] = (),
        result: Mapping[str, JsonValue] | None = None,
        template: DocumentTemplate | None = None,
        style: HouseStyle | None = None,
        spans: Spans = NO_SPANS,
    ) -> None:
        self._template = template
        self._spans = spans
        self.style = style
        self._tools = {name: tool_named(name) for name in names} | {tool.name: _of_application(tool) for tool in own}
        if result is not None:
            self._tools[FINISH] = finish_with(result)
        self.specs: tuple[ToolSpec, ...] = tuple(tool.spec for tool in self._tools.values())

    def bind(self, call: ToolCall) -> BoundCall | ToolResult:
        """The call, ready for its executor; or the failed result that says what is wrong with it."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self._tools)
            return _refused(call, "unknown", f"there is no tool {call.name[:_LONGEST_NAME]!r}; there are {known}")
        shape = f"call {tool.name} again with one JSON object of {', '.join(tool.arguments.model_fields) or 'nothing'}"
        try:
            # Some servers send nothing where there is nothing to say.
            args = {} if call.arguments.strip() in {"", "null"} else from_json(call.arguments)
        except ValueError as error:
            return _refused(call, tool.intent, f"the arguments are not valid JSON ({error}); {shape}")
        if not isinstance(args, dict):
            return _refused(call, tool.intent, f"the arguments are not a JSON object; {shape}")
        if tool.schema is not None and (wrong := _faults(tool, tool.schema, args)):
            return _refused(call, tool.intent, f"{DOES_NOT_FIT}{'; '.join(wrong)}", args)
        try:
            arguments = tool.arguments.model_validate(args).in_template(self._template)
        except ValidationError as error:
            # Without the values: a file's whole content may be among them.
            faults = error.errors(include_input=False)[:5]
            text = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
            return _refused(call, tool.intent, f"{DOES_NOT_FIT}{text}; {shape}", args)
        return BoundCall(call.call_id, tool, arguments, args)

    def run(self, call: BoundCall, workspace: Workspace, since: datetime | None = None) -> ToolResult:
        """Do a call that the agent can do itself, in this workspace; it may have waited `since` then."""
        return self.traced(call, lambda: _done(call, workspace), since)

    def traced(self, call: BoundCall, done: Callable[[], ToolResult], since: datetime | None) -> ToolResult:
        """What `done` says of a call, told to whoever traces. `since` is when another function was handed the call."""
        with self._spans.of_tool(call.tool.name, call.call_id, since) as span:
            result = done()
            if not result.ok:
                span.failed("tool_failed")
            return result


def _done(call: BoundCall, workspace: Workspace) -> ToolResult:
    if call.tool.run is None:
        return call.failed(f"{call.tool.name} is not done by the agent")
    try:
        done = call.tool.run(call.arguments, workspace)
        return call.result(done.output, files=done.files) if isinstance(done, Done) else call.result(done)
    except (ToolFailure, CallerError, CorruptObject) as error:
        return call.failed(str(error))


def _faults(tool: Tool[Any], schema: Mapping[str, JsonValue], args: dict[str, JsonValue]) -> list[str]:
    size = len(json.dumps(args.get("result"), ensure_ascii=False)) if tool.name == FINISH else 0
    if size > MAX_RESULT:
        return [f"result has {size} characters as JSON, and at most {MAX_RESULT} fit; write files for what is long"]
    return faults_of_value(args, schema)


class Given(Arguments):
    """What a tool of the application's own takes: whatever its schema lets through."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _of_application(tool: OwnTool) -> Tool[Given]:
    return Tool(
        name=tool.name,
        intent="call",
        description=tool.description,
        arguments=Given,
        reads=(),
        writes=(),
        schema=tool.parameters,
    )


def _refused(call: ToolCall, intent: str, text: str, args: Mapping[str, JsonValue] | None = None) -> ToolResult:
    return ToolResult(call.call_id, call.name[:_LONGEST_NAME], intent, False, clip(FAILED + text), args)
