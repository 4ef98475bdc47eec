"""Batches: one request for many items, a run each."""

from math import isfinite
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema

from codex_swarm.models.run_requests import RunCreate
from codex_swarm.models.runs import Usage
from codex_swarm.models.wire import Asked, PlainText, RunStatus, Timestamp, Wire, without_nul

MAX_BATCH_ITEMS = 1_000

MAX_ITEM_TEXT = 65_536
"""Characters of a value of an item: the most that a run's instructions can have."""

MAX_ITEM_NUMBER = 10**21
"""From here on those who write JSON write numbers in different ways."""

ItemName = Annotated[str, Field(pattern=r"^[^{}]{1,200}$")]
"""What a placeholder names; in a CSV file the head of a column."""


def _item_value(value: Any) -> Any:
    if isinstance(value, str):
        if len(value) > MAX_ITEM_TEXT:
            raise ValueError(f"has over {MAX_ITEM_TEXT} characters; put long material into files")
        return without_nul(value)
    if not (value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value))):
        raise ValueError("is no text, number, truth value or null")
    if isinstance(value, int | float) and abs(value) > MAX_ITEM_NUMBER:
        raise ValueError(f"is a number beyond {MAX_ITEM_NUMBER:.0e}; write it as a text")
    return value


ItemValue = Annotated[
    str | int | float | bool | None,
    BeforeValidator(_item_value),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": MAX_ITEM_TEXT},
                {"type": "number", "minimum": -MAX_ITEM_NUMBER, "maximum": MAX_ITEM_NUMBER},
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
