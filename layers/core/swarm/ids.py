"""Ids that the service makes, and the rules for those that callers choose."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass
from urllib.parse import quote

from swarm.errors import InvalidId

MAX_PROJECT_ID = 128
MAX_RUN_ID = 64

MAX_ENCODED_PROJECT_ID = 750
"""Bytes of an id once it is percent-encoded, as it stands in the keys of objects. S3 takes 1,024 bytes; a tenant's id
and the longest name of an object take up to 260."""

JOINERS = frozenset("\u200c\u200d")
"""Invisible, and yet part of how Persian, Indic scripts and emoji are written."""

MAX_TENANT_ID = 64

_TENANT_ID = re.compile(rf"[0-9a-zA-Z_-]{{1,{MAX_TENANT_ID}}}")
_RUN_ID = re.compile(rf"[0-9a-zA-Z_-]{{1,{MAX_RUN_ID}}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """Who a run belongs to. Every read and write names the tenant, so no run is ever found without one."""

    tenant_id: str
    project_id: str
    run_id: str


def new_id() -> str:
    """A new id: 32 hexadecimal digits, random."""
    return uuid.uuid4().hex


def is_tenant_id(raw: str) -> bool:
    """Whether a tenant may have this id."""
    return _TENANT_ID.fullmatch(raw) is not None


def valid_tenant_id(raw: str) -> str:
    """The id, if a tenant may have it. Raises `InvalidId`."""
    if not is_tenant_id(raw):
        raise InvalidId(f"a tenant's id has letters, digits, - and _, at most {MAX_TENANT_ID} of them")
    return raw


def valid_project_id(raw: str) -> str:
    """The id, if a project may have it. Raises `InvalidId`."""
    if not raw.strip():
        raise InvalidId("the project id is blank; use a stable id, such as your workspace's slug")
    if raw != raw.strip():
        raise InvalidId("the project id begins or ends with white space")
    if len(raw) > MAX_PROJECT_ID:
        raise InvalidId(f"the project id has {len(raw)} characters; at most {MAX_PROJECT_ID} are allowed")
    if len(quote(raw, safe="", errors="surrogatepass")) > MAX_ENCODED_PROJECT_ID:
        raise InvalidId(f"the project id has more than {MAX_ENCODED_PROJECT_ID} bytes once it is percent-encoded")
    if raw in {".", ".."} or "/" in raw or "\\" in raw:
        raise InvalidId("the project id may not be '.' or '..', and may not have a slash or a backslash")
    if any(unicodedata.category(each).startswith("C") and each not in JOINERS for each in raw):
        raise InvalidId("the project id has a control character")
    return raw


def could_be_run_id(raw: str) -> bool:
    """Whether a run could have this id. What could not is answered like what does not exist."""
    return _RUN_ID.fullmatch(raw) is not None
