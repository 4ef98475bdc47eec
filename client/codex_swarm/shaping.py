"""What a caller gave, in the shape that can be sent. Everything here raises `InvalidArgument` for what has none."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from codex_swarm.errors import InvalidArgument

T = TypeVar("T", bound=BaseModel)


def shaped(kind: type[T], **fields: Any) -> T:
    """The model with these fields. Raises `InvalidArgument`, which names the fields that do not fit."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise InvalidArgument(faults(error)) from None


def faults(error: ValidationError) -> str:
    """The first faults, without the values, which may be long or private."""
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:3])


def encoded(body: object) -> bytes:
    """The body as JSON. Raises `InvalidArgument` for what JSON cannot say."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument(f"this cannot be sent as JSON: {type(error).__name__}") from error


def segment(text: str, name: str) -> str:
    """A text as one segment of a path. Raises `InvalidArgument` for what can be none."""
    checked = one_text(text, name)
    if not checked.strip() or checked in {".", ".."}:
        raise InvalidArgument(f"{name} is blank or a dot")
    return quote(checked, safe="")


def file_path(path: str) -> str:
    """A path inside a workspace. Raises `InvalidArgument` for what can be none."""
    checked = one_text(path, "path")
    if not checked or any(part in {"", ".", ".."} for part in checked.split("/")):
        raise InvalidArgument("path takes a path inside the workspace, such as docs/plan.md")
    return checked


def one_text(value: Any, name: str) -> str:
    """The value, when it is a text that can be sent. Raises `InvalidArgument`."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} takes a text, not {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"{name} has half of a surrogate pair, which is no character") from None
    return value


def header(value: Any, name: str) -> str:
    """The value, when a header can carry it. Raises `InvalidArgument`."""
    if not (value and one_text(value, name).isascii() and value.isprintable()):
        raise InvalidArgument(f"{name} takes printable ASCII characters")
    return str(value)


def seconds(value: Any, name: str) -> float:
    """The value as seconds. Raises `InvalidArgument`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value) or value < 0:
        raise InvalidArgument(f"{name} takes seconds, from 0 on")
    return float(value)


def whole(value: Any, name: str, least: int, most: int | None = None) -> int:
    """The value, when it is a whole number in these bounds. Raises `InvalidArgument`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least or (most is not None and value > most):
        bound = f"from {least} on" if most is None else f"from {least} to {most}"
        raise InvalidArgument(f"{name} takes a whole number {bound}")
    return value
