"""From the end of a run to the receiver that knows of it."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from codex_swarm import verify
from reconcile.app import handler as reconcile
from swarm.aws import clients
from swarm.lifecycle.ending import apply_end_effects
from swarm.lifecycle.reconciliation import GRACE
from swarm.records.backend import backend
from swarm.records.deliveries import BACKOFF_SECONDS, Delivery, DeliveryStatus
from swarm.records.runs import encode
from swarm.webhooks.delivering import LONGEST_PAUSE, SPREAD
from tests.support.driving import walk
from tests.support.lambda_context import lambda_context
from tests.support.moments import Died, Moment, When, at_call, die, each_moment
from tests.support.paths import ROOT
from tests.support.stack import MACHINE, Stack
from tests.support.stack import stack as deployed
from tests.webhooks.receivers import Message, Receiver, answering
from webhook.app import handler as webhook

HELLO = "Create a file called hello.md with a greeting"
SCHEDULED = {"detail-type": "Scheduled Event", "detail": {}}


def url(receiver: Receiver) -> str:
    return f"https://localhost:{receiver.port}/hook"


def attempt(run_id: str) -> Any:
    """What the state machine's task answers, once the time of the attempt has come."""
    outbox = backend().outbox
    message = outbox.find("tenant-a", run_id)
    if message is not None and message.next_attempt_at is not None:
        outbox.store(replace(message, next_attempt_at=datetime.now(UTC)))
    return attempt_now(run_id)


def attempt_now(run_id: str) -> Any:
    """What the state machine's task answers."""
    return webhook({"tenant_id": "tenant-a", "run_id": run_id}, lambda_context())


def delivery(stack: Stack, run_id: str) -> Delivery:
    return stack.backend.outbox.get("tenant-a", f"msg_{run_id}")


def secret(stack: Stack, tenant: str = "tenant-a") -> str:
    return str(stack.request("GET", "/webhooks/secret", tenant=tenant).json["secret"])


def verified(message: Message, signing_secret: str) -> Any:
    """What Standard Webhooks' own library makes of the message. Raises WebhookVerificationError."""
    return Webhook(signing_secret).verify(message.body, dict(message.headers))


def test_the_receiver_is_told_how_the_run_ended(stack: Stack, receiver: Receiver) -> None:
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    assert attempt(run_id)["outcome"] == "done"
    (message,) = receiver.messages
    run = stack.run(run_id)
    told = verified(message, secret(stack))
    assert told == {
        "type": "run.succeeded",
        "timestamp": told["timestamp"],
        "data": {
            "run_id": run_id,
            "project_id": "p1",
            "status": "succeeded",
            "name": run["name"],
            "metadata": {},
            "machine_summary": run["machine_summary"],
            "closing_words": "Done: create hello.md.",
            "errors": [],
        },
    }
    assert told["timestamp"].endswith("Z")
    assert message.headers["webhook-id"] == f"msg_{run_id}"
    assert message.headers["content-type"] == "application/json"
    assert delivery(stack, run_id).status is DeliveryStatus.DELIVERED


def test_the_receiver_is_told_what_went_wrong_and_whose_run_it_was(stack: Stack, receiver: Receiver) -> None:
    run_id = stack.finish(
        "fail with no such luck", callback_url=url(receiver), metadata={"customer": "acme"}, name="Letter"
    )
    attempt(run_id)
    run = stack.run(run_id)
    told = verified(receiver.messages[0], secret(stack))
    assert told["type"] == "run.failed"
    assert (told["data"]["name"], told["data"]["metadata"]) == ("Letter", {"customer": "acme"})
    assert told["data"]["errors"] == run["errors"]
    assert told["data"]["errors"][0]["suggestion"]


