"""Signature Version 4: what a request's signature has to be, from what was signed and the secret key.

Source: "Create a signed AWS API request" in the IAM User Guide.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from infra.local.authentication.refusal import signature_mismatch
from infra.local.wsgi import Environ

ALGORITHM = "AWS4-HMAC-SHA256"
TIMESTAMP = "%Y%m%dT%H%M%SZ"
CLOCK_SKEW = timedelta(minutes=15)
UNRESERVED = "-_.~"


@dataclass(frozen=True)
class Scope:
    """What a credential says beside its access key."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def signature(
    environ: Environ,
    query: Iterable[tuple[str, str]],
    signed_headers: str,
    payload_hash: str,
    timestamp: str,
    scope: Scope,
    secret_key: str,
) -> str:
    """The signature, in hexadecimal digits; `query` as it was signed. Raises Refused for a header that was not sent."""
    path: str = environ["RAW_URI"].partition("?")[0] or "/"
    if scope.service != "s3":
        # Only S3 takes a path as it stands.
        path = urllib.parse.quote(path, safe="/~")
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in query)
    headers = "".join(f"{name}:{_header(environ, name, scope)}\n" for name in signed_headers.split(";"))
    canonical = "\n".join(
        (
            environ["REQUEST_METHOD"],
            path,
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            signed_headers,
            payload_hash,
        )
    )
    text = "\n".join((ALGORITHM, timestamp, str(scope), hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.new(signing_key(secret_key, scope), text.encode(), hashlib.sha256).hexdigest()


@functools.lru_cache(maxsize=256)
def signing_key(secret_key: str, scope: Scope) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret_key}".encode()
    for part in (scope.date, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe=UNRESERVED)


def _header(environ: Environ, name: str, scope: Scope) -> str:
    variable = name.upper().replace("-", "_")
    value = environ.get(variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}")
    if value is None:
        # Signed, and not sent.
        raise signature_mismatch(scope.service)
    return " ".join(str(value).split())
