"""A chat about a document, as a person sees it: a draft, two follow-ups, a question, an approval, and a fork.

    ./run.sh chat

It talks to services that run already, and prints what the person says and sees. The sentences are such that the offline
model understands them, too. Exits with 0 when the chat went to its end, with 1 when a run failed, and with 4 when the
service could not be reached or refused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from codex_swarm import (
    Approval,
    CodexSwarmClient,
    CodexSwarmError,
    DecisionKind,
    RequestKind,
    RunFailed,
    RunRead,
    printable,
)

DRAFT = 'Write "An offer for the garden. We begin in May." to offer.md'
FOLLOW_UPS = (
    "replace May by June in offer.md",
    'ask "Which budget?" of "4,000 euros" or "5,000 euros". touch budget.md. delete notes.md',
)
OTHERWISE = 'Write "An offer for the roof." to roof.md'

ANSWERS: Mapping[RequestKind, tuple[DecisionKind, str]] = {
    RequestKind.QUESTION: (DecisionKind.ANSWER, "5,000 euros"),
    RequestKind.APPROVAL: (DecisionKind.APPROVE, ""),
}
"""What the person of this example decides when the agent asks."""

FAILED, NO_SERVICE = 1, 4


def main(argv: Sequence[str] | None = None) -> int:
    """Holds the chat and returns its exit code."""
    parser = argparse.ArgumentParser(prog="chat", description="A chat about a document, as a person sees it.")
    parser.add_argument("--url", help="the service; CODEX_SWARM_URL or http://127.0.0.1:5050 when left out")
    parser.add_argument("--api-key", help="CODEX_SWARM_API_KEY when left out; a laptop cloud needs none")
    parser.add_argument("--project", default="chat-demo", help="default: %(default)s")
    arguments = parser.parse_args(argv)
    try:
        with CodexSwarmClient(arguments.url, arguments.api_key) as client:
            _chat(client, arguments.project)
    except RunFailed as failed:
        _say("Service", str(failed))
        return FAILED
    except CodexSwarmError as error:
        _say("Service", str(error))
        return NO_SERVICE
    return 0


def _chat(client: CodexSwarmClient, project: str) -> None:
    _say("You", DRAFT)
    draft = client.start_run(
        project,
        DRAFT,
        "document_writing",
        files={"notes.md": "What the customer said.\n"},
        interactive=True,
        require_approval=[Approval.DELETE_FILE],
    )
    latest = draft = _heard(client, draft)
    for text in FOLLOW_UPS:
        _say("You", text)
        # The run has ended, so this begins one that goes on with its files and the whole conversation.
        following = client.send_message(latest, text)
        latest = _heard(client, following if isinstance(following, RunRead) else latest)
    _say("You", f"(from the first draft) {OTHERWISE}")
    fork = client.start_run(project, OTHERWISE, from_run_id=draft.id, from_turn=1, keep_conversation=True)
    _heard(client, fork)
    thread = [run.name for run in reversed(client.get_thread(draft.thread_id))]
    _say("Service", f"the conversation has {len(thread)} runs: {'; '.join(thread)}")


def _heard(client: CodexSwarmClient, run: RunRead) -> RunRead:
    """The run at its end, with what the person is shown and asked on the way. Raises `RunFailed`."""
    while True:
        run = client.wait(run.id, timeout=300, poll=0.25, check=True, until_asked=True)
        if run.waiting_for is None:
            break
        asked = run.waiting_for
        options = f" ({' / '.join(asked.options)})" if asked.options else ""
        _say("Agent", f"{asked.question}{options}")
        decision, text = ANSWERS[asked.kind]
        _say("You", text or decision.value)
        run = client.decide(run, decision, text, request_id=asked.request_id, decided_by="the person of the example")
    _say("Agent", run.closing_words or run.status.value)
    files = [file.path for file in client.iter_files(run.id)]
    _say("Files", ", ".join(files))
    if "offer.md" in files:
        _say("offer.md", client.get_file_text(run.id, "offer.md"))
    return run


def _say(who: str, what: str) -> None:
    print(f"{who:>8}: {printable(' '.join(what.split()))}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
