"""What is said to a run's agent, what the agent asks of people and of the application's tools, and what they decide."""

from enum import StrEnum

from pydantic import Field, JsonValue

from codex_swarm.models.files import InlineFile
from codex_swarm.models.wire import Asked, PlainText, Timestamp, Wire

MAX_TEXT = 16_000
"""Characters of a message."""


class MessageMode(StrEnum):
    """When the agent reads a message."""

    STEER = "steer"
    FOLLOWUP = "followup"


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    READ = "read"
    WITHDRAWN = "withdrawn"
    UNREAD = "unread"


class MessageCreate(Asked):
    """Says something to the agent of a run, or goes on with a run that has ended."""

    text: PlainText = Field(max_length=MAX_TEXT, description="What to say. Not blank.")
    mode: MessageMode = Field(
        default=MessageMode.STEER,
        description="While the run is active: `steer` is read before the agent's next turn, `followup` when it would"
        " finish. To a run that has ended both say the same.",
    )
    uploads: list[str] = Field(
        default_factory=list, max_length=100, description="Ids of uploads whose files come with the message."
    )
    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files with it: at most 100, and 512,000 bytes together."
    )


class MessageRead(Wire):
    """A message to the agent of a run."""

    id: str
    run_id: str
    mode: MessageMode
    state: MessageState = Field(
        description="`waiting`, `read`, `withdrawn`; `unread` where the run ended before: a run that goes on reads it."
    )
    text: str = Field(description="Its first 100 characters; the step that tells of it has more.")
    created_at: Timestamp


class StepRead(Wire):
    """One message of a run's conversation. The fields that end in `_json` hold JSON texts."""

    id: str
    run_id: str
    t: Timestamp
    role: str = Field(description="`user`, `assistant` or `tool`.")
    content: str
    intent_kind: str | None = None
    intent_target: str | None = None
    outcome_ok: bool | None = None
    files_json: str | None = None
    tool_name: str | None = None
    tool_args_json: str | None = None
    outcome_notes_json: str | None = None
    turn: int | None = Field(default=None, description="Of which turn; a new run may begin with it by `from_turn`.")


class RequestKind(StrEnum):
    """What a run waits for: an answer, the approval of something that the agent would do, or a tool's output."""

    QUESTION = "question"
    APPROVAL = "approval"
    TOOL = "tool"


class Approval(StrEnum):
    """What a run can be told to stop before, until somebody approves it."""

    PLAN = "plan"
    RUN_COMMAND = "run_command"
    DELETE_FILE = "delete_file"
    FINISH = "finish"


class DecisionKind(StrEnum):
    """What somebody decides: approvals are approved or denied, questions answered; calls give output or error."""

    APPROVE = "approve"
    DENY = "deny"
    ANSWER = "answer"
    OUTPUT = "output"
    ERROR = "error"


DECISION_SECONDS = 259_200
"""How long a run waits for each decision, unless it says otherwise: three days."""

MAX_ANSWER = 4_000
"""Characters of an answer, or of the reason for a decision."""

MAX_TOOL_OUTPUT = 30_000
"""Characters of what a tool of the application says; of other values as JSON."""


class ToolCreate(Asked):
    """A tool of the application's own: the run waits while the application does what the agent calls it for."""

    name: str = Field(
        max_length=64,
        pattern="^[A-Za-z][A-Za-z0-9_-]*$",
        description="None of the service's own tools, whatever its case.",
    )
    description: PlainText = Field(min_length=1, max_length=1_000, description="What it does, for the agent.")
    parameters: dict[str, JsonValue] = Field(
        description="A JSON Schema of type object, of at most 16,000 characters of JSON: type, properties, required, "
        "additionalProperties, items, enum, minimum, maximum, minLength, maxLength, minItems, maxItems, title and "
        "description."
    )


class DecisionCreate(Asked):
    """Decides what a run waits for."""

    decision: DecisionKind | None = Field(
        default=None,
        description="`approve` or `deny` what the agent would do, `answer` its question; not with output or error.",
    )
    output: JsonValue = Field(
        default=None, description="What a tool of yours gives: a text, or any JSON; at most 30,000 characters."
    )
    error: PlainText | None = Field(
        default=None, max_length=MAX_ANSWER, description="Why a tool of yours failed, for the agent."
    )
    text: PlainText = Field(
        default="",
        max_length=MAX_ANSWER,
        description="The answer, which is not blank; of an approval what the agent should know besides.",
    )
    decided_by: PlainText = Field(
        default="", max_length=100, description="Who decided, as the application names people; shown with the decision."
    )


class RequestRead(Wire):
    """Something that a run waits for, or waited for."""

    request_id: str
    kind: RequestKind
    name: str = Field(description="The tool that asks, or what is to be approved.")
    question: str = Field(description="What is to be decided, for people.")
    options: list[str] = Field(default_factory=list, description="Answers that the agent suggests; others are taken.")
    default: str | None = Field(default=None, description="The answer that is taken when the deadline has passed.")
    proposal: JsonValue = Field(
        default=None, description="What the agent would do: the arguments of its call; null once it is past."
    )
    arguments: dict[str, JsonValue] | None = Field(
        default=None, description="Of a call of a tool of the application; they fit its schema."
    )
    asked_at: Timestamp
    deadline: Timestamp = Field(description="Then the default is taken; without one the run fails.")
    decision: DecisionKind | None = Field(default=None, description="Null while the run waits for it.")
    text: str = Field(default="", description="The first 100 characters of what was said with the decision.")
    decided_by: str | None = Field(default=None, description="As the decision named it; `deadline` for the default.")
    decided_at: Timestamp | None = None
