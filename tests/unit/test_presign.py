"""Our presigned URLs are, byte for byte, what botocore's own signer gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import boto3
import botocore.session
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st
from samtranslator.yaml_helper import yaml_parse

from swarm.aws import clients
from swarm.aws.presigning import Credentials, Presigner
from tests.support.paths import ROOT

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ENDPOINT = "https://s3.eu-west-1.amazonaws.com"


def presigner(token: str | None = None, now: datetime = NOW) -> Presigner:
    return Presigner(Credentials("AKID", "secret", token), "eu-west-1", ENDPOINT, "bucket", now, timedelta(minutes=15))


def signed_by_botocore(
    method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str], token: str | None = None
) -> tuple[str, datetime]:
    """The URL that botocore signs, and the moment that it signed it at."""
    path = quote(f"/bucket/{key}", safe="/~")
    request = AWSRequest(method, f"{ENDPOINT}{path}", params=dict(query), headers=dict(headers))
    S3SigV4QueryAuth(BotocoreCredentials("AKID", "secret", token), "s3", "eu-west-1", expires=900).add_auth(request)
    date = dict(parse_qsl(urlsplit(str(request.url)).query))["X-Amz-Date"]
    return str(request.url), datetime.strptime(date, "%Y%m%dT%H%M%S%z")


def given_signature(url: str) -> str:
    return dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"]


@pytest.mark.parametrize("token", [None, "a/token+with=signs"], ids=["own keys", "temporary keys"])
@pytest.mark.parametrize(
    "response",
    [
        {},
        {
            "response-content-type": "text/markdown; charset=utf-8",
            "response-content-disposition": "inline; filename*=UTF-8''%C3%BC.md",
        },
    ],
    ids=["plain", "with response headers"],
)
def test_a_get_has_botocores_signature(token: str | None, response: Mapping[str, str]) -> None:
    key = "t/a%20b/p/\u00fc ~()/blobs/1"
    theirs, now = signed_by_botocore("GET", key, response, {}, token)
    assert given_signature(presigner(token, now).get(key, response=response)) == given_signature(theirs)


def test_a_put_is_bound_to_its_headers() -> None:
    headers = {"content-length": "12", "content-type": "text/plain"}
    theirs, now = signed_by_botocore("PUT", "key", {}, headers)
    ours = presigner(now=now)
    assert given_signature(ours.put("key", headers=headers)) == given_signature(theirs)
    other = {**headers, "content-length": "13"}
    assert given_signature(ours.put("key", headers=other)) != given_signature(theirs)


@given(st.text(min_size=1, max_size=40).filter(lambda key: key.isprintable() and ".." not in key and "//" not in key))
def test_any_key_is_signed_as_botocore_does(key: str) -> None:
    theirs, now = signed_by_botocore("GET", f"t/{key}", {}, {})
    assert given_signature(presigner(now=now).get(f"t/{key}")) == given_signature(theirs)


def regions() -> Iterator[tuple[str, str]]:
    """Every region that botocore knows S3 in, with the suffix of its partition's names."""
    session = botocore.session.get_session()
    partitions = session.get_data("partitions")["partitions"]
    suffixes = {each["id"]: each["outputs"]["dnsSuffix"] for each in partitions}
    for partition in session.get_available_partitions():
        for region in session.get_available_regions("s3", partition):
            yield region, suffixes[partition]


def test_in_every_region_a_url_has_a_name_that_the_sandboxs_network_resolves() -> None:
    network = yaml_parse((ROOT / "infra" / "sandbox-network.yaml").read_text())
    names = [each["Fn::Sub"] for each in network["Resources"]["BucketNames"]["Properties"]["Domains"]]
    seen, session = set(), boto3.Session("AKID", "secret")
    for region, suffix in regions():
        s3 = session.client("s3", region_name=region, config=clients.S3_STYLE)
        endpoint, signed_for = str(s3.meta.endpoint_url), str(s3.meta.region_name)
        ours = Presigner(Credentials("AKID", "secret"), signed_for, endpoint, "bucket", NOW, timedelta(minutes=15))
        known = {name.replace("${AWS::Region}", region).replace("${AWS::URLSuffix}", suffix) for name in names}
        for url in (ours.get("key"), ours.post("key", 1)[0]):
            assert urlsplit(url).scheme == "https"
            assert urlsplit(url).netloc in known, region
        seen.add(region)
    assert {"us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1"} <= seen


def test_the_service_signs_for_its_own_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 would name S3 as s3.amazonaws.com in this one."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients.s3.cache_clear()
    try:
        assert clients.s3().meta.endpoint_url == "https://s3.us-east-1.amazonaws.com"
    finally:
        clients.s3.cache_clear()


def test_urls_say_when_they_expire() -> None:
    assert presigner().expires_at == NOW + timedelta(minutes=15)
    assert "X-Amz-Expires=900" in presigner().get("key")
