"""What the work of a run has to be like, and whether it is."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag

from codex_swarm.models.wire import Asked, PlainText, Wire, only_fields_of

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


CRITERION_KINDS = frozenset({"words", "contains_file", "matches_schema", "command_succeeds", "no_placeholder"})
"""What `Criterion` tells apart."""


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


AcceptanceAsked = Annotated[Acceptance, BeforeValidator(only_fields_of(Acceptance))]


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
