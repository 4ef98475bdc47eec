"""What a run is asked for with: its instructions, its limits, and how it goes on."""

from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from codex_swarm.models.acceptance import AcceptanceAsked
from codex_swarm.models.conversations import DECISION_SECONDS, Approval, ToolCreate
from codex_swarm.models.files import InlineFile
from codex_swarm.models.wire import (
    MAX_NUMBER,
    MAX_TURN,
    Asked,
    DocumentTemplate,
    EffortName,
    HostedToolName,
    ModelName,
    PlainText,
    TaskType,
    Wire,
    only_fields_of,
)

MAX_RUN_NAME = 65_536
"""Characters of a run's name, before it is shortened: the most that its instructions can have."""


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


RunLimitsAsked = Annotated[RunLimits, BeforeValidator(only_fields_of(RunLimits))]

MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,63}$")]

Metadata = Annotated[dict[MetadataKey, Annotated[PlainText, Field(max_length=512)]], Field(max_length=20)]


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


class RunResume(Asked):
    """Goes on, in a new run, from the last turn of a run that reached a limit."""

    limits: RunLimitsAsked | None = Field(default=None, description="What the new run may use at most.")
