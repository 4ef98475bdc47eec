"""Webhooks on the laptop cloud: the real functions, the real state machine, and processes that die."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from codex_swarm import CodexSwarmClient, verify
from codex_swarm.models import ProjectRead
from infra.local.cloud import TENANT, LocalCloud
from infra.local.lambdas import deaths
from infra.local.lambdas.deaths import Death
from swarm.lifecycle.idempotency import key_for
from tests.local.clouds import Clouds, eventually
from tests.webhooks.receivers import Receiver, answering, receiving

HELLO = "Create a file called hello.md with a greeting"

pytestmark = pytest.mark.proof


class World:
    """A laptop cloud whose webhooks may go to this machine, and a folder of the deaths that are due."""

    def __init__(self, cloud: LocalCloud, due: Path) -> None:
        self.due = due
        self.http = httpx.Client(base_url=cloud.url, timeout=60)
        self.http.put("/projects/hooks", json={"name": "hooks"}).raise_for_status()

    def start(self, receiver: Receiver, key: str = "") -> str:
        body = {"instructions": HELLO, "callback_url": f"http://127.0.0.1:{receiver.port}/"}
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.http.post("/projects/hooks/runs", json=body, headers=headers)
        answer.raise_for_status()
        return str(answer.json()["id"])

    def status(self, run_id: str) -> str:
        answer = self.http.get(f"/webhooks/deliveries/msg_{run_id}")
        return str(answer.json()["status"]) if answer.status_code == 200 else ""


@pytest.fixture(scope="module")
def world(clouds: Clouds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    due = tmp_path_factory.mktemp("deaths")
    watched = {name: {deaths.VARIABLE: str(due)} for name in ("AgentFunction", "WebhookFunction")}
    cloud = clouds.get("webhooks", parameters={"WebhookLoopback": "1"}, function_environment=watched)
    found = World(cloud, due)
    yield found
    found.http.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_a_run_that_ends_reaches_its_receiver(world: World, receiver: Receiver) -> None:
    run_id = world.start(receiver)
    eventually(lambda: world.status(run_id) == "delivered", 30)
    (message,) = receiver.messages
    secret = world.http.get("/webhooks/secret").json()["secret"]
    assert Webhook(secret).verify(message.body, dict(message.headers))["data"]["run_id"] == run_id


def test_a_refusal_is_followed_by_another_attempt(world: World, receiver: Receiver) -> None:
    receiver.answers = [answering(503), answering(204)]
    run_id = world.start(receiver)
    eventually(lambda: world.status(run_id) == "delivered", 40)
    assert [message.headers["webhook-id"] for message in receiver.messages] == [f"msg_{run_id}"] * 2


DEATHS = {
    "the end is written": Death(("'ended'",), "PutItem", "after"),
    "the message is noted": Death(("'WEBHOOK'",), "PutItem", "after"),
    "the run is released": Death(("DELETE active",), "UpdateItem", "after"),
    "the end is shown": Death(("'META'",), "PutItem", "after"),
    "the message is sent": Death(("#WEBHOOK#delivered",), "PutItem"),
}


@pytest.mark.parametrize("place", DEATHS)
def test_a_death_between_the_end_and_its_delivery_changes_nothing_for_the_receiver(
    world: World, receiver: Receiver, place: str
) -> None:
    """One id, whatever happens; where the process died after it had sent, the receiver gets that id twice."""
    run_id = armed(world, receiver, place)
    eventually(lambda: world.status(run_id) == "delivered", 40)
    assert not list(world.due.iterdir()), "nobody died"
    assert {message.headers["webhook-id"] for message in receiver.messages} == {f"msg_{run_id}"}
    assert len(receiver.messages) == (2 if place == "the message is sent" else 1)
    assert len({message.body for message in receiver.messages}) == 1


def armed(world: World, receiver: Receiver, place: str) -> str:
    """A run with a death waiting for it; the key gives it an id that is known before it begins."""
    project = ProjectRead.model_validate(world.http.get("/projects/hooks").json())
    run_id = key_for(TENANT, project, place).run_id
    replace(DEATHS[place], naming=(run_id, *DEATHS[place].naming)).arm(world.due)
    assert world.start(receiver, place) == run_id
    return run_id


def test_a_receiver_that_sleeps_delays_no_run(world: World, receiver: Receiver) -> None:
    awake = threading.Event()

    def sleep(_: BaseHTTPRequestHandler) -> None:
        awake.wait(60)

    receiver.answers = [sleep]
    run_id = world.start(receiver)
    eventually(lambda: world.http.get(f"/runs/{run_id}").json()["status"] == "succeeded", 30)
    other = world.http.post("/projects/hooks/runs", json={"instructions": HELLO}).json()["id"]
    eventually(lambda: world.http.get(f"/runs/{other}").json()["status"] == "succeeded", 30)
    assert world.status(run_id) == "pending"
    awake.set()


def test_a_ping_says_at_once_whether_the_receiver_takes_messages(world: World, receiver: Receiver) -> None:
    with CodexSwarmClient(str(world.http.base_url)) as client:
        sent = client.ping_webhook("hooks", callback_url=f"http://127.0.0.1:{receiver.port}/")
        assert (sent.type, sent.status, sent.last_status) == ("ping", "delivered", 204)
        (message,) = receiver.messages
        secret = client.get_webhook_secret().secret
        assert verify(secret, dict(message.headers), message.body).type == "ping"
        receiver.answers = [answering(503)]
        refused = client.ping_webhook("hooks", callback_url=f"http://127.0.0.1:{receiver.port}/")
    assert (refused.status, refused.last_error) == ("dead", "answered 503")
