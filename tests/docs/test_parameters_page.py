"""docs/operations/parameters.md is made from the template."""

from __future__ import annotations

import re

import pytest

from infra.pages import parameters
from infra.pages.deployed import with_nested
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "operations" / "parameters.md").read_text("utf-8")


def test_every_parameter_of_the_template_has_a_line() -> None:
    named = {
        name
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert named == parameters.declared().keys()


def test_what_an_alarm_of_a_nested_stack_is_there_for_is_told() -> None:
    plain = with_nested()
    come, gone, _ = parameters.effect("AlarmEmail", {}, plain)
    assert (come, gone) == ({"Observability/AlarmEmailSubscription"}, set())


@pytest.mark.proof
def test_the_page_is_as_the_script_makes_it() -> None:
    assert parameters.page() == PAGE
    # Each does something: one that does not is no parameter, or is shown by a value that shows nothing.
    assert "| nothing | nothing |" not in PAGE
