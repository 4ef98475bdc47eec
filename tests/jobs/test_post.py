"""Our form for one upload is the one that botocore signs, field by field."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials

from swarm.aws.presigning import Credentials, Presigner

REGION = "eu-west-1"
ENDPOINT = f"https://s3.{REGION}.amazonaws.com"
LIFETIME = timedelta(hours=1)
KEY = "t/a%2Fb/p/\u00fc/runs/r/calls/00007-w/000.result.tar"


def theirs(token: str | None) -> tuple[str, dict[str, str]]:
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKID",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    form = client.generate_presigned_post(
        "bucket", KEY, Conditions=[["content-length-range", 1, 1_000]], ExpiresIn=int(LIFETIME.total_seconds())
    )
    return form["url"], form["fields"]


def ours(token: str | None, signed_at: str) -> tuple[str, dict[str, str]]:
    now = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return Presigner(Credentials("AKID", "secret", token), REGION, ENDPOINT, "bucket", now, LIFETIME).post(KEY, 1_000)


def policy(fields: dict[str, str]) -> Any:
    return json.loads(base64.b64decode(fields["policy"]))


def signature(fields: dict[str, str], token: str | None) -> str:
    """What botocore signs this policy with."""
    auth = S3SigV4PostAuth(BotocoreCredentials("AKID", "secret", token), "s3", REGION)
    request = AWSRequest("POST", ENDPOINT)
    request.context["timestamp"] = fields["x-amz-date"]
    return str(auth.signature(fields["policy"], request))


@pytest.mark.parametrize("token", [None, "a/token+with=signs"], ids=["own keys", "temporary keys"])
def test_a_form_is_the_one_that_botocore_makes(token: str | None) -> None:
    their_url, their_fields = theirs(token)
    our_url, our_fields = ours(token, their_fields["x-amz-date"])
    assert our_url == their_url
    assert our_fields.keys() == their_fields.keys()
    of_its_own = {"policy", "x-amz-signature"}
    assert {name: our_fields[name] for name in our_fields.keys() - of_its_own} == {
        name: their_fields[name] for name in their_fields.keys() - of_its_own
    }
    conditions = [sorted(map(json.dumps, policy(fields)["conditions"])) for fields in (our_fields, their_fields)]
    assert conditions[0] == conditions[1]
    expires = [datetime.fromisoformat(policy(fields)["expiration"]) for fields in (our_fields, their_fields)]
    # botocore looks at the clock twice, and a second may begin in between.
    assert abs(expires[0] - expires[1]) <= timedelta(seconds=1)
    assert hmac.compare_digest(signature(our_fields, token), our_fields["x-amz-signature"])
    assert hmac.compare_digest(signature(their_fields, token), their_fields["x-amz-signature"])
