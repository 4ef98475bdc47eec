"""What applications do in one call: follow up, page through lists, look after webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from standardwebhooks.webhooks import Webhook

from codex_swarm import Conflict, InvalidArgument, InvalidSignature, MessageRead, verify
from codex_swarm.models import RunRead
from tests.client import bodies
from tests.client.fake_api import Answer, FakeApi, refused, told

SECRET, OLDER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"
NOW = 1_767_225_600.0
MESSAGE = json.dumps(
    {
        "type": "run.succeeded",
        "timestamp": "2026-01-01T00:00:00Z",
        "data": {"run_id": "run-1", "project_id": "demo", "status": "succeeded", "machine_summary": None},
    }
)
MESSAGE_READ = {
    "id": "m-1",
    "run_id": "run-1",
    "mode": "followup",
    "state": "waiting",
    "text": "shorter",
    "created_at": "2026-01-01T00:00:00Z",
}
DELIVERY = {
    "id": "msg_run-1",
    "run_id": "run-1",
    "project_id": "demo",
    "type": "run.succeeded",
    "url": "https://example.com/",
    "status": "dead",
    "attempts": 7,
    "created_at": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize("by_id", [False, True], ids=["run", "id"])
def test_following_up_goes_on_with_files_and_conversation(api: FakeApi, either: Any, by_id: bool) -> None:
    api.on("GET", "/runs/run-1", told(bodies.run()))
    api.on("POST", "/projects/demo/runs", told(bodies.run(id="run-2"), 201))
    run = either.follow_up("run-1" if by_id else RunRead.model_validate(bodies.run()), "shorter", name="Again")
    assert run.id == "run-2"
    assert api.received[-1].json() == {
        "project_id": "demo",
        "instructions": "shorter",
        "task_type": "document_writing",
        "name": "Again",
        "reference_run_id": "run-1",
        "from_run_id": "run-1",
    }
    assert len(api.received) == 1 + by_id


@pytest.mark.parametrize("by_id", [False, True], ids=["run", "id"])
def test_what_is_said_is_a_message_or_begins_a_run(api: FakeApi, either: Any, by_id: bool) -> None:
    run = "run-1" if by_id else RunRead.model_validate(bodies.run())
    api.on("POST", "/runs/run-1/messages", refused(429, "too_many_messages", Retry_After="0"), told(MESSAGE_READ, 202))
    said = either.send_message(run, "shorter", "followup", files={"a.md": "a"})
    assert isinstance(said, MessageRead)
    body = {"text": "shorter", "mode": "followup", "files": [{"path": "a.md", "content": "a"}]}
    assert [each.json() for each in api.received] == [body, body]
    assert len({each.headers["Idempotency-Key"] for each in api.received}) == 1
    # While a run is ending it takes no message; a moment later there is a new one.
    ending = refused(409, "run_is_ending", Retry_After="0")
    api.on("POST", "/runs/run-1/messages", ending, told(bodies.run(id="run-2"), 201))
    assert either.send_message(run, "shorter").id == "run-2"
    api.on("GET", "/threads/run-1", told([bodies.run(id="run-2"), bodies.run()]))
    assert [each.id for each in either.get_thread("run-1")] == ["run-2", "run-1"]


@pytest.mark.parametrize("by_id", [False, True], ids=["run", "id"])
def test_a_run_is_waited_for_until_it_asks_and_decided(api: FakeApi, either: Any, by_id: bool) -> None:
    asking = bodies.running(40, waiting_for=bodies.request())
    api.on("GET", "/runs/run-1", told(asking))
    run = either.wait("run-1", timeout=5, until_asked=True)
    assert run.waiting_for.options == ["1,000", "2,000"]
    api.on("POST", "/runs/run-1/decisions/q-1", told(bodies.running(40)), refused(409, "already_decided"))
    assert either.decide("run-1" if by_id else run, "answer", "1,000", decided_by="Maria").waiting_for is None
    assert api.received[-1].json() == {"decision": "answer", "text": "1,000", "decided_by": "Maria"}
    with pytest.raises(Conflict):
        either.decide("run-1", "answer", "2,000", request_id="q-1")
    with pytest.raises(InvalidArgument, match="waits for nobody"):
        either.decide(RunRead.model_validate(bodies.run()), "approve")
    with pytest.raises(InvalidArgument, match="approve, deny, answer"):
        either.decide("run-1", "perhaps", request_id="q-1")


def look_up(term: str, most: int = 5, kind: Literal["word", "name"] | None = None) -> list[str]:
    """Looks a term up."""
    if term == "none":
        raise LookupError(term)
    return [f"{term} {number}" for number in range(most)] + ([kind] if kind else [])


def test_functions_of_the_application_are_called_and_what_they_say_is_sent(api: FakeApi, either: Any) -> None:
    def asks(request_id: str, name: str, **arguments: Any) -> dict[str, Any]:
        return bodies.request(request_id=request_id, kind="tool", name=name, arguments=arguments)

    calls = [asks("q-1", "look_up", term="a", most=2), asks("q-2", "look_up", term="none"), asks("q-3", "unknown")]
    api.on("POST", "/projects/demo/runs", told(bodies.running(30), 201))
    api.on("GET", "/runs/run-1", told(bodies.running(40, waiting_for=calls[0], requests=calls)), told(bodies.run()))
    for call in calls:
        api.on("POST", f"/runs/run-1/decisions/{call['request_id']}", told(bodies.running(40)))
    run = either.run_with_tools("demo", "look it up", {"look_up": look_up}, timeout=20, poll=0.01)
    assert run.status == "succeeded"
    started, *_ = [each.json() for each in api.received if each.target == "/projects/demo/runs"]
    assert started["tools"] == [
        {
            "name": "look_up",
            "description": "Looks a term up.",
            "parameters": {
                "type": "object",
                "properties": {
                    "term": {"type": "string"},
                    "most": {"type": "integer"},
                    "kind": {"type": ["string", "null"], "enum": ["word", "name", None]},
                },
                "required": ["term"],
                "additionalProperties": False,
            },
        }
    ]
    sent = [each.json() for each in api.received if "/decisions/" in each.target]
    assert sent == [
        {"output": '["a 0", "a 1"]', "decided_by": "application"},
        {"error": "LookupError: none", "decided_by": "application"},
        {"error": "this application has no unknown", "decided_by": "application"},
    ]


@pytest.mark.parametrize(
    ("function", "told"),
    [
        pytest.param(lambda term: term, "no type hint", id="no hint"),
        pytest.param(lambda *terms: terms, "by name", id="any number"),
    ],
)
def test_a_function_that_no_schema_fits_is_refused_before_anything_is_sent(
    api: FakeApi, either: Any, function: Any, told: str
) -> None:
    with pytest.raises(InvalidArgument, match=told):
        either.run_with_tools("demo", "x", {"look_up": function})
    assert api.received == []


def test_a_message_is_taken_back_or_was_read(api: FakeApi, either: Any) -> None:
    api.on("DELETE", "/runs/run-1/messages/m-1", Answer(204), refused(409, "message_already_read"))
    either.withdraw_message("run-1", "m-1")
    with pytest.raises(Conflict):
        either.withdraw_message("run-1", "m-1")
    with pytest.raises(InvalidArgument):
        either.send_message("run-1", "shorter", "shouted")


def test_lists_come_in_pages_for_lists_of_ones_own(api: FakeApi, either: Any) -> None:
    api.on("GET", "/runs?status=failed&status=cancelled&limit=1", told([bodies.run()], X_Next_Cursor="c/1"))
    api.on("GET", "/runs?status=failed&status=cancelled&limit=1&cursor=c%2F1", told([bodies.run(id="run-2")]))
    first = either.page_runs(status=["failed", "cancelled"], limit=1)
    last = either.page_runs(status=["failed", "cancelled"], limit=1, cursor=first.next_cursor)
    assert [(page.items[0].id, page.next_cursor) for page in (first, last)] == [("run-1", "c/1"), ("run-2", None)]
    api.on("GET", "/projects?limit=5", told([]))
    assert either.page_projects(limit=5).items == []
    api.on("GET", "/runs/run-1/workspace/files?limit=2&cursor=x", told(bodies.listing("a.md", next_cursor="y")))
    assert either.page_files("run-1", limit=2, cursor="x").next_cursor == "y"


def test_deliveries_are_listed_and_begun_again(api: FakeApi, either: Any) -> None:
    api.on("GET", "/webhooks/deliveries?status=dead", told([DELIVERY], X_Next_Cursor="2"))
    api.on("GET", "/webhooks/deliveries?status=dead&cursor=2", told([DELIVERY]))
    api.on("GET", "/webhooks/deliveries?limit=1", told([DELIVERY]))
    api.on("GET", "/webhooks/deliveries/msg_run-1", told(DELIVERY))
    api.on("POST", "/webhooks/deliveries/msg_run-1/redeliver", told({**DELIVERY, "status": "pending"}, 202))
    assert len(either.list_webhook_deliveries("dead")) == 2
    assert either.page_webhook_deliveries(limit=1).items[0].attempts == 7
    assert either.get_webhook_delivery("msg_run-1").run_id == "run-1"
    assert either.redeliver_webhook("msg_run-1").status == "pending"


def test_the_secret_is_read_and_replaced(api: FakeApi, either: Any) -> None:
    secret = {"secret": SECRET, "created_at": "2026-01-01T00:00:00Z"}
    api.on("GET", "/webhooks/secret", told(secret))
    api.on("POST", "/webhooks/secret/rotate", told(secret, 201))
    assert either.get_webhook_secret().secret == SECRET
    either.rotate_webhook_secret(3_600)
    assert api.received[-1].json() == {"overlap_seconds": 3_600}


def headers(secret: str = SECRET, at: float = NOW, body: str = MESSAGE) -> dict[str, str]:
    """As the library of Standard Webhooks signs."""
    signature = Webhook(secret).sign("msg_run-1", datetime.fromtimestamp(at, UTC), body)
    return {"Webhook-Id": "msg_run-1", "webhook-timestamp": str(int(at)), "WEBHOOK-SIGNATURE": signature}


def test_a_message_of_the_service_is_read() -> None:
    for body in (MESSAGE, MESSAGE.encode()):
        message = verify(SECRET, headers(), body, now=NOW + 299)
        assert (message.type, message.data.run_id) == ("run.succeeded", "run-1")
    assert verify([OLDER, SECRET], headers(), MESSAGE, now=NOW).data.status == "succeeded"
    both = headers() | {"webhook-signature": f"v1,AAAA {headers()['WEBHOOK-SIGNATURE']}"}
    del both["WEBHOOK-SIGNATURE"]
    assert verify(SECRET, both, MESSAGE, now=NOW).data.run_id == "run-1"


@pytest.mark.parametrize(
    ("sent", "body", "now"),
    [
        pytest.param(headers(), MESSAGE + " ", NOW, id="changed"),
        pytest.param(headers(OLDER), MESSAGE, NOW, id="another-secret"),
        pytest.param(headers(), MESSAGE, NOW + 301, id="old"),
        pytest.param(headers(), MESSAGE, NOW - 301, id="from-the-future"),
        pytest.param({}, MESSAGE, NOW, id="no-headers"),
        pytest.param(headers() | {"webhook-timestamp": "soon"}, MESSAGE, NOW, id="no-time"),
        pytest.param(headers() | {"WEBHOOK-SIGNATURE": "v1,\u0645 v2,x"}, MESSAGE, NOW, id="no-signature"),
        pytest.param(headers() | {"WEBHOOK-SIGNATURE": ""}, MESSAGE, NOW, id="empty-signature"),
        pytest.param(headers(body="{}"), "{}", NOW, id="signed-but-none-of-ours"),
    ],
)
def test_any_other_message_is_refused(sent: dict[str, str], body: str, now: float) -> None:
    with pytest.raises(InvalidSignature):
        verify(SECRET, sent, body, now=now)


@pytest.mark.parametrize("secret", ["", "whsec_\u0645", "whsec_x", []], ids=str)
def test_a_secret_that_is_none_lets_nothing_in(secret: Any) -> None:
    with pytest.raises((InvalidArgument, InvalidSignature)):
        verify(secret, headers(), MESSAGE, now=NOW)
