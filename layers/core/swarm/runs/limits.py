"""What a run may use: limits that protect the bill."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from codex_swarm.models import RunLimits, Usage
from swarm.adapters import adapter
from swarm.errors import InvalidRequest
from swarm.runs.usage import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a run may use: answers of the model, tokens in and out, US dollars, seconds of work."""

    max_turns: int = 60
    max_tokens: int = 2_000_000
    max_cost_usd: float | None = None
    timeout_seconds: int = 3_600

    def reached(self, turns: int, usage: Usage, started_at: datetime | None, now: datetime) -> str | None:
        """Which limit is used up, in words; None while there is room for another turn."""
        if turns >= self.max_turns:
            return f"max_turns: {turns} turns were taken"
        tokens = usage.input_tokens + usage.output_tokens
        if tokens >= self.max_tokens:
            return f"max_tokens: {tokens} tokens were used"
        if self.max_cost_usd is not None and usage.cost_usd is not None and usage.cost_usd >= self.max_cost_usd:
            return f"max_cost_usd: {usage.cost_usd:.4f} US dollars were spent"
        if self.seconds_left(started_at, now) <= 0:
            return f"timeout_seconds: {self.timeout_seconds} seconds have passed"
        return None

    def seconds_left(self, started_at: datetime | None, now: datetime) -> float:
        """How long a run that began then may still take."""
        return self.timeout_seconds - ((now - started_at).total_seconds() if started_at else 0.0)


MAX_STORED_BYTES = 8_000_000_000
"""Of files that a run's turns may store, also of those that later turns write over: every turn can be looked at. A turn
is begun below it, and may go over it by what a workspace may hold."""

CEILINGS = Limits(max_turns=500, max_tokens=20_000_000, timeout_seconds=18_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """The limits of runs that name none, and those that no run goes over; the operator's, or a tenant's own."""

    defaults: Limits = field(default_factory=Limits)
    ceilings: Limits = CEILINGS


def allowance_of(text: str) -> Allowance:
    """The allowance that a JSON text gives, `{"defaults": {...}, "ceilings": {...}}`; the built-in one without text."""
    return adapter(Allowance).validate_json(text) if text else Allowance()


def granted(wanted: RunLimits | None, allowance: Allowance) -> Limits:
    """The limits of a run: what was asked for, or the default, and never more than the ceiling."""
    asked = wanted or RunLimits()
    values = {limit.name: _granted(limit.name, asked, allowance) for limit in fields(Limits)}
    return adapter(Limits).validate_python(values)


def _granted(name: str, asked: RunLimits, allowance: Allowance) -> float | None:
    value: float | None = getattr(asked, name)
    default: float | None = getattr(allowance.defaults, name)
    ceiling: float | None = getattr(allowance.ceilings, name)
    known = [limit for limit in (default if value is None else value, ceiling) if limit is not None]
    return min(known, default=None)


def require_price(limits: Limits, model: str, price: Price | None) -> None:
    """Raises `InvalidRequest` when a cost limit cannot be held because nobody said what the model costs."""
    if limits.max_cost_usd is not None and price is None:
        raise InvalidRequest(
            f"max_cost_usd cannot be held: the price of {model} is not configured. "
            "Use max_tokens, or ask the operator to give its prices in Models"
        )