def test_the_receiver_is_told_how_a_batch_ended_and_not_what_is_tried_again(stack: Stack, receiver: Receiver) -> None:
    stack.project()
    body = {
        "template": {"instructions": "fail with {{why}}"},
        "items": [{"why": "no paper"}],
        "name": "Letters",
        "callback_url": url(receiver),
    }
    batch_id = stack.request("POST", "/projects/p1/batches", body).json["id"]
    (run,) = stack.request("GET", f"/runs?batch_id={batch_id}").json
    stack.drive(run["id"])
    event = {"tenant_id": "tenant-a", "run_id": batch_id, "batch_round": 0}
    assert webhook(event, lambda_context()) == {**event, "outcome": "done", "wait_seconds": 0}
    (message,) = receiver.messages
    told = verified(message, secret(stack))
    assert (told["type"], message.headers["webhook-id"]) == ("batch.failed", f"msg_{batch_id}_batch0")
    shown = {"run_id": "", "project_id": "p1", "status": "failed", "name": "Letters"}
    assert shown.items() <= told["data"].items()
    assert told["data"]["batch"] == stack.request("GET", f"/batches/{batch_id}").json
    assert verify(secret(stack), message.headers, message.body).data.batch
    # The message of a round that is over by now, because somebody has it tried again, is not sent.
    stack.request("POST", f"/batches/{batch_id}/retry")
    outbox = stack.backend.outbox
    pending = replace(outbox.get("tenant-a", f"msg_{batch_id}_batch0"), status=DeliveryStatus.PENDING)
    assert outbox.store(pending)
    assert webhook(event, lambda_context())["outcome"] == "done"
    assert len(receiver.messages) == 1
    assert stack.request("GET", f"/webhooks/deliveries/msg_{batch_id}_batch0").json["status"] == "dead"


def test_the_receiver_is_told_what_the_run_waits_for_until_it_is_decided(stack: Stack, receiver: Receiver) -> None:
    stack.project()
    asks = 'ask "Which budget?". ask "Which colour?"'
    run_id = stack.start(asks, interactive=True, callback_url=url(receiver))
    stack.drive(run_id)
    (request,) = stack.run(run_id)["requests"]
    event = {"tenant_id": "tenant-a", "run_id": run_id, "wait": 0}
    assert webhook(event, lambda_context()) == {**event, "outcome": "done", "wait_seconds": 0}
    (message,) = receiver.messages
    told = verified(message, secret(stack))
    assert (told["type"], told["data"]["status"]) == ("run.waiting", "running")
    assert told["data"]["waiting_for"] == [request]
    assert message.headers["webhook-id"] == f"msg_{run_id}_wait0"
    shown = stack.request("GET", f"/webhooks/deliveries/msg_{run_id}_wait0").json
    assert (shown["type"], shown["status"]) == ("run.waiting", "delivered")
    body = {"decision": "answer", "text": "x"}
    assert stack.request("POST", f"/runs/{run_id}/decisions/{request['request_id']}", body).status == 200
    list(walk({"tenant_id": "tenant-a", "project_id": "p1", "run_id": run_id, "round": 1}))
    asked_again = stack.run(run_id)["waiting_for"]
    assert asked_again["question"] == "Which colour?"
    assert stack.request("POST", f"/runs/{run_id}/decisions/{asked_again['request_id']}", body).status == 200
    # Decided before it could be told: nobody is bothered any more.
    assert webhook({**event, "wait": 1}, lambda_context())["outcome"] == "done"
    assert len(receiver.messages) == 1
    assert stack.request("GET", f"/webhooks/deliveries/msg_{run_id}_wait1").json["status"] == "dead"
    for unknown in ("_wait7", "_wait", "_waitx", "_wait00"):
        assert stack.request("GET", f"/webhooks/deliveries/msg_{run_id}{unknown}").status == 404, unknown


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_an_unhappy_end_is_told_too(stack: Stack, receiver: Receiver, how: str) -> None:
    stack.project()
    run_id = stack.start("fail with no luck", callback_url=url(receiver))
    if how == "cancelled":
        assert stack.request("POST", f"/runs/{run_id}/cancel").status == 200
    stack.drive(run_id)
    attempt(run_id)
    assert verified(receiver.messages[0], secret(stack))["type"] == f"run.{how}"


def test_the_projects_receiver_is_told_unless_the_run_names_one(stack: Stack, receiver: Receiver) -> None:
    body = {"id": "p1", "name": "p1", "callback_url": url(receiver) + "/project"}
    assert stack.request("PUT", "/projects/p1", body).json["callback_url"] == body["callback_url"]
    assert stack.request("GET", "/projects").json[0]["callback_url"] == body["callback_url"]
    silent = stack.start(HELLO)
    own = stack.start(HELLO, callback_url=url(receiver) + "/run")
    assert stack.run(own)["callback_url"].endswith("/run")
    for run_id in (silent, own):
        stack.drive(run_id)
        attempt(run_id)
    assert [message.path for message in receiver.messages] == ["/hook/project", "/hook/run"]


