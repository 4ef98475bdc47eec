"""Answers that carry a file: small ones inline, large ones by a redirect to a presigned URL."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Response

from api.resolver import Router
from swarm.aws.presigning import Presigner
from swarm.errors import RangeNotSatisfiable
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


_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


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


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file under a key of the bucket, and what it is called; `size` in bytes."""

    key: str
    path: str
    size: int
    content_type: str


def file_response(
    backend: Backend,
    file: StoredFile,
    disposition: Disposition,
    *,
    data: bytes | None = None,
    part: str | None = None,
) -> Response[str]:
    """The stored file: its bytes where they fit into an answer, else 307 to where they are.

    `data` are its bytes where they are known. `part` is what `part_of` says, and is answered by 206; storage answers
    parts by itself. Raises `RangeNotSatisfiable`.
    """
    if file.size > MAX_INLINE_BYTES:
        location = file_url(presigner(backend), file.key, file.path, file.content_type, disposition)
        return Response(307, file.content_type, "", {"Location": location, **SAFE})
    headers = {"Content-Disposition": named(disposition, file.path), "Accept-Ranges": "bytes", **SAFE}
    wanted = None if part is None else _wanted(part, file.size)
    whole = backend.objects.get(file.key) if data is None else data
    if wanted is None:
        return bytes_response(file.content_type, whole, headers)
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{file.size}"
    response = bytes_response(file.content_type, whole[wanted.start : wanted.stop], headers)
    response.status_code = 206
    return response


def part_of(router: Router) -> str | None:
    """The part of a file that the request asks for; None for all of it.

    So it is with `If-Range`, too: files have no validator here, so nobody can know that theirs is still the same.
    """
    headers = router.current_event.headers
    return None if "if-range" in headers else headers.get("range")


def _wanted(part: str, size: int) -> range | None:
    """The bytes that a Range header names (RFC 9110, 14.2); None, for all, where it names several parts or none."""
    found = _RANGE.fullmatch(part.strip())
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        first, last = max(0, size - int(found[2])), size - 1
        if int(found[2]) == 0:
            raise RangeNotSatisfiable(size)
    else:
        first, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < first:
            return None
    if first >= size:
        raise RangeNotSatisfiable(size)
    return range(first, last + 1)


def bytes_response(content_type: str, data: bytes, headers: Mapping[str, str]) -> Response[str]:
    """The bytes, encoded already: Powertools takes those that it checks for UTF-8."""
    response = Response(200, content_type, base64.b64encode(data).decode(), dict(headers))
    response.base64_encoded = True
    return response
