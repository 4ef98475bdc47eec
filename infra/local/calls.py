"""Which AWS calls are made, and by whom: what passes in front of moto, by name, if its caller may and AWS takes it."""

from __future__ import annotations

import threading
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.local import sizes
from infra.local.authentication.refusal import Refused
from infra.local.identity import Credentials
from infra.local.permissions.enforcement import Permissions
from infra.local.wsgi import SIGNER, Environ, WsgiApp

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
    """One request. `function` is the logical id of the function that signed it, or None for anyone else.

    A `presigned` one was signed beforehand, and sent by whoever was handed the address or the form.
    """

    service: str
    operation: str
    function: str | None
    path: str
    presigned: bool = False


class Calls:
    """WSGI middleware that notes every request for whoever is recording, and lets through what its signer may do."""

    def __init__(self, app: WsgiApp, permissions: Permissions) -> None:
        self._app = app
        self._permissions = permissions
        self._lock = threading.Lock()
        self._recordings: list[list[Call]] = []

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        call = describe(environ)
        if self._recordings:
            with self._lock:
                for recording in self._recordings:
                    recording.append(call)
        signer: Credentials | None = environ[SIGNER]
        limited = signer if signer is not None and signer.role is not None else None
        try:
            if limited is not None:
                self._permissions.check(limited, call.service, call.operation, environ)
            sizes.check(call.service, environ)
        except Refused as refused:
            return refused.answer(call.service, start_response)
        if limited is None:
            return self._app(environ, start_response)
        return self._permissions.hide_missing_objects(self._app, limited, call.operation, environ, start_response)

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


def describe(environ: Environ) -> Call:
    """The service and operation of a request, and who signed it."""
    signer: Credentials | None = environ[SIGNER]
    path = str(environ.get("PATH_INFO", ""))
    service = _service(environ)
    return Call(
        service=service,
        operation=_operation(service, environ, path),
        function=signer.owner if signer is not None and signer.is_function else None,
        path=path,
        presigned="HTTP_AUTHORIZATION" not in environ,
    )


def _service(environ: Environ) -> str:
    # Only S3 takes signatures in the query or in a form.
    scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2].split("/")
    return scope[3] if len(scope) > 3 else "s3"  # noqa: PLR2004  (access key, date, region, service)


def _operation(service: str, environ: Environ, path: str) -> str:
    method = str(environ.get("REQUEST_METHOD", "GET"))
    if target := str(environ.get("HTTP_X_AMZ_TARGET", "")):
        return target.rpartition(".")[2]
    if service == "lambda" and path.endswith("/invocations"):
        return "Invoke"
    return _s3_operation(method, environ, path) if service == "s3" else f"{method} {path}"


def _s3_operation(method: str, environ: Environ, path: str) -> str:
    query = urllib.parse.parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
    for parameter, by_method in S3_SUBRESOURCES.items():
        if parameter in query and method in by_method:
            return by_method[method]
    if "/" not in path.strip("/"):
        return S3_BUCKET.get(method, method)
    if method == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    return S3_OBJECT.get(method, method)
