"""Who gets in: the authorizer of the template decides, and its verdicts are remembered."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from infra.local.cloud import LocalCloud
from infra.local.front.gateway import Gateway
from infra.local.front.request import Request
from infra.local.front.routes import UnsupportedApi, read
from infra.local.front.throttle import Throttle
from swarm.records.api_keys import key_hash
from tests.local.clouds import item


def get(cloud: LocalCloud, path: str, key: str | None = None) -> tuple[int, dict[str, object]]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(cloud.url + path, headers=headers), timeout=15) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_request_without_a_key_carries_the_development_key(fixture_cloud: LocalCloud) -> None:
    status, event = get(fixture_cloud, "/x")
    assert status == 200
    assert event["headers"]["authorization"] == f"Bearer {fixture_cloud.development_key}"  # type: ignore[index]


def test_own_key_is_left_as_it_is(fixture_cloud: LocalCloud) -> None:
    _, event = get(fixture_cloud, "/x", key="mine")
    assert event["requestContext"]["authorizer"]["lambda"]["key"] == "mine"  # type: ignore[index]


@pytest.mark.parametrize(
    ("key", "status", "message"),
    [
        pytest.param("wrong", 403, "Forbidden", id="refused"),
        pytest.param("broken", 500, "Internal Server Error", id="authorizer-answers-nonsense"),
    ],
)
def test_refusals_are_api_gateways(key: str, status: int, message: str, fixture_cloud: LocalCloud) -> None:
    assert get(fixture_cloud, "/x", key=key) == (status, {"message": message})


def test_route_without_authorizer_is_open_to_any_key(fixture_cloud: LocalCloud) -> None:
    status, event = get(fixture_cloud, "/open", key="wrong")
    assert status == 200
    assert "authorizer" not in event["requestContext"]  # type: ignore[operator]


def test_with_require_key_a_request_without_one_is_unauthorized(fixture_cloud: LocalCloud) -> None:
    routes = read(fixture_cloud.resources["HttpApi"].properties["Body"])
    strict = Gateway(routes, fixture_cloud.functions, development_key=None, throttle=Throttle({}))
    refused = strict.answer(Request("GET", "/x", {"host": "h"}))
    assert (refused.status, json.loads(refused.body)) == (401, {"message": "Unauthorized"})
    allowed = strict.answer(Request("GET", "/x", {"host": "h", "authorization": "Bearer mine"}))
    assert allowed.status == 200


def test_verdict_is_cached_by_key_for_as_long_as_the_template_says(fixture_cloud: LocalCloud) -> None:
    def verdict_of(event: dict[str, object]) -> dict[str, str]:
        return event["requestContext"]["authorizer"]["lambda"]  # type: ignore[index, no-any-return]

    first = verdict_of(get(fixture_cloud, "/x", key="cached")[1])
    fixture_cloud.functions["AuthorizerFunction"].kill_workers()
    assert verdict_of(get(fixture_cloud, "/things/5", key="cached")[1]) == first
    assert verdict_of(get(fixture_cloud, "/x", key="another")[1])["pid"] != first["pid"]


def test_development_key_is_in_the_table_by_its_hash_only(fixture_cloud: LocalCloud) -> None:
    found = item(fixture_cloud, f"KEY#{key_hash(fixture_cloud.development_key)}")
    assert found is not None
    assert found["tenant_id"] == {"S": "local"}
    assert fixture_cloud.development_key not in str(found)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"type": "jwt"}, id="jwt"),
        pytest.param({"authorizerPayloadFormatVersion": "1.0"}, id="payload-1"),
        pytest.param({"enableSimpleResponses": False}, id="policy-responses"),
    ],
)
def test_authorizer_that_the_front_cannot_do_stops_the_start(change: dict[str, object]) -> None:
    settings = {
        "type": "request",
        "authorizerPayloadFormatVersion": "2.0",
        "enableSimpleResponses": True,
        "authorizerUri": "arn:aws:apigateway:r:lambda:path/functions/arn:aws:lambda:r:1:function:f/invocations",
        **change,
    }
    document = {"paths": {}, "components": {"securitySchemes": {"Key": {"x-amazon-apigateway-authorizer": settings}}}}
    with pytest.raises(UnsupportedApi):
        read(document)
