"""The base of all wire models, and the types and choices that several topics share."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Timestamp = Annotated[datetime, AfterValidator(_in_utc)]
"""Always aware and in UTC, so that its JSON ends in `Z`; a time without an offset is read as UTC."""


def is_none(value: object) -> bool:
    """Whether a field has nothing to tell; as its `exclude_if` JSON goes without it then."""
    return value is None


def without_nul(text: str) -> str:
    """The text; ValueError when it has a NUL."""
    if "\0" in text:
        raise ValueError("has a NUL character, which is no text; send binary files by an upload")
    return text


PlainText = Annotated[str, AfterValidator(without_nul)]
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


class Wire(BaseModel):
    """Base of all wire models: immutable, and deaf to fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


def only_fields_of(model: type[BaseModel]) -> Callable[[Any], Any]:
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
        return only_fields_of(cls)(data)


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
