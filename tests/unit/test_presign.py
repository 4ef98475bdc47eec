"""Our presigned URLs are, byte for byte, what botocore's own signer gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from swarm.presign import Credentials, Presigner

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ENDPOINT = "https://s3.eu-west-1.amazonaws.com"


def presigner(token: str | None = None) -> Presigner:
    return Presigner(Credentials("AKID", "secret", token), "eu-west-1", ENDPOINT, "bucket", NOW, timedelta(minutes=15))


def botocore_signature(method: str, url: str, headers: Mapping[str, str], token: str | None) -> str:
    """The signature that botocore would put on this URL."""
    split = urlsplit(url)
    query = {name: value for name, value in parse_qsl(split.query, keep_blank_values=True) if name != "X-Amz-Signature"}
    auth = S3SigV4QueryAuth(BotocoreCredentials("AKID", "secret", token), "s3", "eu-west-1", expires=900)
    bare = {name: value for name, value in query.items() if not name.startswith("X-Amz-")}
    request = AWSRequest(method, f"{split.scheme}://{split.netloc}{split.path}", params=bare, headers=dict(headers))
    request.context["timestamp"] = query["X-Amz-Date"]
    auth._modify_request_before_signing(request)
    canonical = auth.canonical_request(request)
    return auth.signature(auth.string_to_sign(request, canonical), request)


def given_signature(url: str) -> str:
    return dict(parse_qsl(urlsplit(url).query))["X-Amz-Signature"]


@pytest.mark.parametrize("token", [None, "a/token+with=signs"], ids=["own keys", "temporary keys"])
@pytest.mark.parametrize(
    "response",
    [{}, {"response-content-type": "text/markdown; charset=utf-8", "response-content-disposition": "inline; filename*=UTF-8''%C3%BC.md"}],
    ids=["plain", "with response headers"],
)
def test_a_get_has_botocores_signature(token: str | None, response: Mapping[str, str]) -> None:
    url = presigner(token).get("t/a%20b/p/\u00fc ~()/blobs/1", response=response)
    assert given_signature(url) == botocore_signature("GET", url, {}, token)


def test_a_put_is_bound_to_its_headers() -> None:
    headers = {"content-length": "12", "content-type": "text/plain"}
    url = presigner().put("key", headers=headers)
    assert given_signature(url) == botocore_signature("PUT", url, headers, None)
    assert given_signature(url) != given_signature(presigner().put("key", headers={**headers, "content-length": "13"}))


@given(st.text(min_size=1, max_size=40).filter(lambda key: key.isprintable()))
def test_any_key_is_signed_as_botocore_does(key: str) -> None:
    url = presigner().get(f"t/{key}")
    assert given_signature(url) == botocore_signature("GET", url, {}, None)


def test_urls_say_when_they_expire() -> None:
    assert presigner().expires_at == NOW + timedelta(minutes=15)
    assert "X-Amz-Expires=900" in presigner().get("key")
