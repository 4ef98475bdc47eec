"""docs/events.md has every type of event with its fields, and an example of each that is one."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from codex_swarm.models import DeltaEvent, EndEvent, Event, ResetEvent, RunEvent
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
KINDS: dict[str, type[Event]] = {
    kind.model_fields["type"].default: kind
    for kind in (*get_args(get_args(RunEvent)[0]), ResetEvent, DeltaEvent, EndEvent)
}
OF_ALL = Event.model_fields.keys() | {"type"}


def test_every_type_has_a_section() -> None:
    assert list(SECTIONS) == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_section_lists_the_fields_of_its_class(name: str) -> None:
    fields = KINDS[name].model_fields
    listed = re.findall(r"^\| `(\w+)`(\??) \| (.*?) \|$", SECTIONS[name], re.MULTILINE)
    assert f"`{KINDS[name].__name__}`: {KINDS[name].__doc__}" in SECTIONS[name]
    assert {field: bool(optional) for field, optional, _ in listed} == {
        field: not fields[field].is_required() for field in fields.keys() - OF_ALL
    }
    for field, _, words in listed:
        assert words.startswith(fields[field].description or ""), field


@pytest.mark.parametrize("name", KINDS)
def test_the_example_is_one(name: str) -> None:
    (example,) = re.findall(r"^```json\n(.*?)^```", SECTIONS[name], re.MULTILINE | re.DOTALL)
    event = KINDS[name].model_validate_json(example, extra="forbid")
    assert event.type == name  # type: ignore[attr-defined]
