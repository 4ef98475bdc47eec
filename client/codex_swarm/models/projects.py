"""Projects, and the house style of their runs."""

from pydantic import Field, JsonValue

from codex_swarm.models.wire import Asked, EffortName, HostedToolName, ModelName, PlainText, TaskType, Timestamp, Wire


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