def test_without_a_receiver_nothing_is_written_and_nothing_started(stack: Stack) -> None:
    run_id = stack.finish(HELLO)
    assert stack.backend.outbox.find("tenant-a", run_id) is None
    assert attempt(run_id)["outcome"] == "done"


def test_every_attempt_has_the_same_id_and_a_signature_of_its_own(stack: Stack, receiver: Receiver) -> None:
    receiver.answers = [answering(500), answering(302, Location="https://example.com"), answering(204)]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    answers = [attempt(run_id) for _ in range(4)]
    assert [answer["outcome"] for answer in answers] == ["retry", "retry", "done", "done"]
    assert len(receiver.messages) == 3
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 1
    assert len({message.body for message in receiver.messages}) == 1
    for message in receiver.messages:
        verified(message, secret(stack))


def test_pauses_grow_over_hours_and_then_the_delivery_is_dead(stack: Stack, receiver: Receiver) -> None:
    receiver.answers = [answering(500)]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    pauses = []
    while (answer := attempt(run_id))["outcome"] == "retry":
        pauses.append(answer["wait_seconds"])
    for pause, planned in zip(pauses, BACKOFF_SECONDS, strict=True):
        assert planned <= pause <= planned * (1 + SPREAD)
    assert 10 * 3_600 < sum(pauses) < 48 * 3_600
    assert attempt(run_id)["outcome"] == "done"
    assert len(receiver.messages) == len(BACKOFF_SECONDS) + 1
    (dead,) = stack.request("GET", "/webhooks/deliveries?status=dead").json
    assert (dead["run_id"], dead["attempts"], dead["last_status"]) == (run_id, len(BACKOFF_SECONDS) + 1, 500)
    assert dead["last_error"] == "answered 500"


def test_a_receiver_that_is_gone_is_not_asked_again(stack: Stack, receiver: Receiver) -> None:
    receiver.answers = [answering(410)]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    assert attempt(run_id)["outcome"] == "done"
    assert delivery(stack, run_id).status is DeliveryStatus.DEAD


def test_a_receiver_may_ask_for_a_longer_pause_within_reason(stack: Stack, receiver: Receiver) -> None:
    receiver.answers = [answering(429, Retry_After="3600"), answering(503, Retry_After="9999999")]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    assert 3_600 <= attempt(run_id)["wait_seconds"] <= 3_600 * (1 + SPREAD)
    assert attempt(run_id)["wait_seconds"] <= LONGEST_PAUSE * (1 + SPREAD)


def test_an_attempt_before_its_time_is_none(stack: Stack, receiver: Receiver) -> None:
    """As when the laptop was started again, or a try of the task had died after it was done."""
    receiver.answers = [answering(500), answering(204)]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    attempt(run_id)
    early = attempt_now(run_id)
    assert (early["outcome"], 1 <= early["wait_seconds"] <= BACKOFF_SECONDS[0] * (1 + SPREAD)) == ("retry", True)
    assert (len(receiver.messages), delivery(stack, run_id).attempts) == (1, 1)
    assert attempt(run_id)["outcome"] == "done"


def test_a_dead_delivery_can_be_begun_again_under_its_id(stack: Stack, receiver: Receiver) -> None:
    receiver.answers = [answering(410), answering(200)]
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    attempt(run_id)
    path = f"/webhooks/deliveries/msg_{run_id}"
    answer = stack.request("POST", f"{path}/redeliver")
    assert (answer.status, answer.json["status"], answer.json["attempts"]) == (202, "pending", 0)
    assert stack.request("POST", f"{path}/redeliver").json["code"] == "not_redeliverable"
    attempt(run_id)
    assert stack.request("GET", path).json["status"] == "delivered"
    assert len({message.headers["webhook-id"] for message in receiver.messages}) == 1


def test_while_secrets_change_either_verifies(stack: Stack, receiver: Receiver) -> None:
    old = secret(stack)
    answer = stack.request("POST", "/webhooks/secret/rotate", {"overlap_seconds": 3600})
    new = answer.json["secret"]
    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    assert new != old
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32
    attempt(stack.finish(HELLO, callback_url=url(receiver)))
    for either in (old, new):
        verified(receiver.messages[0], either)
    stack.request("POST", "/webhooks/secret/rotate", {"overlap_seconds": 0})
    attempt(stack.finish(HELLO, callback_url=url(receiver)))
    verified(receiver.messages[1], secret(stack))
    for outdated in (old, new):
        with pytest.raises(WebhookVerificationError):
            verified(receiver.messages[1], outdated)


