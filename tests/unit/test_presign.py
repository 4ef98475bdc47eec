"""Our presigned URLs are, byte for byte, what botocore's own signer gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from swarm.aws.presigning import Credentials, Presigner

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


def test_urls_say_when_they_expire() -> None:
    assert presigner().expires_at == NOW + timedelta(minutes=15)
    assert "X-Amz-Expires=900" in presigner().get("key")
