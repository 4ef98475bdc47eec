"""The wire contract: every body that the HTTP API reads or answers, shared by the service and its clients.

Unknown fields of an answer are ignored and fields that were added later have defaults, so either side may be the older.
Unknown fields of a request are refused: what a caller asks for is done, or said not to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from enum import StrEnum
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    WithJsonSchema,
    computed_field,
    model_validator,
)
from pydantic_core import PydanticCustomError


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Timestamp = Annotated[datetime, AfterValidator(_in_utc)]
"""Always aware and in UTC, so that its JSON ends in `Z`; a time without an offset is read as UTC."""


def _none(value: object) -> bool:
    return value is None


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("has a NUL character, which is no text; send binary files by an upload")
    return text


PlainText = Annotated[str, AfterValidator(_without_nul)]
"""A text that every tool and terminal can take: without NUL."""


ModelName = Annotated[str, Field(max_length=100, pattern=r"^[A-Za-z0-9._:/-]+$")]
"""The name of a model, as the operator's list has it."""

HostedToolName = Annotated[str, Field(max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")]
"""A tool that the provider runs itself: `web_search`, or a remote MCP server by the operator's name for it."""

EffortName = Annotated[str, Field(max_length=20, pattern=r"^[a-z]+$")]
"""How much a model is to reason, such as `low`, `medium` or `high`."""

MAX_NUMBER = 2**53 - 1
"""The largest whole number that every reader of JSON keeps as it is (RFC 8259, 6)."""

MAX_TURN = 1_000_000
"""Of a turn's number in a request; a run has far fewer."""

MAX_RUN_NAME = 65_536
"""Characters of a run's name, before it is shortened: the most that its instructions can have."""

Origin = Annotated[str, Field(max_length=300)]
"""Such as `https://app.example.com`; a host's name has at most 253 characters."""


class Wire(BaseModel):
    """Base of all wire models: immutable, and deaf to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


def _only_fields_of(model: type[BaseModel]) -> Callable[[Any], Any]:
    """A check that lets a mapping through if it has only fields of the model."""

    def check(data: Any) -> Any:
        for name in data if isinstance(data, Mapping) else ():
            if name not in model.model_fields:
                nearest = get_close_matches(str(name).replace("-", "_").lower(), model.model_fields, 1, 0.5)
                told = f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(model.model_fields)}"
                context = {"told": told, "name": name}
                raise PydanticCustomError("unknown_field", "there is no such field; {told}", context)
        return data

    return check


class Asked(Wire):
    """Base of what is asked for: a field that it does not know is an error, which names the nearest that it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _has_known_fields_only(cls, data: Any) -> Any:
        return _only_fields_of(cls)(data)


class RunStatus(StrEnum):
    """Where a run stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the run has ended and will never change again."""
        return self not in (RunStatus.QUEUED, RunStatus.RUNNING)


class TaskType(StrEnum):
    """What kind of work a run does: it picks the instructions, the tools and the favoured outputs."""

    CODE = "code"
    RESEARCH = "research"
    WRITING = "writing"
    DATA_ANALYSIS = "data_analysis"
    DOCUMENT_PROCESSING = "document_processing"
    DOCUMENT_WRITING = "document_writing"
    DOCUMENT_ANALYSIS = "document_analysis"


class DocumentTemplate(StrEnum):
    """A look that the service brings along for documents: `slides` for pptx, the others for docx, odt and pdf."""

    LETTER = "letter"
    REPORT = "report"
    MINUTES = "minutes"
    PROPOSAL = "proposal"
    INVOICE = "invoice"
    CV = "cv"
    SLIDES = "slides"


class Scope(StrEnum):
    """What a key may do. Each route needs one of them, and none includes another."""

    READ = "read"
    RUN = "run"
    MANAGE = "manage"
    IMPORT = "import"
    ADMIN = "admin"


class Health(Wire):
    """The service answers."""

    status: str = Field(default="ok", description="Always `ok`.")


class FieldError(Wire):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(description="Where: the way to the field, outermost first.")
    msg: str = Field(description="What is wrong there.")


class ErrorBody(Wire):
    """What every answer of the service from 400 on carries."""

    detail: str = Field(description="What went wrong and how to mend it, for people.")
    code: str = Field(
        default="error", description="A stable name for programs; docs/errors.md says what to do about each."
    )
    errors: list[FieldError] | None = Field(default=None, description="Each fault of an invalid request.")


class GatewayMessage(Wire):
    """What the gateway answers by itself, before the service is asked."""

    message: str = Field(description="Such as `Unauthorized`.")


class ProjectPatch(Asked):
    """Changes a project: what is left out stays, null sets it back."""

    name: PlainText | None = Field(default=None, max_length=200, description="For people; null for the id.")
    task_type: TaskType | None = Field(default=None, description="Used by runs that name none; null for `code`.")
    domain_config: JsonValue = Field(
        default=None,
        description="Any JSON of at most 256,000 bytes; comes back exactly as it was sent. Its `instructions`, `terms`,"
        " `language` and `reference_document` are the house style of all runs.",
    )
    callback_url: str | None = Field(
        default=None, max_length=2_048, description="Told of the end of every run that names none."
    )
    model: ModelName | None = Field(default=None, description="Used by runs that name none; one of `GET /models`.")
    effort: EffortName | None = Field(
        default=None, description="How much their model is to reason, where it takes this effort."
    )
    hosted_tools: list[HostedToolName] | None = Field(
        default=None,
        max_length=10,
        description="Which of the provider's own tools its runs may name, of `GET /models`; null for all, [] for none.",
    )


class ProjectPut(ProjectPatch):
    """Creates a project, or changes it as PATCH does; `created_at` stays."""

    id: str | None = Field(default=None, description="When given, the same id as in the path.")


class HouseStyle(Wire):
    """What the service uses of a project's `domain_config`, in every run that begins."""

    instructions: str = Field(default="", description="For the agent, besides what a run asks for.")
    terms: dict[str, str] = Field(default_factory=dict, description="Each term, and how to use it.")
    language: str | None = Field(default=None, description="To write in; a tag such as de-CH names it in documents.")
    reference_document: str | None = Field(
        default=None, description="A docx, odt or pptx of the workspace whose looks converted documents take."
    )
    ignored: list[str] = Field(
        default_factory=list, description="Which of them cannot be used as they are, and why; empty when all can."
    )


class ProjectRead(Wire):
    """A project: a stable place for runs that build on each other."""

    id: str
    name: str = ""
    task_type: str = Field(default=TaskType.CODE.value, description="A TaskType, for runs that name none.")
    domain_config: JsonValue = None
    house_style: HouseStyle | None = Field(
        default=None, description="What the service uses of `domain_config`; null where it says nothing of style."
    )
    has_skills: bool = Field(default=False, description="Whether it was ever given a skill; runs look for them then.")
    callback_url: str | None = None
    model: str | None = Field(default=None, description="For runs that name none; null for the service's choice.")
    effort: str | None = Field(default=None, description="For runs that name none.")
    hosted_tools: list[str] | None = Field(
        default=None, description="The provider's own tools that its runs may name; null for all that there are."
    )
    created_at: Timestamp


class ProjectDeletion(Wire):
    """The project is gone from every answer. Its id can be used again once its files are gone too."""

    id: str
    status: str = Field(default="deleting", description="Always `deleting`.")


class RunLimits(Wire):
    """What a run may use at most. What is left out is the service's default; nothing goes over its ceilings."""

    max_turns: int | None = Field(default=None, ge=1, le=MAX_NUMBER, description="Answers of the model.")
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_NUMBER, description="Input and output tokens together.")
    max_cost_usd: float | None = Field(
        default=None, gt=0, le=MAX_NUMBER, description="Only where the model's price is configured."
    )
    timeout_seconds: int | None = Field(
        default=None, ge=1, le=MAX_NUMBER, description="From the start of the work to its end."
    )


RunLimitsAsked = Annotated[RunLimits, BeforeValidator(_only_fields_of(RunLimits))]


class UploadFile(Asked):
    """A file that is going to be uploaded."""

    path: str = Field(description="Its place in the workspace.")
    size: int = Field(ge=0, description="In bytes; exactly so many are taken.")
    sha256: str | None = Field(
        default=None, max_length=64, pattern="^[0-9a-fA-F]{64}$", description="Checked when it is given."
    )


class UploadCreate(Asked):
    """Prepares an upload."""

    files: list[UploadFile] = Field(description="At most 500; a file may have 50 MiB, all together 2 GiB.")


class UploadTarget(Wire):
    """Where to send one file: PUT its bytes to `url` once, with exactly these headers, and without an API key."""

    path: str
    url: str
    headers: dict[str, str]
    expires_at: Timestamp


class UploadRead(Wire):
    """A prepared upload; runs take it by its id once its files are sent."""

    upload_id: str
    files: list[UploadTarget]


class InlineFile(Asked):
    """A small text file sent along with a run."""

    path: str
    content: PlainText


MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}$")]
Metadata = Annotated[dict[MetadataKey, Annotated[PlainText, Field(max_length=512)]], Field(max_length=20)]


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

    name: str = Field(max_length=64, pattern="^[A-Za-z][A-Za-z0-9_-]*$", description="None of the service's own tools.")
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


