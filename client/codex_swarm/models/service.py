"""The service itself: its health, what it says of a refusal, and the models that runs may use."""

from pydantic import Field

from codex_swarm.models.wire import TaskType, Wire


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
