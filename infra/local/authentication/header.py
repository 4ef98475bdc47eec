"""Verifies the signature in a request's `Authorization` header, and that the body is the one that was signed."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import urllib.parse
from datetime import UTC, datetime

from infra.local.authentication.refusal import Refused, signature_mismatch, unknown_access_key
from infra.local.authentication.sigv4 import ALGORITHM, CLOCK_SKEW, TIMESTAMP, Scope, signature
from infra.local.identity import CredentialIssuer, Credentials
from infra.local.wsgi import Environ

AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=([^/,\s]+)/(\d{{8}})/([^/,\s]+)/([^/,\s]+)/aws4_request,\s*"
    r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})"
)
# The body is not part of these signatures: it has checksums of its own, or TLS around it.
UNSIGNED = ("UNSIGNED-PAYLOAD", "STREAMING-")


def verify(environ: Environ, body: bytes, issuer: CredentialIssuer, now: datetime) -> Credentials:
    """The signer's credentials. Raises Refused unless they signed this request, body included, just now."""
    found = AUTHORIZATION.fullmatch(environ["HTTP_AUTHORIZATION"].strip())
    if found is None:
        raise Refused("IncompleteSignature", "The Authorization header is none of Signature Version 4.", 400)
    access_key, date, region, service, signed_headers, given = found.groups()
    credentials = issuer.find(access_key)
    if credentials is None or environ.get("HTTP_X_AMZ_SECURITY_TOKEN") != credentials.session_token:
        raise unknown_access_key(service)
    timestamp = environ.get("HTTP_X_AMZ_DATE", "")
    _verify_time(timestamp, date, service, now)
    actual = hashlib.sha256(body).hexdigest()
    payload_hash = environ.get("HTTP_X_AMZ_CONTENT_SHA256", actual)
    query = urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    scope = Scope(date, region, service)
    expected = signature(environ, query, signed_headers, payload_hash, timestamp, scope, credentials.secret_key)
    if not hmac.compare_digest(expected, given):
        raise signature_mismatch(service)
    if payload_hash != actual and not payload_hash.startswith(UNSIGNED):
        raise Refused("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header is another body's.", 400)
    return credentials


def _verify_time(timestamp: str, date: str, service: str, now: datetime) -> None:
    try:
        signed_at = _moment(timestamp)
    except ValueError:
        raise signature_mismatch(service) from None
    if not timestamp.startswith(date) or abs(now - signed_at) > CLOCK_SKEW:
        code = "RequestTimeTooSkewed" if service == "s3" else "InvalidSignatureException"
        raise Refused(code, "The difference between the request time and the current time is too large.")


@functools.lru_cache(maxsize=64)
def _moment(timestamp: str) -> datetime:
    # The calls of a second have one, and reading it takes as long as verifying the rest.
    return datetime.strptime(timestamp, TIMESTAMP).replace(tzinfo=UTC)
