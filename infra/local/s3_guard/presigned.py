"""Verifies a presigned URL (SigV4 in the query string) with botocore's own signer.

Source: "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from __future__ import annotations

import hmac
import re
import urllib.parse
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from infra.local.calls import Environ
from infra.local.identity import CredentialIssuer, Credentials
from infra.local.s3_guard.refusal import Refused, signature_mismatch, unknown_access_key

LONGEST = timedelta(days=7)
CLOCK_SKEW = timedelta(minutes=15)
PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/s3/aws4_request")
TIMESTAMP = "%Y%m%dT%H%M%SZ"


def verify(environ: Environ, issuer: CredentialIssuer, now: datetime) -> None:
    """Raises Refused unless the request is what somebody with valid credentials signed, and still in time."""
    pairs = urllib.parse.parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    query = dict(pairs)
    if len(query) != len(pairs):
        raise _malformed("a query parameter is repeated")
    missing = [name for name in PARAMETERS if not query.get(name)]
    if missing:
        raise _malformed(f"missing {', '.join(missing)}")
    scope = SCOPE.fullmatch(query["X-Amz-Credential"])
    if scope is None or query["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256":
        raise _malformed("the credential or the algorithm is not for S3 and SigV4")
    access_key, date, region = scope.groups()
    _verify_time(query, date, now)
    credentials = issuer.find(access_key)
    if credentials is None or query.get("X-Amz-Security-Token") != credentials.session_token:
        raise unknown_access_key()
    expected = _signature(environ, query, credentials, region)
    if not hmac.compare_digest(expected, query["X-Amz-Signature"]):
        raise signature_mismatch()


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


def _signature(environ: Environ, query: Mapping[str, str], credentials: Credentials, region: str) -> str:
    signer = S3SigV4QueryAuth(
        BotoCredentials(credentials.access_key, credentials.secret_key, credentials.session_token), "s3", region
    )
    path = environ["RAW_URI"].split("?")[0]
    signed = urllib.parse.urlencode(
        [(name, value) for name, value in query.items() if name != "X-Amz-Signature"],
        quote_via=urllib.parse.quote,
        safe="-_.~",
    )
    request = AWSRequest(environ["REQUEST_METHOD"], f"http://{environ['HTTP_HOST']}{path}?{signed}")
    request.context["timestamp"] = query["X-Amz-Date"]
    for header in query["X-Amz-SignedHeaders"].split(";"):
        request.headers[header] = _header(environ, header)
    canonical = "\n".join(
        (
            environ["REQUEST_METHOD"],
            path,
            signer.canonical_query_string(request),
            signer.canonical_headers(request.headers) + "\n",
            query["X-Amz-SignedHeaders"],
            signer.payload(request),
        )
    )
    signature: str = signer.signature(signer.string_to_sign(request, canonical), request)
    return signature


def _header(environ: Environ, name: str) -> str:
    variable = name.upper().replace("-", "_")
    value = environ.get(variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}")
    if value is None:
        # A header that was signed and not sent.
        raise signature_mismatch()
    return str(value)


def _malformed(reason: str) -> Refused:
    return Refused("AuthorizationQueryParametersError", f"Query-string authentication: {reason}.")