MAX_CRITERIA = 20
MAX_CRITERION = 1_000
"""Characters of a criterion in words."""

MAX_REVIEWS = 5


class ContainsFile(Asked):
    """Met when the workspace has such a file, which is not empty."""

    check: Literal["contains_file"]
    path: PlainText = Field(min_length=1, max_length=1_024, description="Its path; `*` stands for any characters.")


class MatchesSchema(Asked):
    """Met when a JSON file of the workspace fits a JSON Schema."""

    check: Literal["matches_schema"]
    path: PlainText = Field(min_length=1, max_length=1_024, description="Of the JSON file.")
    json_schema: dict[str, JsonValue] = Field(description="The same part of JSON Schema as for `result_schema`.")


class CommandSucceeds(Asked):
    """Met when a command in a copy of the workspace ends with exit code 0. What it changes is not kept."""

    check: Literal["command_succeeds"]
    command: PlainText = Field(
        min_length=1, max_length=2_000, description="Run by bash in the sandbox, as `run_command`."
    )
    timeout_seconds: int | None = Field(default=None, ge=1, le=600, description="Then it is ended, and not met.")


class NoPlaceholder(Asked):
    """Met when no text has a placeholder in it, such as `TODO`, `[insert date]` or `lorem ipsum`."""

    check: Literal["no_placeholder"]
    path: PlainText | None = Field(
        default=None,
        min_length=1,
        max_length=1_024,
        description="Of the files to look at; `*` stands for any characters. Left out: all that the run has changed.",
    )


def _kind_of_criterion(value: Any) -> str | None:
    if isinstance(value, str):
        return "words"
    return value.get("check") if isinstance(value, Mapping) else getattr(value, "check", None)


Criterion = Annotated[
    Annotated[PlainText, Field(json_schema_extra={"maxLength": MAX_CRITERION}), Tag("words")]
    | Annotated[ContainsFile, Tag("contains_file")]
    | Annotated[MatchesSchema, Tag("matches_schema")]
    | Annotated[CommandSucceeds, Tag("command_succeeds")]
    | Annotated[NoPlaceholder, Tag("no_placeholder")],
    Discriminator(
        _kind_of_criterion,
        custom_error_type="unknown_criterion",
        custom_error_message="is a text, or a check: contains_file, matches_schema, command_succeeds, no_placeholder",
    ),
]
"""What work has to be like: words that a reviewer judges by, or a check that asks no model."""


class Acceptance(Wire):
    """What the work of a run has to be like before it counts as done."""

    criteria: list[Criterion] = Field(min_length=1, max_length=MAX_CRITERIA, description="All have to be met.")
    max_rounds: int = Field(
        default=2,
        ge=1,
        le=MAX_REVIEWS,
        description="How often the work is judged; what is not met goes back to the agent while a round is left.",
    )


AcceptanceAsked = Annotated[Acceptance, BeforeValidator(_only_fields_of(Acceptance))]


class CriterionRead(Wire):
    """A criterion, and what was found of it when the work was judged last."""

    criterion: str = Field(description="In words; of a check its name and what it is about.")
    check: str | None = Field(default=None, description="The name of the check; null where a reviewer judges.")
    met: bool | None = Field(default=None, description="Null until it was judged.")
    evidence: str | None = Field(default=None, description="What shows it, with the place where it stands.")
    round: int | None = Field(default=None, description="In which round; the first is 1.")


class AcceptanceRead(Wire):
    """Whether the work of a run is what it has to be like."""

    accepted: bool | None = Field(default=None, description="Null until it was judged.")
    reviewing: bool = Field(default=False, description="Whether it is being judged just now.")
    max_rounds: int
    criteria: list[CriterionRead]


class RunCreate(Asked):
    """Starts a run."""

    project_id: str | None = Field(default=None, description="When given, the same id as in the path.")
    name: PlainText = Field(
        default="",
        max_length=MAX_RUN_NAME,
        description="For people, shortened to 200 characters; derived from the instructions when left out.",
    )
    instructions: PlainText = Field(description="What to do, in words. Not blank; at most 65,536 bytes.")
    task_type: TaskType | None = Field(default=None, description="The project's when left out.")
    reference_run_id: str | None = Field(
        default=None,
        description="Reuse what this run taught, and go on with its conversation. Without one the project's best match"
        " is reused; `none` reuses nothing.",
    )
    from_run_id: str | None = Field(default=None, description="Begin with this run's workspace; same project.")
    from_turn: int | None = Field(
        default=None,
        ge=0,
        le=MAX_TURN,
        description="As this turn of it left the workspace, whatever came after; 0 before the first.",
    )
    keep_conversation: bool = Field(
        default=False, description="Go on with the whole conversation of `from_run_id`, too, up to that turn."
    )
    metadata: Metadata = Field(default_factory=dict, description="The caller's own notes, to find the run by.")
    limits: RunLimitsAsked | None = Field(default=None, description="What the run may use at most.")
    uploads: list[str] = Field(
        default_factory=list, max_length=100, description="Ids of uploads whose files the workspace begins with."
    )
    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files to begin with: at most 100, and 512,000 bytes together."
    )
    callback_url: str | None = Field(
        default=None,
        max_length=2_048,
        description="Told by a signed POST of the end, and of each time that the run waits for somebody; https.",
    )
    interactive: bool = Field(default=False, description="The agent may ask questions, and waits for the answers.")
    require_approval: list[Approval] = Field(
        default_factory=list,
        max_length=10,
        description="What the agent does only once somebody has approved it. `plan`: its first change of a file.",
    )
    tools: list[ToolCreate] = Field(
        default_factory=list, max_length=16, description="The application's own, which it answers by decisions."
    )
    result_schema: dict[str, JsonValue] | None = Field(
        default=None,
        description="The run ends with a `result` that fits this JSON Schema, of at most 16,000 characters of JSON; the"
        " same part of it as for `tools`.",
    )
    acceptance: AcceptanceAsked | None = Field(
        default=None, description="What the work has to be like; it is judged when the agent says that it is done."
    )
    document_template: DocumentTemplate | None = Field(
        default=None, description="The look of the documents that the run makes, where the agent names no other."
    )
    decision_seconds: int = Field(
        default=DECISION_SECONDS,
        ge=60,
        le=2_592_000,
        description="How long the run waits for each decision; three days.",
    )
    model: ModelName | None = Field(
        default=None, description="One of `GET /models`; when left out the project's, or that of the task type."
    )
    effort: EffortName | None = Field(
        default=None, description="How much the model is to reason; one of its `efforts` in `GET /models`."
    )
    hosted_tools: list[HostedToolName] = Field(
        default_factory=list,
        max_length=10,
        description="Tools that the provider runs itself, such as `web_search`; of the model's in `GET /models`.",
    )


