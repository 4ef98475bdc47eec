"""What model calls used, and what that costs by the operator's own prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from codex_swarm.models import Usage
from swarm.adapters import adapter

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one response, as the provider counts them. `cached` is part of `input`, `reasoning` of `output`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens, as the operator's contract with the provider says.

    `context` is how many tokens the model takes at once, in `ModelPrices`, the older of two places for it.
    """

    input: float
    output: float
    cached: float | None = None
    context: int | None = None

    def of(self, tokens: TokenUsage) -> float:
        """What these tokens cost. Cached input costs as much as other input where no price of its own is given."""
        cached_price = self.input if self.cached is None else self.cached
        fresh = tokens.input - tokens.cached
        return (fresh * self.input + tokens.cached * cached_price + tokens.output * self.output) / MILLION


def prices_of(text: str) -> Mapping[str, Price]:
    """The prices that a JSON text gives by model, `{"model": {"input": 1.0, "output": 4.0, "cached": 0.1}}`."""
    return adapter(dict[str, Price]).validate_json(text) if text else {}


def total(one: Usage, other: Usage) -> Usage:
    """Both together. The cost is known where that of every model call is."""
    costs = [usage.cost_usd for usage in (one, other) if usage.model_calls]
    known = [cost for cost in costs if cost is not None]
    return Usage(
        model_calls=one.model_calls + other.model_calls,
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=one.cached_tokens + other.cached_tokens,
        output_tokens=one.output_tokens + other.output_tokens,
        reasoning_tokens=one.reasoning_tokens + other.reasoning_tokens,
        tool_calls=one.tool_calls + other.tool_calls,
        hosted_tool_calls=one.hosted_tool_calls + other.hosted_tool_calls,
        seconds=round(one.seconds + other.seconds, 3),
        cost_usd=round(sum(known), 6) if known and len(known) == len(costs) else None,
    )
