"""Which AWS calls were made, by which function: what passes in front of moto, by name."""

from __future__ import annotations

import re
import threading
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.local.identity import CredentialIssuer

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Any], Iterable[bytes]]

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/aws4_request")
# Query parameters that make an S3 request another operation than its method says.
S3_SUBRESOURCES = {
    "uploads": {"POST": "CreateMultipartUpload", "GET": "ListMultipartUploads"},
    "partNumber": {"PUT": "UploadPart"},
    "uploadId": {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"},
    "delete": {"POST": "DeleteObjects"},
    "versions": {"GET": "ListObjectVersions"},
    "tagging": {"GET": "GetObjectTagging", "PUT": "PutObjectTagging"},
    "list-type": {"GET": "ListObjectsV2"},
}
S3_OBJECT = {"GET": "GetObject", "PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}
S3_BUCKET = {"GET": "ListObjects", "PUT": "CreateBucket", "HEAD": "HeadBucket", "POST": "PostObject"}


@dataclass(frozen=True)
class Call:
    """One request. `function` is the logical id of the function that signed it, or None for anyone else."""

    service: str
    operation: str
    function: str | None
    path: str


class CallRecorder:
    """WSGI middleware that notes every request for whoever is recording at the time."""

    def __init__(self, app: WsgiApp, credentials: CredentialIssuer) -> None:
        self._app = app
        self._credentials = credentials
        self._lock = threading.Lock()
        self._recordings: list[list[Call]] = []

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if self._recordings:
            call = describe(environ, self._credentials)
            with self._lock:
                for recording in self._recordings:
                    recording.append(call)
        return self._app(environ, start_response)

    @contextmanager
    def record(self) -> Iterator[list[Call]]:
        """The calls made inside the block, in order; the list grows as they come."""
        recording: list[Call] = []
        with self._lock:
            self._recordings.append(recording)
        try:
            yield recording
        finally:
            with self._lock:
                self._recordings = [other for other in self._recordings if other is not recording]


def describe(environ: Environ, credentials: CredentialIssuer) -> Call:
    """The service and operation of a request, and who signed it."""
    path = str(environ.get("PATH_INFO", ""))
    query = urllib.parse.parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
    presigned = query.get("X-Amz-Credential", [""])[0]
    signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION") or f"Credential={presigned}")
    access_key, service = signed.groups() if signed else ("", "s3")
    owner = credentials.find(access_key)
    return Call(
        service=service,
        operation=_operation(service, environ, path, query),
        function=owner.owner if owner else None,
        path=path,
    )


def _operation(service: str, environ: Environ, path: str, query: dict[str, list[str]]) -> str:
    method = str(environ.get("REQUEST_METHOD", "GET"))
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rpartition(".")[2]
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke"
    return _s3_operation(method, environ, path, query) if service == "s3" else f"{method} {path}"


def _s3_operation(method: str, environ: Environ, path: str, query: dict[str, list[str]]) -> str:
    for parameter, by_method in S3_SUBRESOURCES.items():
        if parameter in query and method in by_method:
            return by_method[method]
    if "/" not in path.strip("/"):
        return S3_BUCKET.get(method, method)
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    return S3_OBJECT.get(method, method)
