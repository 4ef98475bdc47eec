"""Presigned S3 URLs, signed in this process with one derived key for many URLs.

The algorithm is AWS Signature Version 4 with query parameters
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html). boto3's own generator resolves an
endpoint and derives the key again for every URL; a listing of a thousand files cannot wait for that.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What S3 knows this process by. A session token comes with temporary keys."""

    access_key: str
    secret_key: str
    session_token: str | None = None


_PLAIN = re.compile(r"[0-9A-Za-z_.~-]*").fullmatch
"""What stands for itself in an address."""


class _Headers(NamedTuple):
    """Those that a URL is bound to: their names, what is signed of them, and the parameter that names them."""

    names: str
    canonical: str
    parameter: str


@dataclass(frozen=True)
class Presigner:
    """Signs URLs of one bucket at one moment. `endpoint` is S3's, such as https://s3.eu-west-1.amazonaws.com."""

    credentials: Credentials
    region: str
    endpoint: str
    bucket: str
    now: datetime
    lifetime: timedelta

    @property
    def expires_at(self) -> datetime:
        """When the URLs stop working."""
        return self.now + self.lifetime

    def get(self, key: str, *, response: Mapping[str, str] | None = None) -> str:
        """A URL that reads the object. `response` sets headers of the answer, such as `response-content-type`."""
        return self._sign("GET", key, response or {}, {})

    def put(self, key: str, *, headers: Mapping[str, str] | None = None) -> str:
        """A URL that writes the object; whoever uses it must send exactly these headers (names in lower case)."""
        return self._sign("PUT", key, {}, headers or {})

    def post(self, key: str, max_bytes: int) -> tuple[str, dict[str, str]]:
        """A form that stores at most so many bytes under the key: its address, and its fields before the file.

        See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html.
        """
        fields = {
            "key": key,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{self.credentials.access_key}/{self._scope}",
            "x-amz-date": self._timestamp,
        }
        if self.credentials.session_token:
            fields["x-amz-security-token"] = self.credentials.session_token
        conditions: list[object] = [{"bucket": self.bucket}, *({name: value} for name, value in fields.items())]
        conditions.append(["content-length-range", 1, max_bytes])
        expiration = self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        policy = base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions}).encode()).decode()
        signature = hmac.new(self._key, policy.encode(), hashlib.sha256).hexdigest()
        return f"{self.endpoint}/{self.bucket}", {**fields, "policy": policy, "x-amz-signature": signature}

    def _sign(self, method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
        folder, slash, name = key.rpartition("/")
        path = f"/{self.bucket}/{_path(folder)}{slash}{name if _PLAIN(name) else quote(name, safe='~')}"
        signed = self._signed(headers) if headers else self._signed_host
        canonical_query = "&".join(
            sorted([*self._parameters, *map(_parameter, query, query.values()), signed.parameter])
        )
        request = f"{method}\n{path}\n{canonical_query}\n{signed.canonical}\n{signed.names}\nUNSIGNED-PAYLOAD"
        text = f"{ALGORITHM}\n{self._timestamp}\n{self._scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(self._key, text.encode(), "sha256").hex()
        return f"{self.endpoint}{path}?{canonical_query}&X-Amz-Signature={signature}"

    def _signed(self, headers: Mapping[str, str]) -> _Headers:
        signed = sorted([("host", urlsplit(self.endpoint).netloc), *headers.items()])
        names = ";".join(name for name, _ in signed)
        canonical = "".join(f"{name}:{' '.join(value.split())}\n" for name, value in signed)
        return _Headers(names, canonical, _parameter("X-Amz-SignedHeaders", names))

    @cached_property
    def _signed_host(self) -> _Headers:
        """For every URL that is bound to no header of its own."""
        return self._signed({})

    @cached_property
    def _parameters(self) -> list[str]:
        """Those of every URL."""
        parameters = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.credentials.access_key}/{self._scope}",
            "X-Amz-Date": self._timestamp,
            "X-Amz-Expires": str(int(self.lifetime.total_seconds())),
        }
        if self.credentials.session_token:
            parameters["X-Amz-Security-Token"] = self.credentials.session_token
        return [_parameter(name, value) for name, value in parameters.items()]

    @cached_property
    def _timestamp(self) -> str:
        return self.now.strftime("%Y%m%dT%H%M%SZ")

    @cached_property
    def _scope(self) -> str:
        return f"{self.now:%Y%m%d}/{self.region}/s3/aws4_request"

    @cached_property
    def _key(self) -> bytes:
        key = f"AWS4{self.credentials.secret_key}".encode()
        for part in self._scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key


@lru_cache(maxsize=256)
def _path(folder: str) -> str:
    """Of a key, as it is signed. Keys of a listing differ in their last part."""
    return quote(folder, safe="/~")


def _parameter(name: str, value: str) -> str:
    """Of a query, as it is signed. These sort as their names do: none here is the beginning of another."""
    # Of a Content-Disposition only what follows two quotes, the file's name, differs from file to file.
    head, quotes, tail = value.partition("''")
    return f"{_quoted(name)}={_quoted(head + quotes)}{tail if _PLAIN(tail) else quote(tail, safe='-_.~')}"


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