MAX_PATH = 1_024
"""Characters of a path in a request; a workspace's rules for paths are stricter."""

MAX_PROPERTY = 1_000
"""Characters of a document's property, such as its title."""

ConvertedPath = Annotated[PlainText, Field(min_length=1, max_length=MAX_PATH)]
DocumentProperty = Annotated[PlainText, Field(max_length=MAX_PROPERTY)]


class Conversion(Wire):
    """One document made from another, without a model."""

    source: ConvertedPath = Field(description="The document: its path in the workspace.")
    target: ConvertedPath = Field(description="The file to make; its suffix is the format, such as `.pdf`.")
    reference_document: ConvertedPath | None = Field(
        default=None, description="A docx, odt or pptx of the workspace whose styles the target takes."
    )
    template: DocumentTemplate | None = Field(default=None, description="In its place a look by name.")
    changes: Literal["accept", "reject", "all"] | None = Field(
        default=None, description="What becomes of a Word file's tracked changes; accepted when left out."
    )
    table_of_contents: bool = Field(default=False, description="Whether to begin with a table of contents.")
    title: DocumentProperty | None = Field(default=None, description="In place of the source's own.")
    author: DocumentProperty | None = Field(default=None, description="Several are separated by semicolons.")
    subject: DocumentProperty | None = Field(default=None, description="In the file's properties.")
    date: DocumentProperty | None = Field(default=None, description="As it is to be printed.")
    bibliography: ConvertedPath | None = Field(
        default=None, description="A .bib, .json, .yaml or .ris file of the workspace, for citations such as `[@key]`."
    )
    citation_style: ConvertedPath | None = Field(default=None, description="A .csl file of the workspace.")
    language: Annotated[PlainText, Field(max_length=60)] | None = Field(
        default=None,
        description="A tag such as `de-CH`, named in the target where the source names no language of its own.",
    )


class ConversionCreate(Conversion, Asked):
    """Converts one document: a run that no model works on."""

    name: PlainText = Field(default="", max_length=200, description="For people; made of the paths when left out.")
    from_run_id: str | None = Field(default=None, description="The documents are in this run's workspace.")
    from_turn: int | None = Field(default=None, ge=0, le=MAX_TURN, description="As this turn of it left them.")
    uploads: list[str] = Field(
        default_factory=list, max_length=100, description="Ids of uploads with the documents, in place of a run or too."
    )
    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files, too: at most 100, and 512,000 bytes together."
    )
    metadata: Metadata = Field(default_factory=dict, description="The caller's own notes, to find the run by.")
    callback_url: str | None = Field(
        default=None, max_length=2_048, description="Told of the end by a signed POST; https."
    )


class RunResume(Asked):
    """Goes on, in a new run, from the last turn of a run that reached a limit."""

    limits: RunLimitsAsked | None = Field(default=None, description="What the new run may use at most.")


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


MAX_CRON = 200
"""Characters of a schedule's expressions."""

MAX_BATCH_ITEMS = 1_000

MAX_ITEM_TEXT = 65_536
"""Characters of a value of an item: the most that a run's instructions can have."""

ItemName = Annotated[str, Field(pattern=r"^[^{}]{1,200}$")]
"""What a placeholder names; in a CSV file the head of a column."""


def _item_value(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_ITEM_TEXT:
            raise ValueError(f"has over {MAX_ITEM_TEXT} characters; put long material into files")
        return _without_nul(value)
    if not (value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))):
        raise ValueError("is no text, number, truth value or null")
    return value


ItemValue = Annotated[
    str | int | float | bool | None,
    BeforeValidator(_item_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_ITEM_TEXT},
                {"type": "number"},
                {"type": "boolean"},
                {"type": "null"},
            ]
        }
    ),
]
"""What a placeholder stands for: nothing for null, numbers and truth values as JSON has them."""


class BatchCreate(Asked):
    """Starts a batch: one run for each item. It has either `items` or `csv_upload`."""

    template: RunCreate = Field(
        description="The request for each run. `{{name}}` in its texts (name, instructions, metadata, uploads, files,"
        " from_run_id, reference_run_id, callback_url, acceptance) stands for that value of the item; `\\{{` for two"
        " braces."
    )
    items: list[Annotated[dict[ItemName, ItemValue], Field(max_length=100)]] | None = Field(
        default=None, min_length=1, max_length=MAX_BATCH_ITEMS, description="Values by name, for one run each."
    )
    csv_upload: str | None = Field(
        default=None,
        description="In their place the id of an upload of one CSV file in UTF-8, at most 1,000,000 bytes: the first"
        " row names the values.",
    )
    name: PlainText = Field(default="", max_length=200, description="For people.")
    callback_url: str | None = Field(
        default=None,
        max_length=2_048,
        description="Told by a signed POST once all have ended; the project's when left out. Runs have their own.",
    )


class SchedulePut(Asked):
    """When what is to be run, again and again. It has either `cron` or `rate`."""

    cron: PlainText | None = Field(
        default=None,
        max_length=MAX_CRON,
        description="Five fields: minute, hour, day of month, month, day of week, as in `0 9 * * MON-FRI`.",
    )
    rate: PlainText | None = Field(
        default=None,
        max_length=MAX_CRON,
        description="A number and minutes, hours or days, as in `30 minutes`, counted from when the schedule was put.",
    )
    timezone: PlainText = Field(
        default="UTC", max_length=MAX_CRON, description="An IANA name such as `Europe/Berlin`, for `cron`."
    )
    run: RunCreate = Field(description="The request for each run. It takes no uploads: these are gone after a while.")
    overlap: Literal["skip", "queue"] = Field(
        default="skip",
        description="What becomes of a time at which the last run is still at work: none, or it waits for its end.",
    )
    continue_workspace: bool = Field(default=False, description="Each run begins with the files of the one before.")


class SkillPut(Asked):
    """The folder of a skill: `SKILL.md`, and what goes with it."""

    files: list[InlineFile] = Field(
        default_factory=list, description="Small text files: at most 100, and 512,000 bytes together."
    )
    uploads: list[str] = Field(default_factory=list, max_length=10, description="Ids of uploads with further files.")
    project_id: str | None = Field(
        default=None, description="Of a skill for all projects: the project that the uploads were made for."
    )


class SkillFile(Wire):
    """A file of a skill."""

    path: str = Field(description="In the skill's folder.")
    size: int = Field(description="In bytes.")


class SkillRead(Wire):
    """A skill: how certain tasks are to be done, for every run that begins."""

    name: str
    description: str = Field(description="As `SKILL.md` says it; all that an agent sees before it reads the skill.")
    version: str = Field(description="Made of the files: the same files have the same version.")
    scope: Literal["project", "tenant"] = Field(description="Whose runs have it: one project's, or all of the tenant.")
    files: list[SkillFile] = Field(default_factory=list)
    bytes: int = Field(description="Of all files together.")
    changed_at: Timestamp


class SkillUse(Wire):
    """A skill that a run could use."""

    name: str
    version: str


class Used(Wire):
    """How much of a quota is used."""

    used: int
    limit: int


class UsageGroup(Wire):
    """What runs used together. What it is not grouped by is null, or not in `metadata`."""

    day: date | None = None
    project_id: str | None = None
    task_type: str | None = None
    model: str | None = Field(default=None, description="Empty where no model was asked, as in a conversion.")
    metadata: dict[str, str] = Field(default_factory=dict, description="Empty texts for runs without such a note.")
    runs: int = Field(description="A run that worked on two days counts on both, and once in the total.")
    model_calls: int
    unpriced_calls: int = Field(description="Those of `model_calls` whose price is not known: they are in no cost.")
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    tool_calls: int
    seconds: float
    cost_usd: float = Field(description="By the prices that held on the day.")


class UsageReport(Wire):
    """What runs used in a time, by what was asked for."""

    first_day: date
    last_day: date
    group_by: list[str]
    rows: list[UsageGroup]
    total: UsageGroup