def test_each_tenant_signs_with_its_own_secret_and_sees_its_own_deliveries(stack: Stack, receiver: Receiver) -> None:
    assert secret(stack) == secret(stack)
    assert secret(stack, "tenant-b") != secret(stack)
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    path = f"/webhooks/deliveries/msg_{run_id}"
    assert stack.request("GET", "/webhooks/deliveries", tenant="tenant-b").json == []
    theirs = stack.request("GET", path, tenant="tenant-b")
    never_was = stack.request("GET", path[:-1] + "x", tenant="tenant-b")
    assert theirs.status == never_was.status == 404
    assert stack.request("POST", f"{path}/redeliver", tenant="tenant-b").status == 404
    assert [one["id"] for one in stack.request("GET", "/webhooks/deliveries").json] == [f"msg_{run_id}"]


def test_deliveries_are_listed_newest_first_and_in_pages(stack: Stack, receiver: Receiver) -> None:
    ids = [stack.finish("touch a", callback_url=url(receiver)) for _ in range(3)]
    attempt(ids[0])
    answer = stack.request("GET", "/webhooks/deliveries?limit=2")
    assert [one["run_id"] for one in answer.json] == [ids[2], ids[1]]
    rest = stack.request("GET", f"/webhooks/deliveries?limit=2&cursor={answer.headers['x-next-cursor']}")
    assert [one["run_id"] for one in rest.json] == [ids[0]]
    pending = stack.request("GET", "/webhooks/deliveries?status=pending").json
    assert [one["run_id"] for one in pending] == [ids[2], ids[1]]
    assert stack.request("GET", "/webhooks/deliveries?status=lost").status == 422


@pytest.mark.parametrize("place", ["run", "project"])
@pytest.mark.parametrize(
    "wrong, refusal",
    [
        ("ftp://example.com", (400, "invalid_callback_url")),
        ("https://10.0.0.1/", (400, "invalid_callback_url")),
        ("https://u:p@example.com/", (400, "invalid_callback_url")),
        (f"https://example.com/{'x' * 3_000}", (422, "invalid_request")),
    ],
    ids=["scheme", "private", "password", "long"],
)
def test_a_receiver_that_may_not_be_told_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, place: str, wrong: str, refusal: tuple[int, str]
) -> None:
    with deployed(monkeypatch) as stack:
        stack.project()
        if place == "run":
            answer = stack.request("POST", "/projects/p1/runs", {"instructions": HELLO, "callback_url": wrong})
        else:
            answer = stack.request("PUT", "/projects/p1", {"callback_url": wrong})
        assert (answer.status, answer.json["code"]) == refusal


def test_the_setting_for_laptops_does_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    with deployed(monkeypatch, STAGE="prod", WEBHOOK_LOOPBACK="1") as stack:
        stack.project()
        body = {"instructions": HELLO, "callback_url": f"http://localhost:{receiver.port}/"}
        assert stack.request("POST", "/projects/p1/runs", body).json["code"] == "invalid_callback_url"


class Machine:
    """The webhook machine of a deployment, whose executions a test drives itself."""

    def __init__(self, stack: Stack, arn: str) -> None:
        self.stack, self.arn = stack, arn

    def executions(self) -> list[str]:
        found = clients.states().list_executions(stateMachineArn=self.arn)["executions"]
        return sorted(execution["name"] for execution in found)

    def stop(self, name: str) -> None:
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"
        deadline = time.monotonic() + 30
        while clients.states().describe_execution(executionArn=arn)["status"] == "RUNNING":
            assert time.monotonic() < deadline
            # moto forgets a stop that comes before its interpreter has begun.
            clients.states().stop_execution(executionArn=arn)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:webhooks"
    with deployed(monkeypatch, STAGE="local", WEBHOOK_LOOPBACK="1", WEBHOOK_MACHINE_ARN=arn) as stack:
        role = "arn:aws:iam::123456789012:role/webhooks"
        clients.states().create_state_machine(name="webhooks", definition=json.dumps(MACHINE), roleArn=role)
        yield Machine(stack, arn)


