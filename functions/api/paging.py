"""Listings are arrays, as they always were; how they go on is in the headers of the answer."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, urlencode

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from api.resolver import Router
from swarm.errors import InvalidCursor
from swarm.records.listing import Page
from swarm.sizes import PAGE, answered_json

T = TypeVar("T", bound=BaseModel)

MAX_PAGE = 1_000
"""Also the page of those who name no size: who has fewer than that, and most have, still gets everything at once."""

MAX_CURSOR = 4_000
"""Characters: more than the longest place in a listing makes, and an address with it has room in 10,240 bytes."""

HeaderCursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="`X-Next-Cursor` of the page before.")]
PageCursor = Annotated[str | None, Query(max_length=MAX_CURSOR, description="`next_cursor` of the page before.")]


def paged(router: Router, page: Page[T]) -> Response[list[T]]:
    """The page, with `X-Next-Cursor` and a `Link` to the next one where there is one."""
    headers: dict[str, str | list[str]] = {}
    if page.next_cursor is not None:
        asked = parse_qsl(router.current_event.raw_query_string, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in asked if name != "cursor"] + [("cursor", page.next_cursor)])
        # Relative to the request, so that it holds under whatever name and path the API is reached.
        headers = {"X-Next-Cursor": page.next_cursor, "Link": f'<?{query}>; rel="next"'}
    return Response(200, content_types.APPLICATION_JSON, page.items, headers)


def weight(body: BaseModel) -> int:
    """Bytes that it takes in an answer."""
    return answered_json(body.model_dump_json())


def fitting(bodies: Iterable[T]) -> list[T]:
    """As many of them, from the first on, as an answer has room for, and one at least."""
    found: list[T] = []
    size = 0
    for body in bodies:
        size += weight(body)
        if found and size > PAGE:
            break
        found.append(body)
    return found


def cursor_after(path: str) -> str:
    """The cursor of a listing by path that goes on behind this one."""
    return base64.urlsafe_b64encode(path.encode()).decode().rstrip("=")


def path_before(cursor: str) -> str:
    """The path that `cursor_after` was given. Raises `InvalidCursor`."""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor from error