class TenantUsage(Wire):
    """What the caller's tenant uses, and may use at most."""

    stored_bytes: Used = Field(description="Files and what belongs to runs; counted as it comes, measured once a day.")
    measured_at: Timestamp | None = Field(default=None, description="When it was measured last.")
    active_runs: Used
    queued_runs: Used
    requests_per_second: int | None = Field(
        default=None, description="That are answered in the long run; at once twice as many. Null for any number."
    )
    uploads: Used = Field(description="Prepared, and not taken by a run yet; each is forgotten after a day.")
    archives: Used = Field(description="Being packed.")
    previews: Used = Field(description="Being drawn.")
    diffs: Used = Field(description="Being worked out.")
    watchers: Used = Field(description="Waiting for events.")
    report: UsageReport | None = Field(
        default=None, exclude_if=_none, description="What runs used and cost, where a time or groups were asked for."
    )


class RunError(Wire):
    """A hard failure of a run."""

    step: str = Field(description="Where in the run it happened.")
    tool: str = Field(description="The tool that failed, or the part of the service.")
    error_type: str = Field(description="A stable name, such as `timeout` or `provider_rate_limited`.")
    message: str = Field(description="What happened.")
    suggestion: str = Field(default="", description="What to do about it.")
    retryable: bool = Field(default=False, description="Whether the same run may work when started again.")


class ArtifactRead(Wire):
    """An output that a run recorded."""

    id: str
    run_id: str
    kind: str = Field(description="Such as `markdown`, `diff-summary` or `codex-jsonl`.")
    path: str
    bytes: int
    created_at: Timestamp


class Source(Wire):
    """A page of the web that the agent's words cite. What stands there was written by strangers."""

    url: str
    title: str = Field(default="", description="As the page calls itself.")
    turn: int = Field(description="The turn that cites it first.")
    start: int = Field(description="Where in that turn's words, in characters.")
    end: int
    words: str = Field(default="", description="The words before, up to 200 characters: what it is cited for.")
    cited: int = Field(default=1, description="How often.")


class MachineSummary(Wire):
    """What a run was for and what came of it, derived from its records without a model."""

    goal: str = Field(description="The user's instruction.")
    primary_artifact: str | None = Field(default=None, description="The main output, as a workspace path.")
    secondary_artifacts: list[str] = Field(default_factory=list, description="At most five more.")
    execution_attempted: bool
    execution_succeeded: bool
    reason_for_failure: str | None = Field(default=None, description="An `error_type`; null after success.")
    notes: str | None = Field(default=None, description="Such as that the run was made offline.")
    result: JsonValue = Field(default=None, description="The run's, where it was given a `result_schema`.")
    acceptance: AcceptanceRead | None = Field(default=None, description="The run's, where it has criteria.")
    sources: list[Source] = Field(default_factory=list, description="The run's: pages that the agent's words cite.")


class Usage(Wire):
    """What a run has used so far."""

    model_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = Field(default=0, description="The part of `input_tokens` read from the cache.")
    output_tokens: int = 0
    reasoning_tokens: int = Field(default=0, description="The part of `output_tokens` spent on reasoning.")
    tool_calls: int = 0
    hosted_tool_calls: int = Field(default=0, description="Done by the provider; `tool_calls` are without them.")
    seconds: float = Field(default=0.0, description="Spent in turns; waiting between them does not count.")
    cost_usd: float | None = Field(default=None, description="Null when the model's price is not known.")


class ScheduleRead(Wire):
    """A schedule of a project, and how far it has come."""

    name: str
    project_id: str
    cron: str | None = None
    rate: str | None = None
    timezone: str
    run: dict[str, JsonValue] = Field(description="The request for each run, as it was sent.")
    overlap: Literal["skip", "queue"]
    continue_workspace: bool
    status: Literal["active", "paused"]
    paused_because: Literal["asked", "failures", "project"] | None = Field(
        default=None,
        description="Somebody asked for it; five runs in a row failed or could not begin; the project is gone.",
    )
    next_times: list[Timestamp] = Field(description="The next five; empty while it is paused.")
    last_at: Timestamp | None = Field(default=None, description="The last time about which something was done.")
    last_run_id: str | None = None
    last_error: str | None = Field(default=None, description="Why the last time has no run, where it was refused.")
    runs: int = Field(description="How many it has started.")
    skipped: int = Field(description="Times at which the run before was still at work.")
    missed: int = Field(description="Times that were found too late.")
    failures: int = Field(description="Runs in a row that failed, or could not begin.")
    created_at: Timestamp = Field(description="When it was put as it is.")


class BatchRead(Wire):
    """A batch, and how many of its items stand how."""

    id: str
    project_id: str
    name: str = ""
    status: RunStatus = Field(
        description="`running` until all have ended; `succeeded` when each was, else `failed`; `cancelled` once"
        " somebody has cancelled it."
    )
    items: int = Field(description="How many there are.")
    waiting: int = Field(description="Their runs are still to be started.")
    running: int = Field(description="Their runs are queued or running, or wait for people.")
    succeeded: int
    failed: int
    cancelled: int
    round: int = Field(default=0, description="How often what failed has been tried again.")
    usage: Usage = Field(description="Of all runs that have ended, also of those before the last round.")
    callback_url: str | None = None
    created_at: Timestamp
    cancelled_at: Timestamp | None = None
    ended_at: Timestamp | None = Field(default=None, description="When the last of them had ended.")


class BatchRow(Wire):
    """What became of an item."""

    item: int = Field(description="Which, from 1.")
    values: dict[str, ItemValue] = Field(description="Its values, as they were given.")
    status: str = Field(description="`waiting`, or as its run stands; while that is under way `running`.")
    run_id: str | None = Field(default=None, description="Null while there is none.")
    link: str | None = Field(default=None, description="The run in the console.")
    closing_words: str | None = Field(
        default=None, description="What the agent said at the end, at most 300 characters."
    )
    result: JsonValue = Field(default=None, description="Of a run with a `result_schema`, where it is not too long.")
    error: str | None = Field(default=None, description="Why it failed.")
    cost_usd: float | None = None
    tokens: int | None = None
    seconds: float | None = Field(default=None, description="How long its run worked.")
    ended_at: Timestamp | None = None


class BatchReport(Wire):
    """A batch with a row for each item, in their order."""

    batch: BatchRead
    rows: list[BatchRow]


class ModelUse(Wire):
    """What answered from a turn on, until the next of these."""

    turn: int = Field(description="The first turn that it gave; turns are counted from 1.")
    model: str = Field(description="By its name in `GET /models`; `offline` for the model without a provider.")
    effort: str | None = Field(default=None, description="How much it was asked to reason; null for its own default.")
    answered_as: str | None = Field(
        default=None, description="The name in the provider's answer, often with a date; null where it gave none."
    )


class ModelRead(Wire):
    """A model that runs may use."""

    name: str = Field(description="As `model` of a run or a project.")
    provider: str = Field(description="Who serves it, by the operator's name for it.")
    context: int | None = Field(default=None, description="Tokens that it takes at once, where the operator says so.")
    efforts: list[str] = Field(default_factory=list, description="What `effort` may be; empty where it takes none.")
    effort: str | None = Field(default=None, description="Asked for where nobody says; null for its own default.")
    default: bool = Field(default=False, description="Used by runs that name none, unless their task type has its own.")
    default_for: list[TaskType] = Field(default_factory=list, description="Task types that have it for their own.")
    hosted_tools: list[str] = Field(
        default_factory=list, description="Tools that its provider runs itself, for `hosted_tools` of a run."
    )
    priced: bool = Field(default=False, description="Whether its runs have a cost, and may have `max_cost_usd`.")


class ModelsRead(Wire):
    """What the operator lets runs use."""

    models: list[ModelRead]


class PatternUse(Wire):
    """The pattern of an earlier run that a run was shown."""

    pattern_id: str
    source_run_id: str
    how: str = Field(description="`referenced` by the caller, or `matched` as the project's best.")
    score: float | None = Field(default=None, description="How alike the requests are, from 0 to 1; of a match.")


