"""The guard in front of moto: every request has one signature that verifies, and says whose it is."""

from __future__ import annotations

import io
import urllib.parse
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from werkzeug.formparser import parse_form_data

from infra.local.authentication import header, post_policy, presigned
from infra.local.authentication.refusal import Refused
from infra.local.identity import CredentialIssuer, Credentials
from infra.local.wsgi import BODY, FORM, SIGNER, Environ, WsgiApp


class Guard:
    """WSGI middleware. It is given the whole body as input, and hands it on, with the credentials of whoever signed."""

    def __init__(self, app: WsgiApp, credentials: CredentialIssuer) -> None:
        self._app = app
        self._credentials = credentials

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        body = environ[BODY] = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            environ[SIGNER] = self._signer(environ, body)
        except Refused as refused:
            found = header.AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
            return refused.answer(found[4] if found else "s3", start_response)
        return self._app(environ, start_response)

    def _signer(self, environ: Environ, body: bytes) -> Credentials | None:
        now = datetime.now(UTC)
        in_query = "X-Amz-" in environ.get("QUERY_STRING", "")
        if environ.get("HTTP_AUTHORIZATION"):
            if in_query:
                raise Refused("InvalidArgument", "Only one auth mechanism allowed; the request has two.", 400)
            return header.verify(environ, body, self._credentials, now)
        if environ["REQUEST_METHOD"] == "OPTIONS":
            # What a browser asks before a presigned request; it carries nothing and changes nothing.
            return None
        if in_query:
            return presigned.verify(environ, self._credentials, now)
        if environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
            environ[FORM], size = _form(environ, body)
            return post_policy.verify(environ[FORM], size, self._credentials, now)
        raise Refused("AccessDenied", "Access Denied")


def _form(environ: Environ, body: bytes) -> tuple[dict[str, str], int]:
    _, fields, files = parse_form_data({**environ, "wsgi.input": io.BytesIO(body)})
    form = {name.lower(): value for name, value in fields.items()}
    upload = files.get("file")
    size = len(upload.read() if upload is not None else form.get("file", "").encode())
    for part in files.values():
        part.close()
    form["bucket"] = urllib.parse.unquote(environ["RAW_URI"].split("?")[0]).strip("/")
    return form, size
