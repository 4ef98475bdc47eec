"""Answers that carry a file: small ones inline, large ones by a redirect to a presigned URL."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response

from swarm.aws.presigning import Presigner
from swarm.records.backend import Backend

MAX_INLINE_BYTES = 4_000_000
"""What fits into a Lambda answer of 6 MB once it is base64."""

LIFETIME = timedelta(minutes=15)

Disposition = Literal["inline", "attachment"]
"""What a browser does with an answer (RFC 6266): show it, or save it."""

ACTIVE = frozenset({"text/html", "text/javascript", "image/svg+xml", "application/xml", "application/xhtml+xml"})
"""Types that a browser executes, or shows with scripts in them."""

SAFE = {
    "X-Content-Type-Options": "nosniff",
    # A page that a run wrote is shown without scripts and without this API's origin.
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "Cache-Control": "private, no-cache",
}


def presigner(backend: Backend) -> Presigner:
    """A signer of URLs that are good for a quarter of an hour from now."""
    return backend.signer(datetime.now(UTC), LIFETIME)


def file_url(signer: Presigner, key: str, path: str, content_type: str, disposition: Disposition = "inline") -> str:
    """A URL of a stored file that is answered under its own name and type.

    Storage sends no policy along, so what a browser would execute is only to be saved.
    """
    how = "attachment" if content_type.partition(";")[0] in ACTIVE else disposition
    return signer.get(
        key,
        response={
            "response-content-type": content_type,
            "response-content-disposition": named(how, path),
        },
    )


def named(how: Disposition, path: str) -> str:
    """The Content-Disposition of a file, `inline` or `attachment`, under its own name (RFC 6266)."""
    return f"{how}; filename*=UTF-8''{quote(path.rpartition('/')[2], safe='')}"


def file_response(
    backend: Backend,
    key: str,
    path: str,
    size: int,
    content_type: str,
    data: bytes | None = None,
    disposition: Disposition = "inline",
) -> Response[str]:
    """The stored file: its bytes where they fit into an answer, else 307 to where they are."""
    if size > MAX_INLINE_BYTES:
        location = file_url(presigner(backend), key, path, content_type, disposition)
        return Response(307, content_type, "", {"Location": location, **SAFE})
    headers = {"Content-Disposition": named(disposition, path), **SAFE}
    return bytes_response(content_type, backend.objects.get(key) if data is None else data, headers)


def bytes_response(content_type: str, data: bytes, headers: Mapping[str, str]) -> Response[str]:
    """The bytes, encoded already: Powertools takes those that it checks for UTF-8."""
    response = Response(200, content_type, base64.b64encode(data).decode(), dict(headers))
    response.base64_encoded = True
    return response