def test_an_end_starts_one_execution_however_often_it_is_applied(machine: Machine, receiver: Receiver) -> None:
    run_id = machine.stack.finish(HELLO, callback_url=url(receiver))
    apply_end_effects(machine.stack.backend, machine.stack.backend.runs.get("tenant-a", run_id))
    assert machine.executions() == [f"msg_{run_id}-1"]
    attempt(run_id)
    apply_end_effects(machine.stack.backend, machine.stack.backend.runs.get("tenant-a", run_id))
    assert delivery(machine.stack, run_id).status is DeliveryStatus.DELIVERED
    assert len(receiver.messages) == 1


@pytest.mark.proof
def test_what_a_crash_kept_from_starting_is_started_by_reconciliation(machine: Machine, receiver: Receiver) -> None:
    """The process dies between the outbox and the start: the message is there, and nobody works on it."""
    stack = machine.stack
    stack.project()
    run_id = stack.start(HELLO)
    stack.drive(run_id)
    ended = replace(stack.backend.runs.get("tenant-a", run_id), callback_url=url(receiver))
    stack.backend.outbox.announce(ended)
    assert reconcile(SCHEDULED, lambda_context())["announced"] == 0
    later = {**SCHEDULED, "time": (datetime.now(UTC) + GRACE + timedelta(seconds=5)).isoformat()}
    assert reconcile(later, lambda_context())["announced"] == 1
    assert machine.executions() == [f"msg_{run_id}-1"]
    attempt(run_id)
    assert reconcile(later, lambda_context())["announced"] == 0
    assert len(receiver.messages) == 1


def test_a_run_that_is_not_yet_shown_as_ended_is_told_as_it_is_in_its_log(stack: Stack, receiver: Receiver) -> None:
    run_id = stack.finish(HELLO, callback_url=url(receiver))
    ended = stack.backend.runs.get("tenant-a", run_id)
    behind = replace(ended, version=ended.version - 1, status=type(ended.status)("running"), summary=None)
    clients.dynamodb().put_item(TableName="table", Item=encode(behind))
    attempt(run_id)
    assert verified(receiver.messages[0], secret(stack))["data"]["status"] == "succeeded"


def test_an_execution_that_was_stopped_is_followed_by_another(machine: Machine, receiver: Receiver) -> None:
    run_id = machine.stack.finish(HELLO, callback_url=url(receiver))
    machine.stop(f"msg_{run_id}-1")
    later = {**SCHEDULED, "time": (datetime.now(UTC) + GRACE + timedelta(seconds=5)).isoformat()}
    reconcile(later, lambda_context())
    assert machine.executions() == [f"msg_{run_id}-1", f"msg_{run_id}-2"]


def test_what_nobody_can_try_for_days_is_dead(machine: Machine, receiver: Receiver) -> None:
    run_id = machine.stack.finish(HELLO, callback_url=url(receiver))
    machine.stop(f"msg_{run_id}-1")
    later = {**SCHEDULED, "time": (datetime.now(UTC) + timedelta(days=4)).isoformat()}
    reconcile(later, lambda_context())
    assert delivery(machine.stack, run_id).status is DeliveryStatus.DEAD
    assert delivery(machine.stack, run_id).last_error == "it could not be tried"


def test_a_receiver_costs_a_run_two_calls_and_no_waiting(machine: Machine, receiver: Receiver) -> None:
    """Nobody at the end of a run talks to a receiver."""
    stack = machine.stack
    stack.project()
    made = []
    for more in ({}, {"callback_url": url(receiver)}):
        run_id = stack.start(HELLO, **more)
        with stack.recorded() as calls:
            stack.drive(run_id)
        made.append(Counter(calls))
    # On a slow machine the agent looks once more whether the run is still its own, which is a GetItem.
    assert {name: count for name, count in (made[1] - made[0]).items() if name != "dynamodb.GetItem"} == {
        "dynamodb.PutItem": 1,
        "stepfunctions.StartExecution": 1,
    }
    assert receiver.messages == []


def test_the_sample_event_is_one_that_the_function_takes(stack: Stack) -> None:
    sample = json.loads((ROOT / "events/webhook.json").read_text())
    assert webhook(sample, lambda_context()) == {**sample, "outcome": "done", "wait_seconds": 0}


