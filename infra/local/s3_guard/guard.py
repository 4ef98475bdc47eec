"""The guard in front of moto: no request without a signature, and no presigned one that does not verify."""

from __future__ import annotations

import io
import urllib.parse
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.formparser import parse_form_data

from infra.local.calls import Environ, WsgiApp
from infra.local.identity import CredentialIssuer
from infra.local.s3_guard import post_policy, presigned
from infra.local.s3_guard.refusal import Refused


class S3Guard:
    """WSGI middleware. Requests with an Authorization header pass: they come from SDKs, and moto serves them."""

    def __init__(self, app: WsgiApp, credentials: CredentialIssuer) -> None:
        self._app = app
        self._credentials = credentials

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        try:
            self._verify(environ)
        except Refused as refused:
            # Read what was sent, or a keep-alive client would take the rest of it for its next request.
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _refuse(refused, start_response)
        return self._app(environ, start_response)

    def _verify(self, environ: Environ) -> None:
        now = datetime.now(UTC)
        query = environ.get("QUERY_STRING", "")
        if environ.get("HTTP_AUTHORIZATION") or environ["REQUEST_METHOD"] == "OPTIONS":
            return
        if "X-Amz-" in query:
            presigned.verify(environ, self._credentials, now)
        elif environ["REQUEST_METHOD"] == "POST" and _is_form(environ):
            post_policy.verify(*_form(environ), self._credentials, now)
        else:
            raise Refused("AccessDenied", "Access Denied")


def _is_form(environ: Environ) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")


def _form(environ: Environ) -> tuple[dict[str, str], int]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    _, fields, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)})
    environ["wsgi.input"] = io.BytesIO(body)
    form = {name.lower(): value for name, value in fields.items()}
    upload = files.get("file")
    size = len(upload.read() if upload is not None else form.get("file", "").encode())
    for part in files.values():
        part.close()
    form["bucket"] = urllib.parse.unquote(environ["RAW_URI"].split("?")[0]).strip("/")
    return form, size


def _refuse(refused: Refused, start_response: Any) -> Iterable[bytes]:
    document = refused.document()
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(document)))])
    return [document]
