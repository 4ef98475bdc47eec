"""The example's chat on a laptop cloud: what the person sees, from the draft to the fork."""

from __future__ import annotations

import pytest

from codex_swarm.client import CodexSwarmClient
from examples import chat

pytestmark = pytest.mark.proof


def test_a_chat_goes_from_a_draft_over_questions_to_a_fork(
    client: CodexSwarmClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat.main(["--url", client.base_url, "--project", "chat-example"]) == 0
    seen = [line.strip() for line in capsys.readouterr().out.splitlines()]
    said = [line.removeprefix("You: ") for line in seen if line.startswith("You: ")]
    assert said == [chat.DRAFT, *chat.FOLLOW_UPS, "5,000 euros", "approve", f"(from the first draft) {chat.OTHERWISE}"]
    assert [line for line in seen if line.startswith("offer.md: ")] == [
        "offer.md: An offer for the garden. We begin in May.",
        "offer.md: An offer for the garden. We begin in June.",
        "offer.md: An offer for the garden. We begin in June.",
        "offer.md: An offer for the garden. We begin in May.",
    ]
    assert "Agent: Which budget? (4,000 euros / 5,000 euros)" in seen
    assert [line for line in seen if line.startswith("Files: ")] == [
        "Files: notes.md, offer.md",
        "Files: notes.md, offer.md",
        "Files: budget.md, offer.md",
        "Files: notes.md, offer.md, roof.md",
    ]
    assert seen[-1].startswith("Service: the conversation has 3 runs")


def test_a_service_that_is_not_there_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert chat.main(["--url", "http://127.0.0.1:9"]) == 4
    assert "Service: " in capsys.readouterr().out