def ping(stack: Stack, body: Any = None, *, tenant: str = "tenant-a") -> Any:
    answer = stack.request("POST", "/projects/p1/webhook/ping", body, tenant=tenant)
    assert answer.status == 202, answer.text
    return answer.json


def test_a_ping_is_signed_and_shaped_as_the_message_of_a_run_is(stack: Stack, receiver: Receiver) -> None:
    stack.project()
    stack.request("PATCH", "/projects/p1", {"callback_url": url(receiver)})
    sent = ping(stack)
    assert (sent["type"], sent["status"], sent["url"]) == ("ping", "pending", url(receiver))
    assert attempt_now(sent["run_id"])["outcome"] == "done"
    (message,) = receiver.messages
    told = verified(message, secret(stack))
    assert (told["type"], told["timestamp"]) == ("ping", sent["created_at"])
    assert message.headers["webhook-id"] == sent["id"] == f"msg_{told['data']['run_id']}"
    assert verify(secret(stack), dict(message.headers), message.body).data.project_id == "p1"
    assert stack.request("GET", f"/webhooks/deliveries/{sent['id']}").json["status"] == "delivered"
    assert stack.request("GET", f"/runs/{sent['run_id']}").status == 404
    assert attempt_now(sent["run_id"])["outcome"] == "done"
    assert len(receiver.messages) == 1
    key = {"PK": {"S": f"T#tenant-a#R#{sent['run_id']}"}, "SK": {"S": "WEBHOOK"}}
    item = clients.dynamodb().get_item(TableName=backend().settings.table_name, Key=key)["Item"]
    assert int(item["expires_at"]["N"]) - time.time() < timedelta(days=1).total_seconds()


def test_a_ping_is_tried_once_and_again_when_somebody_asks(stack: Stack, receiver: Receiver) -> None:
    stack.project()
    receiver.answers = [answering(500), answering(204)]
    sent = ping(stack, {"callback_url": url(receiver)})
    assert attempt_now(sent["run_id"])["outcome"] == "done"
    shown = stack.request("GET", f"/webhooks/deliveries/{sent['id']}").json
    assert (shown["status"], shown["last_status"], shown["last_error"]) == ("dead", 500, "answered 500")
    assert stack.request("POST", f"/webhooks/deliveries/{sent['id']}/redeliver").status == 202
    attempt(sent["run_id"])
    assert stack.request("GET", f"/webhooks/deliveries/{sent['id']}").json["status"] == "delivered"


def test_a_ping_goes_nowhere_without_an_address_or_for_somebody_else(stack: Stack, receiver: Receiver) -> None:
    stack.project()
    refused = stack.request("POST", "/projects/p1/webhook/ping")
    assert (refused.status, refused.json["code"]) == (400, "no_callback_url")
    refused = stack.request("POST", "/projects/p1/webhook/ping", {"callback_url": "https://10.0.0.1:0x/"})
    assert (refused.status, refused.json["code"]) == (400, "invalid_callback_url")
    body = {"callback_url": url(receiver)}
    stranger = stack.request("POST", "/projects/p1/webhook/ping", body, tenant="tenant-b")
    assert (stranger.status, stranger.json["code"]) == (404, "project_not_found")
    assert stack.request("GET", "/webhooks/deliveries").json == []
    sent = ping(stack, body)
    assert stack.request("GET", f"/webhooks/deliveries/{sent['id']}", tenant="tenant-b").status == 404


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_ping_whose_request_died_at_any_call_is_sent_once_or_never_was(
    machine: Machine, receiver: Receiver, when: When
) -> None:
    stack = machine.stack
    stack.project()
    arrived: list[str] = []

    def dies(number: int) -> Moment:
        with at_call(number, die, when) as moment, suppress(Died):
            ping(stack, {"callback_url": url(receiver)})
        stack.backend.outbox.repair(datetime.now(UTC) + GRACE, GRACE)
        for sent in stack.request("GET", "/webhooks/deliveries?status=pending").json:
            assert f"{sent['id']}-1" in machine.executions(), moment.calls
            attempt_now(sent["run_id"])
            arrived.append(sent["id"])
        assert [message.headers["webhook-id"] for message in receiver.messages] == arrived, moment.calls
        return moment

    assert each_moment(dies) >= 3
    assert arrived
