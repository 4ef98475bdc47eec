"""Where the API is open by CloudFront alone, the authorizer lets nobody in who comes past it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from authorizer.app import _edge, _table
from authorizer.app import handler as authorizer
from authorizer.edge import HEADER, READ_AGAIN_SECONDS, Edge
from swarm.aws import clients
from swarm.settings import settings
from tests.functions.test_tokens import issued
from tests.support.lambda_context import lambda_context
from tests.support.paths import ROOT
from tests.support.stack import Stack

ADMIN = {"tenant_id": "tenant-a", "may": "read run manage import admin"}


@pytest.fixture(autouse=True)
def fresh_authorizer() -> None:
    for each in (_table, _edge):
        each.cache_clear()


@pytest.fixture
def secret(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> str:
    """Made, named to the authorizer, and first worth `one`."""
    arn = clients.secrets().create_secret(Name="edge", SecretString="one")["ARN"]
    monkeypatch.setenv("EDGE_SECRET", arn)
    settings.cache_clear()
    return arn


@pytest.fixture
def key(stack: Stack) -> str:
    return str(stack.request("POST", "/keys", {"name": "ci"}, authorizer=ADMIN).json["key"])


def lets_in(key: str, **headers: str) -> bool:
    sent = {"authorization": f"Bearer {key}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return bool(authorizer({"routeKey": "ANY /{proxy+}", "headers": sent}, lambda_context())["isAuthorized"])


@pytest.mark.parametrize("shown", ["", "two", "on", "onee", "ünö", "one one"])
def test_a_good_key_opens_nothing_past_cloudfront(secret: str, key: str, shown: str) -> None:
    assert lets_in(key, x_origin_verify="one")
    assert not lets_in(key, x_origin_verify=shown)
    assert not lets_in(key)


def test_what_cloudfront_shows_is_no_key(secret: str) -> None:
    assert not lets_in("nobody's", x_origin_verify="one")


def test_a_token_opens_nothing_past_cloudfront_either(stack: Stack, secret: str) -> None:
    stack.project()
    token = issued(stack, stack.finish("touch a.md"))
    event: dict[str, Any] = {"routeKey": "GET /shared/{proxy+}", "queryStringParameters": {"token": token}}
    for headers, opened in (({}, False), ({HEADER: "two"}, False), ({HEADER: "one"}, True)):
        assert authorizer({**event, "headers": headers}, lambda_context())["isAuthorized"] is opened


def test_without_an_edge_the_header_is_nothing(stack: Stack, key: str) -> None:
    assert lets_in(key)
    assert lets_in(key, x_origin_verify="anything")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_change_lets_cloudfront_in_before_and_after_it_knows_and_one_more_forgets_the_first(secret: str) -> None:
    clock = Clock()
    running = Edge(clients.secrets(), secret, clock)
    assert running.sent("one")
    clients.secrets().put_secret_value(SecretId=secret, SecretString="two")
    # CloudFront has the new one at once, or minutes later, and processes began before or after.
    clock.now += READ_AGAIN_SECONDS
    for process in (running, Edge(clients.secrets(), secret, clock)):
        assert [process.sent(value) for value in ("one", "two", "three")] == [True, True, False]
    clients.secrets().put_secret_value(SecretId=secret, SecretString="three")
    clock.now += READ_AGAIN_SECONDS
    for process in (running, Edge(clients.secrets(), secret, clock)):
        assert [process.sent(value) for value in ("three", "two", "one")] == [True, True, False]


def test_guesses_read_the_secret_once_a_minute_and_requests_without_the_header_never(secret: str) -> None:
    clock = Clock()
    edge = Edge(clients.secrets(), secret, clock)
    read: list[str] = []
    clients.secrets().meta.events.register("before-call.secretsmanager.GetSecretValue", lambda **_: read.append(""))
    assert not edge.sent("")
    assert read == []
    for number in range(50):
        assert not edge.sent(f"guess-{number}")
    # The one that is good, and the one before it, which is not there yet.
    assert len(read) == 2
    clock.now += READ_AGAIN_SECONDS
    assert not edge.sent("guess")
    assert len(read) == 4


def test_cloudfront_shows_the_header_that_the_authorizer_reads() -> None:
    edge = yaml_parse((ROOT / "infra/edge.yaml").read_text())["Resources"]["Distribution"]["Properties"]
    [origin] = edge["DistributionConfig"]["Origins"]
    [header] = origin["OriginCustomHeaders"]
    assert header["HeaderName"] == HEADER
    assert [value["Fn::Sub"].partition("}")[0] for value in header["HeaderValue"]["Fn::If"][1:]] == [
        "{{resolve:secretsmanager:${SecretArn"
    ] * 2
