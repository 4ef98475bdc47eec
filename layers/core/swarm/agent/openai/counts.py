"""Counts of tokens, as far as servers can be believed: a good answer is worth more than its count."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from swarm.runs.usage import TokenUsage

_MOST_TOKENS = 10**12


def _count(told: object) -> int:
    """A number of tokens; whatever is none counts as nothing."""
    return int(told) if isinstance(told, int | float) and 0 < told < _MOST_TOKENS else 0


def details(told: object) -> object:
    """An object, or an empty one for whatever is none."""
    return told if isinstance(told, dict) else {}


Count = Annotated[int, BeforeValidator(_count)]


def token_usage(sent: int, cached: int, written: int, reasoned: int) -> TokenUsage:
    """The usage of one answer; neither part can be more than what it is part of."""
    return TokenUsage(sent, min(cached, sent), written, min(reasoned, written))
