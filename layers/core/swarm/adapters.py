"""Pydantic's adapters, each built when it is first asked for: building one takes longer than importing its type."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def adapter(shape: type[T]) -> TypeAdapter[T]:
    """The adapter of a type, the same one every time."""
    built: TypeAdapter[T] = _built(shape)  # type: ignore[arg-type]  # types are hashable
    return built


@cache
def _built(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
