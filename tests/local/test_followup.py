"""A small application asks for a document, and then for changes of it, as its user does."""

from __future__ import annotations

import io
import zipfile

import pytest

from codex_swarm import CodexSwarmClient
from tests.local.clouds import Clouds

pytestmark = pytest.mark.proof


def words_of(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as parts:
        return parts.read("word/document.xml").decode()


@pytest.mark.parametrize("how", ["follow_up", "send_message", "uploaded"])
def test_shorter_and_with_the_budget_is_the_same_word_file(how: str, clouds: Clouds) -> None:
    with CodexSwarmClient(clouds.real().url) as client:
        first = client.start_run(f"revised-{how}", "Create plan.docx with a plan for the week", "document_writing")
        first = client.wait(first.run_id, timeout=120, check=True)
        before = client.get_file(first.run_id, "plan.docx")
        text = "Shorter, and add the budget"
        if how == "send_message":
            changed = client.send_message(first, text)
        elif how == "follow_up":
            changed = client.follow_up(first, text)
        else:
            upload = client.upload_files(f"revised-{how}", {"plan.docx": before})
            changed = client.start_run(f"revised-{how}", text, "document_writing", uploads=[upload])
        changed = client.wait(changed.run_id, timeout=120, check=True)
        after = client.get_file(changed.run_id, "plan.docx")
        paths = [file.path for file in client.iter_files(changed.run_id)]
    assert paths == (["plan.docx"] if how == "uploaded" else ["plan.docx", "plan.md"])
    assert "Next steps" in words_of(before)
    assert "Next steps" not in words_of(after)
    assert "Budget" in words_of(after)
    assert changed.closing_words == "Done: plan.docx is shorter and says more about the budget."
    assert changed.machine_summary
    assert changed.machine_summary.primary_artifact == "plan.docx"
