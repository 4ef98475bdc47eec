"""Runs whose documents have a look that the caller chose by name."""

from __future__ import annotations

import json

import pytest

from codex_swarm.models import DocumentTemplate
from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import BoundCall, Toolbox
from swarm.tasks.registry import BATCHES
from tests.support.stack import Answer, Stack


def start(stack: Stack, template: object, key: str | None = None) -> Answer:
    stack.project()
    asked = {"instructions": "touch a.md", "document_template": template}
    return stack.request("POST", "/projects/p1/runs", asked, headers={"Idempotency-Key": key} if key else None)


def test_the_agent_is_told_of_the_look_and_what_goes_on_keeps_it(stack: Stack) -> None:
    run = start(stack, "letter").json
    assert run["document_template"] == "letter"
    stack.drive(run["id"])
    shown = stack.run(run["id"])
    assert shown["document_template"] == "letter"
    assert "(docx, pdf, odt) have the look of the template letter" in shown["system_instructions"]
    said = stack.request("POST", f"/runs/{run['id']}/messages", {"text": "touch b.md"}).json
    assert said["document_template"] == "letter"


def test_a_run_that_asks_for_none_has_none(stack: Stack) -> None:
    run_id = stack.finish("touch a.md")
    assert stack.run(run_id)["document_template"] is None
    assert "have the look" not in stack.run(run_id)["system_instructions"]


@pytest.mark.parametrize("template", ["poster", "", 7, ["letter"]], ids=str)
def test_a_look_that_is_not_there_is_refused_with_those_that_are(stack: Stack, template: object) -> None:
    answer = start(stack, template)
    assert answer.status == 422
    assert all(name.value in answer.text for name in DocumentTemplate)
    assert stack.request("GET", "/runs").json == []


def test_the_same_key_with_another_look_is_another_request(stack: Stack) -> None:
    assert start(stack, "cv", "k1").status == 201
    assert start(stack, "cv", "k1").json["id"] == start(stack, "cv", "k1").json["id"]
    assert start(stack, "report", "k1").json["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("run_has", "tool", "asked", "taken"),
    [
        pytest.param("letter", "convert_document", ("a.md", "a.docx"), "letter", id="Word"),
        pytest.param("letter", "convert_document", ("a.md", "out/A.PDF"), "letter", id="PDF"),
        pytest.param("letter", "convert_document", ("a.md", "a.odt"), "letter", id="OpenDocument"),
        pytest.param("letter", "convert_document", ("a.docx", "a.pdf"), "letter", id="PDF of a Word file"),
        pytest.param("letter", "convert_document", ("a.md", "a.pptx"), None, id="slides have none of letters"),
        pytest.param("slides", "convert_document", ("a.md", "a.pptx"), "slides", id="slides"),
        pytest.param("letter", "convert_document", ("a.md", "a.html"), None, id="pages have none"),
        pytest.param("letter", "convert_document", ("a.docm", "b.docx"), None, id="Word stays as it is"),
        pytest.param("letter", "convert_documents", ("*.md", "pdf"), "letter", id="a folder"),
        pytest.param("letter", "convert_documents", ("*.docm", ".docx"), None, id="a folder of Word"),
        pytest.param(None, "convert_document", ("a.md", "a.docx"), None, id="no look"),
    ],
)
def test_a_conversion_takes_the_look_where_it_fits(
    run_has: str | None, tool: str, asked: tuple[str, str], taken: str | None
) -> None:
    names = ("source", "target") if tool == "convert_document" else ("pattern", "target_suffix")
    arguments = dict(zip(names, asked, strict=True))
    box = Toolbox(BATCHES, template=DocumentTemplate(run_has) if run_has else None)

    def template_of(**more: str) -> str | None:
        call = box.bind(ToolCall("c", tool, json.dumps({**arguments, **more})))
        assert isinstance(call, BoundCall)
        found = call.arguments.model_dump(mode="json")["template"]
        assert found is None or isinstance(found, str)
        return found

    assert template_of() == taken
    assert template_of(template="cv") == "cv"
    if tool == "convert_document":
        assert template_of(reference_document="house.docx") is None