PlanStatus = Literal["pending", "in_progress", "done", "skipped"]
OVER: frozenset[PlanStatus] = frozenset({"done", "skipped"})
"""Of a part of a plan that nothing more is done for."""


class PlanStep(Wire):
    """A part of what the agent intends."""

    title: str = Field(description="What it is, in a few words.")
    status: PlanStatus = Field(description="How far it is.")


class ChildRead(Wire):
    """A run that a run delegated a part of its task to."""

    run_id: str
    title: str = Field(description="What it is to do, in a few words.")
    status: RunStatus | None = Field(default=None, description="How it ended; null while it waits or works.")
    error: str | None = Field(default=None, description="Why it failed, or could not be started.")


class RunRead(Wire):
    """A run, as far as it has come."""

    id: str
    project_id: str
    name: str = ""
    created_at: Timestamp
    started_at: Timestamp | None = Field(default=None, description="When the work on it began; null while it waits.")
    ended_at: Timestamp | None = Field(default=None, description="When it got its final status.")
    status: RunStatus
    task_type: str = Field(default=TaskType.CODE.value, description="The run's own; one of TaskType.")
    model: str = Field(default="", description="What it was given to work with; empty for runs of long ago.")
    effort: str | None = Field(default=None, description="How much the model is to reason; null for its own default.")
    models_used: list[ModelUse] = Field(
        default_factory=list, description="What really answered: the first turn, and each turn from which it changed."
    )
    queue_position: int | None = Field(
        default=None,
        description="How many runs have their turn until this one has, itself included; null with no wait.",
    )
    progress: int = Field(default=0, ge=0, le=100, description="Never falls; 100 only with a final status.")
    plan: list[PlanStep] = Field(
        default_factory=list, description="What the agent intends, as it last said; empty where it made no plan."
    )
    had_errors: bool = Field(default=False, description="True exactly when a hard failure was recorded.")
    errors: list[RunError] = Field(default_factory=list)
    artifacts: list[ArtifactRead] = Field(default_factory=list, description="Left empty in lists of runs.")
    machine_summary: MachineSummary | None = Field(default=None, description="Null until the run has ended.")
    closing_words: str | None = Field(default=None, description="What the agent said at the end of its work.")
    result: JsonValue = Field(default=None, description="What it came to, by its `result_schema`; null until then.")
    result_schema: dict[str, JsonValue] | None = Field(default=None, description="What `result` has to fit.")
    acceptance: AcceptanceRead | None = Field(
        default=None, description="What its work has to be like, and whether it is; null where nobody said."
    )
    document_template: DocumentTemplate | None = Field(default=None, description="The look of documents that it makes.")
    conversion: Conversion | None = Field(
        default=None, description="What it converts, where it is a conversion, which no model works on."
    )
    reference_run_id: str | None = None
    workspace_from_run_id: str | None = Field(default=None, description="Whose workspace this one began with.")
    workspace_from_turn: int | None = Field(default=None, description="At which turn of it; null for its end.")
    resumed_from_run_id: str | None = Field(default=None, description="The run whose work this one goes on with.")
    continues_run_id: str | None = Field(
        default=None, description="The run whose conversation this one goes on with, after a message or a resume."
    )
    parent_run_id: str | None = Field(default=None, description="The run that delegated this part of its task.")
    batch_id: str | None = Field(default=None, description="The batch that the run is of.")
    batch_item: int | None = Field(default=None, description="Which of its items the run is for, from 1.")
    children: list[ChildRead] = Field(
        default_factory=list, description="The runs that it delegated parts of its task to; `usage` has theirs, too."
    )
    thread_id: str = Field(default="", description="The same for all runs of one conversation.")
    messages: list[MessageRead] = Field(default_factory=list, description="What was said to it while it was active.")
    waiting_for: RequestRead | None = Field(
        default=None, description="The first thing that somebody has to decide; null while it waits for nobody."
    )
    requests: list[RequestRead] = Field(
        default_factory=list, description="Everything that the run has asked of people, with what they decided."
    )
    interactive: bool = Field(default=False, description="Whether the agent may ask questions.")
    require_approval: list[Approval] = Field(default_factory=list, description="What has to be approved.")
    tools: list[str] = Field(default_factory=list, description="Names of the application's own tools.")
    hosted_tools: list[str] = Field(default_factory=list, description="Tools that the provider runs itself.")
    sources: list[Source] = Field(
        default_factory=list, description="Pages that the agent's words cite; the first 100, and none in lists of runs."
    )
    sources_left_out: int = Field(default=0, description="How many more it cites, or with addresses nobody can follow.")
    skills: list[SkillUse] = Field(
        default_factory=list, description="What it could use of the skills of its project and tenant as it began."
    )
    system_instructions: str | None = Field(default=None, description="The composed prompt.")
    codex_thread_id: str | None = Field(default=None, description="Names the conversation with the model.")
    pattern_used: PatternUse | None = Field(default=None, description="What was reused of an earlier run.")
    metadata: dict[str, str] = Field(default_factory=dict, description="As the caller gave it.")
    callback_url: str | None = Field(default=None, description="Who is told of the end.")
    usage: Usage = Field(default_factory=Usage)
    limits: RunLimits = Field(default_factory=RunLimits, description="As granted.")

    @computed_field(description="The same as `id`.")  # type: ignore[prop-decorator]
    @property
    def run_id(self) -> str:
        """The same as `id`."""
        return self.id


class ProjectImport(Asked):
    """A project of an earlier installation. What is known here already stays as it is."""

    name: PlainText = Field(default="", max_length=200)
    task_type: TaskType = TaskType.CODE
    domain_config: JsonValue = None
    created_at: Timestamp


class ArtifactImport(Asked):
    """An output of an imported run; its bytes are the file `artifacts/<id>` of the record."""

    id: str = Field(max_length=128, pattern=r"^[0-9A-Za-z_.:-]+$")
    kind: str = Field(max_length=64)
    path: str = Field(max_length=1_024)
    created_at: Timestamp


