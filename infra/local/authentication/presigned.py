"""Verifies a presigned URL (SigV4 in the query string).

Source: "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import hmac
import re
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from infra.local.authentication.refusal import Refused, signature_mismatch, unknown_access_key
from infra.local.authentication.sigv4 import ALGORITHM, CLOCK_SKEW, TIMESTAMP, Scope, signature
from infra.local.identity import CredentialIssuer, Credentials
from infra.local.wsgi import Environ

LONGEST = timedelta(days=7)
PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/s3/aws4_request")


def verify(environ: Environ, issuer: CredentialIssuer, now: datetime) -> Credentials:
    """The signer's credentials. Raises Refused unless the request is as they signed it, and still in time."""
    pairs = urllib.parse.parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    query = dict(pairs)
    if len(query) != len(pairs):
        raise _malformed("a query parameter is repeated")
    missing = [name for name in PARAMETERS if not query.get(name)]
    if missing:
        raise _malformed(f"missing {', '.join(missing)}")
    scope = SCOPE.fullmatch(query["X-Amz-Credential"])
    if scope is None or query["X-Amz-Algorithm"] != ALGORITHM:
        raise _malformed("the credential or the algorithm is not for S3 and SigV4")
    access_key, date, region = scope.groups()
    _verify_time(query, date, now)
    credentials = issuer.find(access_key)
    if credentials is None or query.get("X-Amz-Security-Token") != credentials.session_token:
        raise unknown_access_key()
    expected = signature(
        environ,
        [pair for pair in pairs if pair[0] != "X-Amz-Signature"],
        query["X-Amz-SignedHeaders"],
        environ.get("HTTP_X_AMZ_CONTENT_SHA256", "UNSIGNED-PAYLOAD"),
        query["X-Amz-Date"],
        Scope(date, region, "s3"),
        credentials.secret_key,
    )
    if not hmac.compare_digest(expected, query["X-Amz-Signature"]):
        raise signature_mismatch()
    return credentials


def _verify_time(query: Mapping[str, str], date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(query["X-Amz-Date"], TIMESTAMP).replace(tzinfo=UTC)
        lasts = timedelta(seconds=int(query["X-Amz-Expires"]))
    except (ValueError, OverflowError):
        raise _malformed("X-Amz-Date or X-Amz-Expires cannot be read") from None
    if not timedelta(0) < lasts <= LONGEST or not query["X-Amz-Date"].startswith(date):
        raise _malformed("X-Amz-Expires must be 1 to 604800 seconds, and X-Amz-Date the credential's day")
    if signed_at > now + CLOCK_SKEW:
        raise Refused("AccessDenied", "Request is not valid yet")
    if now > signed_at + lasts:
        raise Refused("AccessDenied", "Request has expired")


def _malformed(reason: str) -> Refused:
    return Refused("AuthorizationQueryParametersError", f"Query-string authentication: {reason}.")
