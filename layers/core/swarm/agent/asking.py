"""Which calls of a turn people have to decide first, and what their decisions mean for these calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from pydantic import JsonValue

from codex_swarm.models import Approval, DecisionKind, RequestKind
from swarm.agent.tools.ask_user import AskUser
from swarm.agent.tools.tool import APPLY_PATCH, RUN_DOCUMENT, UPDATE_PLAN
from swarm.agent.tools.toolbox import BoundCall, ToolResult
from swarm.ids import new_id
from swarm.jobs.batch import FAILED
from swarm.runs.requests import (
    MAX_ARGUMENTS,
    MAX_AT_ONCE,
    MAX_OPTION,
    MAX_OPTIONS,
    MAX_PROPOSAL,
    MAX_QUESTION,
    MAX_REQUESTS,
    MAX_TOOL_CALLS,
    Decision,
    Request,
    untaken,
)
from swarm.runs.run import Run
from swarm.text import clip
from swarm.workspace.objects import ObjectStore

TOO_OFTEN = (
    f"not done: a run asks people at most {MAX_REQUESTS} times, and calls tools of the application at most"
    f" {MAX_TOOL_CALLS} times; this one has, so go on with what you know"
)
TOO_MANY = f"not done: at most {MAX_AT_ONCE} things are asked at once; ask again when those are decided"
NOT_APPROVED = "not done, because an earlier call of this turn was not approved"

QUESTIONS: Mapping[Approval, str] = MappingProxyType(
    {
        Approval.PLAN: "May the agent go on like this?",
        Approval.RUN_COMMAND: "May the agent run this?",
        Approval.DELETE_FILE: "May the agent delete this?",
        Approval.FINISH: "Is the work done?",
    }
)


@dataclass
class Asking:
    """What the calls of one turn ask people for; or what they have decided, of a turn that goes on behind that.

    `requests` are those that have to be decided before the turn's calls can be done.
    """

    run: Run
    now: datetime
    objects: ObjectStore
    requests: list[Request] = field(default_factory=list)
    denied: bool = False

    def before(self, call: BoundCall) -> ToolResult | Request | None:
        """What the call has instead of being done: a result, or a request that waits. None where it is to be done."""
        decision = self._decision_on(call.call_id)
        if decision is not None:
            return self._result(call, decision)
        if isinstance(call.arguments, AskUser):
            return self._question(call, call.arguments)
        if call.tool.schema is not None and call.tool.run is None:
            return self._call(call)
        step = self._to_be_approved(call)
        return None if step is None else self._admitted(call, self._approval(step, call.call_id, call.args))

    def before_the_end(self, words: str) -> str | Request | None:
        """The same for a model that would finish by words, without a call; a text is what it has to be told."""
        if Approval.FINISH not in self.run.require_approval:
            return None
        decision = self._decision_on(None)
        if decision is None:
            asked = self._approval(Approval.FINISH, None, {"summary": words})
            return TOO_OFTEN if self._used_up(asked.kind) else asked
        return None if decision.kind is DecisionKind.APPROVE else _denial(decision)

    def _decision_on(self, call_id: str | None) -> Decision | None:
        return next((each.decision for each in untaken(self.run.requests) if each.call_id == call_id), None)

    def _result(self, call: BoundCall, decision: Decision) -> ToolResult | None:
        if decision.kind is DecisionKind.APPROVE:
            return None
        text = decision.text if decision.key is None else self.objects.get(decision.key).decode()
        match decision.kind:
            case DecisionKind.ANSWER:
                return call.result(f"answered by {decision.by}: {text}")
            case DecisionKind.OUTPUT:
                return call.result(text)
            case DecisionKind.ERROR:
                return call.failed(text)
            case _:
                self.denied = True
                return call.failed(_denial(decision))

    def _to_be_approved(self, call: BoundCall) -> Approval | None:
        wanted, name = self.run.require_approval, call.tool.name
        if Approval.PLAN in wanted and self._is_plan(call):
            return Approval.PLAN
        if Approval.DELETE_FILE in wanted and name == APPLY_PATCH and "*** Delete File:" in str(call.args.get("patch")):
            return Approval.DELETE_FILE
        # The code in a document is as good as a command.
        name = Approval.RUN_COMMAND.value if name == RUN_DOCUMENT else name
        return next((step for step in wanted if step.value == name), None)

    def _is_plan(self, call: BoundCall) -> bool:
        """Whether the call shows other parts than were approved, or would begin the work without a plan."""
        approved = any(each.name == Approval.PLAN and each.approved for each in self.run.requests)
        if call.tool.name == UPDATE_PLAN:
            return not approved or _titles(call.args.get("steps")) != [step.title for step in self.run.plan]
        asked = approved or any(each.name == Approval.PLAN for each in self.requests)
        return not asked and call.tool.changes_files

    def _question(self, call: BoundCall, asked: AskUser) -> ToolResult | Request:
        options = tuple(option.strip() for option in asked.options or () if option.strip())
        if not asked.question.strip() or len(asked.question) > MAX_QUESTION:
            return call.failed(f"a question has from 1 to {MAX_QUESTION} characters")
        if len(options) > MAX_OPTIONS or any(len(option) > MAX_OPTION for option in options):
            return call.failed(f"at most {MAX_OPTIONS} options, each of at most {MAX_OPTION} characters")
        if asked.default is not None and len(asked.default) > MAX_QUESTION:
            return call.failed(f"a default has at most {MAX_QUESTION} characters")
        default = (asked.default or "").strip() or None
        question = self._request(
            RequestKind.QUESTION, call.call_id, call.tool.name, asked.question.strip(), options, default
        )
        return self._admitted(call, question)

    def _call(self, call: BoundCall) -> ToolResult | Request:
        if len(json.dumps(call.args, ensure_ascii=False)) > MAX_ARGUMENTS:
            return call.failed(f"the arguments have more than {MAX_ARGUMENTS} characters; call it with less")
        name = call.tool.name
        request = self._request(RequestKind.TOOL, call.call_id, name, f"The agent calls {name}.")
        return self._admitted(call, replace(request, proposal=dict(call.args)))

    def _approval(self, step: Approval, call_id: str | None, args: Mapping[str, JsonValue]) -> Request:
        return self._request(RequestKind.APPROVAL, call_id, step.value, QUESTIONS[step], proposal=_shown(args))

    def _request(
        self,
        kind: RequestKind,
        call_id: str | None,
        name: str,
        question: str,
        options: tuple[str, ...] = (),
        default: str | None = None,
        proposal: JsonValue = None,
    ) -> Request:
        return Request(
            id=new_id(),
            kind=kind,
            call_id=call_id,
            name=name,
            question=question,
            asked_at=self.now,
            deadline=self.now + timedelta(seconds=self.run.decision_seconds),
            options=options,
            default=default,
            proposal=proposal,
        )

    def _admitted(self, call: BoundCall, request: Request) -> ToolResult | Request:
        if self._used_up(request.kind):
            return call.failed(TOO_OFTEN)
        return call.failed(TOO_MANY) if len(self.requests) >= MAX_AT_ONCE else request

    def _used_up(self, kind: RequestKind) -> bool:
        """Whether a run may ask for no more of this: calls of tools are counted by themselves."""
        calls = [each.kind is RequestKind.TOOL for each in (*self.run.requests, *self.requests)]
        if kind is RequestKind.TOOL:
            return sum(calls) >= MAX_TOOL_CALLS
        return len(calls) - sum(calls) >= MAX_REQUESTS


def _denial(decision: Decision) -> str:
    return f"not done: {decision.by} denied it{f': {decision.text}' if decision.text else ''}"


def told_of_the_end(denial: str) -> str:
    """What a model is told that would have finished without a call."""
    return f"{FAILED}the work is not done yet. {denial}"


def _titles(steps: JsonValue) -> list[str]:
    return [str(step.get("title")) for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _shown(args: Mapping[str, JsonValue]) -> JsonValue:
    """The arguments for people to look at; as text that is cut where they are long."""
    text = json.dumps(args, ensure_ascii=False)
    return dict(args) if len(text) <= MAX_PROPOSAL else clip(text, MAX_PROPOSAL)