class RunImport(Asked):
    """A finished run of an earlier installation, under its own id."""

    id: str = Field(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")
    name: PlainText = Field(default="", max_length=2_000)
    instructions: PlainText = Field(default="", description="What the user had asked for.")
    task_type: TaskType = TaskType.CODE
    status: RunStatus = Field(description="One of the final ones.")
    created_at: Timestamp
    ended_at: Timestamp
    reference_run_id: str | None = None
    workspace_from_run_id: str | None = None
    system_instructions: PlainText | None = None
    codex_thread_id: str | None = None
    errors: list[RunError] = Field(default_factory=list, max_length=100)
    machine_summary: MachineSummary | None = None
    pattern: PatternRead | None = None
    artifacts: list[ArtifactImport] = Field(default_factory=list, max_length=200)
    uploads: list[str] = Field(default_factory=list, max_length=10, description="With the files of its workspace.")
    record: str | None = Field(
        default=None, description="An upload with `steps.jsonl`, a StepEvent a line, and `artifacts/<id>`."
    )


class ImportCreate(Asked):
    """Takes a project of an earlier installation over, and one of its runs. For keys with the scope `import`."""

    project: ProjectImport
    run: RunImport | None = Field(default=None, description="At most 250,000 bytes of JSON, besides its files.")


class ImportRead(Wire):
    """What is here now."""

    project_id: str
    run_id: str | None = None
    imported: bool = Field(description="False when it was here already, and nothing has changed.")


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


class WorkspaceFile(Wire):
    """A file of a run's workspace."""

    path: str
    size_bytes: int
    type: str = Field(description="Such as `markdown`; an unknown suffix is `text`, no suffix is `binary`.")
    sha256: str | None = Field(default=None, description="Of the bytes, in hex.")
    url: str | None = Field(default=None, description="Fetches the bytes without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class WorkspaceFileListing(Wire):
    """A workspace's files, sorted by path; one page of them when `next_cursor` is set."""

    run_id: str
    total_files: int = Field(description="Of the whole workspace, whatever the page.")
    files: list[WorkspaceFile]
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")


class SearchHit(Wire):
    """A line that has what was looked for, and where it stands."""

    run_id: str
    path: str
    place: str = Field(description="`line 12` of a text file; of a document its page, clause, heading, slide or cells.")
    snippet: str = Field(description="The line, or of a long one what is around the match.")
    start: int = Field(description="Where the match begins in `snippet`, in characters.")
    end: int = Field(description="Where it ends.")


class NotSearched(Wire):
    """A file that was not searched, or only in part: what was looked for may be in it all the same."""

    run_id: str
    path: str
    reason: str
    unread: bool = Field(default=False, description="Whether `POST /runs/{run_id}/workspace/texts` may help.")


class SearchRead(Wire):
    """What a search found in the files that this page went through. A page may be empty and still not the last."""

    query: str
    hits: list[SearchHit]
    searched: int = Field(description="Files that this page searched; of the last one maybe its beginning only.")
    total_files: int = Field(description="Files to search in all, whatever the page.")
    runs: int = Field(default=1, description="Runs whose files these are: of a project its newest ones.")
    not_searched: list[NotSearched] = Field(default_factory=list, description="The first of those on this page.")
    not_searched_total: int = Field(default=0, description="How many they are on this page.")
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")


class TextsRead(Wire):
    """Documents whose text was made just now, so that they can be searched and compared."""

    run_id: str
    read: list[str] = Field(description="Their paths.")
    not_read: list[NotSearched] = Field(default_factory=list, description="What could not be read, and why.")
    next_cursor: str | None = Field(default=None, description="There are more: ask again with `?cursor=`.")


class ArchiveRead(Wire):
    """A workspace as one zip file; while it is being made, without an address: ask again."""

    run_id: str
    status: str = Field(description="`ready` or `building`.")
    total_files: int
    size_bytes: int | None = Field(default=None, description="Of the zip file.")
    url: str | None = Field(default=None, description="Fetches the zip file without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class DiffFile(Wire):
    """A path that a run changed."""

    path: str
    status: str = Field(description="As git prints it, such as `A`, `M` or `D`.")


class DiffSummary(Wire):
    """What a run changed, in the words of git."""

    branch: str | None = None
    files: list[DiffFile] = Field(default_factory=list)
    shortstat: str = ""
    stat: str = ""


class DiffRead(Wire):
    """What a run changed, and the artifact that keeps it; or what changed between two of its turns."""

    artifact_id: str | None = Field(default=None, description="Null for a difference between two turns.")
    summary: DiffSummary = Field(description="Of the files on this page; `shortstat` is of all.")
    total_files: int = Field(default=0, description="Of the whole difference, whatever the page.")
    next_cursor: str | None = Field(default=None, description="Ask for the next page with `?cursor=`.")
    by_text: list[str] = Field(
        default_factory=list, description="Documents on this page that were compared by their text, not their bytes."
    )
    unread: list[str] = Field(
        default_factory=list,
        description="Documents whose text is not known yet: `POST /runs/{run_id}/workspace/texts?changes=true`.",
    )
    patch_url: str | None = Field(default=None, description="The unified patch, without a key until `expires_at`.")
    expires_at: Timestamp | None = None


class PatternStep(Wire):
    """One step of what worked."""

    instruction: str
    intent: str | None = None


class PatternVariable(Wire):
    """Something that will differ the next time."""

    type: str
    example: str


class PatternRead(Wire):
    """What a run taught; without a pattern summary, steps and variables are empty."""

    id: str
    source_run_id: str
    name: str = ""
    summary: str = ""
    steps: list[PatternStep] = Field(default_factory=list)
    variables: dict[str, PatternVariable] = Field(default_factory=dict)


def _unset(value: object) -> bool:
    """Whether a field of an event has nothing to tell; its JSON goes without it then."""
    return value is None or value is False or value == ""


class Event(Wire):
    """Something that happened in a run."""

    id: str = Field(
        default="", exclude_if=_unset, description="Its cursor: what follows is asked for with `?after=` and this."
    )
    truncated: bool = Field(
        default=False, exclude_if=_unset, description="It was too large: its lists are empty and its texts cut."
    )


class StatusEvent(Event):
    """The run has a new status."""

    type: Literal["status"] = "status"
    status: RunStatus
    run_id: str
    project_id: str


class ProgressEvent(Event):
    """The run has come this far."""

    type: Literal["progress"] = "progress"
    stage: str = Field(description="`preparing`, `workspace_ready`, `executing` and so on, to `ended`.")
    message: str = Field(description="What is being done, for people.")
    percent: int = Field(description="From 0 to 100.")


class PlanEvent(Event):
    """The agent made a plan, or changed it."""

    type: Literal["plan"] = "plan"
    steps: list[PlanStep] = Field(description="The whole plan, in order.")


class WorkspaceEvent(Event):
    """The workspace began as a copy of another run's."""

    type: Literal["workspace"] = "workspace"
    run_id: str
    source_run_id: str
    action: str = Field(description="`cloned`, or `clone-missing` where that run had no files.")
    entries: int = Field(description="How many files were taken over.")


class StepEvent(Event):
    """A message was added to the conversation."""

    type: Literal["step"] = "step"
    step_id: str = Field(description="As in `GET /runs/{id}/steps`.")
    role: str = Field(description="`user`, `assistant` or `tool`.")
    content: str
    t: Timestamp = Field(description="When.")
    intent_kind: str | None = Field(default=None, exclude_if=_none, description="Such as `write` or `run`.")
    intent_target: str | None = Field(default=None, exclude_if=_none, description="The file that it is about.")
    ok: bool | None = Field(default=None, exclude_if=_none, description="Whether it worked.")
    files: list[str] | None = Field(default=None, exclude_if=_none, description="The files that it changed.")
    tool_name: str | None = Field(default=None, exclude_if=_none)
    tool_args: JsonValue = Field(default=None, exclude_if=_none, description="What it was given.")
    notes: JsonValue = Field(default=None, exclude_if=_none, description="More about the result.")
    turn: int | None = Field(default=None, exclude_if=_none, description="Of which turn, for `from_turn` of a new run.")


class MessageEvent(Event):
    """Somebody said something to the agent, took it back, or the agent has read it."""

    type: Literal["message"] = "message"
    message_id: str
    mode: MessageMode
    state: MessageState
    text: str = Field(description="Its first 100 characters.")


class RequestEvent(Event):
    """The run waits for somebody to decide this."""

    type: Literal["request"] = "request"
    request_id: str
    kind: RequestKind
    name: str = Field(description="The tool that asks, or what is to be approved.")
    question: str
    options: list[str] = Field(default_factory=list)
    deadline: Timestamp = Field(description="Then the default is taken; without one the run fails.")


class DecisionEvent(Event):
    """Somebody decided, or the deadline did."""

    type: Literal["decision"] = "decision"
    request_id: str
    decision: DecisionKind
    text: str = Field(description="Its first 100 characters.")
    decided_by: str


class ChildEvent(Event):
    """The run delegated a part of its task, or the run that does it has ended."""

    type: Literal["child"] = "child"
    child_run_id: str
    title: str
    status: RunStatus = Field(description="`queued` when it is delegated; afterwards how it ended.")


class AcceptanceEvent(Event):
    """The work was judged by the criteria that it has to meet."""

    type: Literal["acceptance"] = "acceptance"
    round: int = Field(description="The first is 1.")
    accepted: bool = Field(description="Whether all are met. What is not goes back to the agent, or ends the run.")
    criteria: list[CriterionRead]


class ArtifactEvent(Event):
    """The run recorded an output."""

    type: Literal["artifact"] = "artifact"
    artifact_id: str
    path: str
    bytes: int


class DiffEvent(Event):
    """What the run changed."""

    type: Literal["diff"] = "diff"
    run_id: str
    artifact_id: str = Field(description="The artifact that keeps it.")
    diff: DiffSummary


class PatternEvent(Event):
    """What the run taught."""

    type: Literal["pattern"] = "pattern"
    pattern_id: str
    run_id: str
    summary: str
    steps: list[PatternStep]
    variables: dict[str, PatternVariable]


class EventError(Wire):
    """What went wrong."""

    error: str = Field(description="What happened, for people.")
    suggestion: str = Field(default="", description="What to do about it.")
    code: str = Field(description="A stable name, the `error_type` of the run's error.")


class ErrorEvent(Event):
    """A hard failure."""

    type: Literal["error"] = "error"
    run_id: str
    error: EventError


class CancelledEvent(Event):
    """The run was cancelled."""

    type: Literal["cancelled"] = "cancelled"
    run_id: str
    process_killed: bool = Field(description="Whether something running was stopped.")


class SummaryFile(Wire):
    """A file of the workspace at the end."""

    path: str
    size: int = Field(description="In bytes.")


class WorkspaceSummaryEvent(Event):
    """What the workspace holds at the end."""

    type: Literal["workspace_summary"] = "workspace_summary"
    run_id: str
    files: list[SummaryFile] = Field(description="The first files by path.")
    total_files: int


class ResetEvent(Event):
    """The run has no event of the id that was asked for: its events follow from the first."""

    id: str = Field(default="", description="Always empty.")
    type: Literal["reset"] = "reset"
    message: str = Field(default="", description="The same, for people.")


class EndEvent(Event):
    """The run has ended, and no event will ever follow. Only streams tell it; pages say `ended`."""

    type: Literal["end"] = "end"


class DeltaEvent(Event):
    """What the agent is writing just now; it replaces the one before, and counts until the next event."""

    id: str = Field(default="", exclude_if=_unset, description="Always empty: nothing is gone on from here.")
    type: Literal["delta"] = "delta"
    text: str = Field(default="", exclude_if=_unset, description="What the agent says; of a long text the end.")
    path: str | None = Field(default=None, exclude_if=_none, description="The file that it is writing.")
    content: str = Field(default="", exclude_if=_unset, description="What it writes there; of a long one the end.")


class UnknownEvent(Event):
    """An event that this version does not know: of a later service, with its fields as attributes."""

    model_config = ConfigDict(extra="allow")

    type: str = ""


RunEvent = Annotated[
    StatusEvent
    | ProgressEvent
    | PlanEvent
    | WorkspaceEvent
    | StepEvent
    | MessageEvent
    | RequestEvent
    | DecisionEvent
    | ChildEvent
    | AcceptanceEvent
    | ArtifactEvent
    | DiffEvent
    | PatternEvent
    | ErrorEvent
    | CancelledEvent
    | WorkspaceSummaryEvent,
    Field(discriminator="type"),
]
"""What a run's log tells watchers; `type` says which."""

WatchedEvent = Annotated[
    RunEvent | ResetEvent | DeltaEvent | EndEvent | UnknownEvent, Field(union_mode="left_to_right")
]
"""What a watcher is sent: events of the run, and of the watching itself."""


class EventPage(Wire):
    """Some of a run's events, in order."""

    events: list[WatchedEvent]
    next_after: str = Field(description="Ask for what follows with `?after=`.")
    ended: bool = Field(default=False, description="The run has ended, and no event will ever follow.")


class CancelRead(Wire):
    """The run is cancelled: no model call, file write or event comes after this answer."""

    status: RunStatus = RunStatus.CANCELLED
    process_killed: bool = Field(default=False, description="Whether something running was stopped.")


class TokenCreate(Asked):
    """Asks for a token that opens parts of a run to a browser."""

    scope: Literal["watch", "files"] = Field(
        default="watch",
        description="`watch`: stream and events. `files`: also files, previews, archive, diff, outputs.",
    )
    seconds: int = Field(default=900, ge=10, le=86_400, description="How long it opens them.")
    origins: list[Origin] = Field(
        default_factory=list,
        max_length=5,
        description="Pages of these may read the answers and show them in frames, such as `https://app.example.com`.",
    )


class UploadTokenCreate(Asked):
    """Asks for a token with which a page makes one upload."""

    max_files: int = Field(default=20, ge=1, le=500, description="So many files at most.")
    max_bytes: int = Field(default=52_428_800, ge=0, le=2_147_483_648, description="So many bytes together at most.")
    seconds: int = Field(default=900, ge=10, le=86_400, description="How long the upload can be begun.")
    origins: list[Origin] = Field(default_factory=list, max_length=5, description="Pages of these may use it.")


class UploadTokenRead(Wire):
    """A token of one upload. Whoever has it can begin that upload until `expires_at`."""

    token: str = Field(description="Goes as `?token=`.")
    upload_id: str = Field(description="What runs take the upload by, once its files are sent.")
    expires_at: Timestamp
    path: str = Field(description="A page POSTs `{files}` there, and PUTs each file to the URL that it gets.")


class TokenRead(Wire):
    """A token of a run. Whoever has it can use it until `expires_at`."""

    token: str = Field(description="Goes as `?token=`.")
    run_id: str
    scope: str
    expires_at: Timestamp
    path: str = Field(description="What it opens begins with this: `/stream` and so on follow.")


class BudgetPeriod(StrEnum):
    """How long a budget is for: a day or a month of UTC."""

    DAILY = "daily"
    MONTHLY = "monthly"


class BudgetAlert(Wire):
    """A budget that is nearly used up, or all of it."""

    project_id: str | None = Field(default=None, description="Whose it is; null: the whole tenant's.")
    period: BudgetPeriod
    limit_usd: float
    spent_usd: float
    resets_at: Timestamp = Field(description="When the next day or month begins.")


class BudgetPut(Asked):
    """Sets a budget: what is left out, or null, is not limited."""

    daily_usd: float | None = Field(default=None, ge=0, le=1e9, description="US dollars a day of UTC.")
    monthly_usd: float | None = Field(default=None, ge=0, le=1e9, description="US dollars a month of UTC.")
    callback_url: str | None = Field(
        default=None,
        max_length=2_048,
        description="Told by a signed POST at 80 % and when all is spent; https. Null: the tenant's, for a project.",
    )


class BudgetRead(Wire):
    """What may be spent, and what is."""

    project_id: str | None = Field(default=None, description="Whose it is; null: the whole tenant's.")
    daily_usd: float | None = None
    monthly_usd: float | None = None
    granted_daily_usd: float | None = Field(
        default=None, description="What the operator grants the tenant a day; of both limits the smaller one counts."
    )
    granted_monthly_usd: float | None = Field(default=None, description="The same for a month.")
    callback_url: str | None = None
    spent_today_usd: float = Field(description="By runs that have ended, and under a budget by those at work.")
    spent_this_month_usd: float
    day_resets_at: Timestamp
    month_resets_at: Timestamp


class WebhookData(Wire):
    """The run that has ended, waits or came upon a budget; the batch that has ended; the schedule that paused.

    A ping has the fields of a run, and no run.
    """

    run_id: str = Field(
        default="",
        description="Empty where it is about a batch or a schedule; of a ping an id of its own, which no run has.",
    )
    project_id: str
    status: RunStatus
    name: str = Field(default="", description="Of the run, batch or schedule, as it was given or made.")
    metadata: dict[str, str] = Field(default_factory=dict, description="What was noted when the run was started.")
    machine_summary: MachineSummary | None = None
    closing_words: str | None = Field(default=None, description="What the agent said at the end.")
    errors: list[RunError] = Field(
        default_factory=list,
        description="What went wrong, each with what to do about it; of a failed run at least one.",
    )
    waiting_for: list[RequestRead] | None = Field(
        default=None, exclude_if=_none, description="Of `run.waiting`: what is to be decided."
    )
    batch: BatchRead | None = Field(default=None, exclude_if=_none, description="Where it is about a batch.")
    budget: BudgetAlert | None = Field(
        default=None, exclude_if=_none, description="Of `budget.warning` and `budget.exhausted`: which budget."
    )
    schedule: ScheduleRead | None = Field(
        default=None, exclude_if=_none, description="Of `schedule.paused`: the schedule, once it has paused."
    )


class WebhookPayload(Wire):
    """What a receiver is sent, signed by Standard Webhooks."""

    type: str = Field(
        description="`run.succeeded`, `run.failed`, `run.cancelled` or `run.waiting`; `batch.succeeded`, `batch.failed`"
        " or `batch.cancelled`; `budget.warning` or `budget.exhausted`; `schedule.paused`; `ping`."
    )
    timestamp: Timestamp = Field(
        description="When it ended, began to wait, or came upon the budget; of a ping when it was asked for."
    )
    data: WebhookData


class WebhookPingCreate(Asked):
    """Asks for a test message."""

    callback_url: str | None = Field(
        default=None, max_length=2_048, description="Where it goes; the project's when left out. https."
    )


class WebhookSecret(Wire):
    """The secret that signs webhooks. Keep it like a password."""

    secret: str = Field(description="Begins with `whsec_`, as libraries for Standard Webhooks take it.")
    created_at: Timestamp
    previous_valid_until: Timestamp | None = Field(
        default=None, description="Until then deliveries are signed with the secret before this one too."
    )


class SecretRotation(Asked):
    """Asks for a new signing secret."""

    overlap_seconds: int = Field(
        default=86_400, ge=0, le=604_800, description="How long the old secret goes on signing beside the new one."
    )


class KeyCreate(Asked):
    """Asks for a key."""

    name: str = Field(min_length=1, max_length=100, description="Who or what uses it, for people.")
    scopes: list[Scope] = Field(
        default=[Scope.READ, Scope.RUN, Scope.MANAGE], min_length=1, max_length=5, description="What it may do."
    )
    projects: list[str] = Field(
        default=[],
        max_length=20,
        description="Prefixes of the ids of the projects that it is for; none: all. Such a key has not `admin`.",
    )
    expires_at: Timestamp | None = Field(default=None, description="When it stops being good; null: never.")


class KeyRotation(Asked):
    """Asks for a new secret of a key."""

    overlap_seconds: int = Field(
        default=86_400,
        ge=0,
        le=2_592_000,
        description="How long texts of the key that are good now stay so; 0 for one that leaked.",
    )


class KeyRead(Wire):
    """A key, without its secret."""

    id: str
    name: str
    prefix: str = Field(description="How its text begins. Empty for a key of an earlier version.")
    scopes: list[str] = Field(description="What it may do: of `Scope`, or what a later version adds.")
    projects: list[str] = Field(default=[], description="Prefixes of the projects that it is for; none: all.")
    created_at: Timestamp | None = Field(default=None, description="Null for a key of an earlier version.")
    expires_at: Timestamp | None = None
    rotated_at: Timestamp | None = Field(default=None, description="When its secret was made, if not with the key.")
    previous_valid_until: Timestamp | None = Field(
        default=None, description="Until when a text from before the last rotation is good, if any is."
    )
    last_used_at: Timestamp | None = Field(default=None, description="To the hour; null: never so far.")
    revoked_at: Timestamp | None = None


class KeySecret(KeyRead):
    """A key with its text, which is shown this once and stored nowhere."""

    key: str = Field(description="What to send as `Authorization: Bearer`.")


class WebhookDelivery(Wire):
    """One message to one receiver, and how far it got."""

    id: str = Field(description="The `webhook-id` that the receiver sees, the same on every attempt.")
    run_id: str = Field(description="Empty where it is about a batch; of a ping an id of its own, which no run has.")
    batch_id: str | None = None
    project_id: str
    type: str = Field(description="Of the message, such as `run.succeeded` or `ping`.")
    url: str
    status: str = Field(description="`pending`, `delivered` or `dead`.")
    attempts: int
    created_at: Timestamp
    last_attempt_at: Timestamp | None = None
    last_status: int | None = Field(default=None, description="What the receiver answered last.")
    last_error: str | None = Field(default=None, description="Why the last attempt failed.")
    next_attempt_at: Timestamp | None = None


class TenantLimits(Wire):
    """Limits of runs: of those that name none, and those that no run goes over."""

    defaults: RunLimits = Field(default_factory=RunLimits)
    ceilings: RunLimits = Field(default_factory=RunLimits)


class TenantPatch(Asked):
    """Changes what a tenant may have: what is left out stays, null is what the deployment says."""

    max_active: int | None = Field(default=None, ge=0, le=1_000, description="Runs that are worked on.")
    max_queued: int | None = Field(default=None, ge=0, le=3_000, description="Runs that wait for their turn.")
    max_stored_bytes: int | None = Field(default=None, ge=0, le=10**15)
    max_requests_per_second: int | None = Field(default=None, ge=0, le=10_000, description="0 for any number.")
    max_watchers: int | None = Field(default=None, ge=0, le=1_000)
    max_uploads: int | None = Field(default=None, ge=0, le=1_000)
    max_archives: int | None = Field(default=None, ge=0, le=100)
    max_previews: int | None = Field(default=None, ge=0, le=100)
    max_diffs: int | None = Field(default=None, ge=0, le=100)
    limits: TenantLimits | None = Field(default=None, description="Limits of its runs.")
    retention_days: int | None = Field(default=None, ge=1, le=3_650, description="Days for which ended runs are kept.")
    models: list[ModelName] | None = Field(
        default=None, max_length=50, description="Those of `GET /models` that its runs may use; null for all."
    )
    own_keys: list[Annotated[str, Field(max_length=40, pattern="^[a-z][a-z0-9-]*$")]] | None = Field(
        default=None,
        max_length=20,
        description="Providers that are asked with the tenant's own key, from the secret `PREFIX/tenants/ID/PROVIDER`.",
    )
    daily_usd: float | None = Field(default=None, ge=0, le=1e9, description="What the operator lets it spend a day.")
    monthly_usd: float | None = Field(default=None, ge=0, le=1e9, description="The same for a month.")
    hold: Annotated[PlainText, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="Why nothing of it may be deleted, such as the case; null for no hold."
    )


class TenantRead(Wire):
    """A tenant as an operator sees it. `own` are the settings in which it differs from the deployment."""

    id: str
    own: list[str] = Field(default=[], description="Names of settings that are its own.")
    max_active: int
    max_queued: int
    max_stored_bytes: int
    max_requests_per_second: int
    max_watchers: int
    max_uploads: int
    max_archives: int
    max_previews: int
    max_diffs: int
    limits: TenantLimits | None = None
    retention_days: int
    models: list[str] | None = Field(default=None, description="Models that it may use; null for all.")
    own_keys: list[str] = []
    daily_usd: float | None = None
    monthly_usd: float | None = None
    hold: str | None = Field(default=None, description="Why nothing of it may be deleted.")
    erasing_since: Timestamp | None = Field(default=None, description="Since when it is being erased.")
    active_runs: int
    queued_runs: int
    stored_bytes: int
    measured_at: Timestamp | None = None


class TenantErase(Asked):
    """Confirms that a tenant is to be erased."""

    confirm: str = Field(min_length=1, max_length=64, description="The tenant's id, once more.")


class StoreReceipt(Wire):
    """What one store had of the tenant, and what became of it."""

    store: str
    deleted: int = Field(description="By this call.")
    kept: int = 0
    gone_by: Timestamp | None = Field(default=None, description="By when what cannot be deleted goes by itself.")
    note: str = ""


class ErasureRead(Wire):
    """How far the erasure of a tenant has come."""

    tenant_id: str
    done: bool = Field(description="Nothing is left. Otherwise ask again, after a while where nothing was deleted.")
    began_at: Timestamp
    at: Timestamp
    stores: list[StoreReceipt]


class ExportedObject(Wire):
    """A stored object, with an address that is good for a quarter of an hour."""

    key: str
    size: int
    url: str


class ExportRead(Wire):
    """A page of what is kept: records first, then objects."""

    records: list[dict[str, JsonValue]] = []
    objects: list[ExportedObject] = []
    next_cursor: str | None = None
