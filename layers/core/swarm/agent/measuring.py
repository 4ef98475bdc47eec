"""What a turn of a model used, as metrics."""

from __future__ import annotations

from codex_swarm.models import Usage
from swarm.metrics import CACHED_TOKENS, COST, INPUT_TOKENS, MODEL_SECONDS, OUTPUT_TOKENS, TURNS, Metric, record


def measure_turn(model: str, usage: Usage) -> None:
    """Count a turn that has been committed, with the handovers of a long conversation that came before it."""
    values: dict[Metric, float] = {
        TURNS: 1,
        MODEL_SECONDS: usage.seconds,
        INPUT_TOKENS: usage.input_tokens,
        CACHED_TOKENS: usage.cached_tokens,
        OUTPUT_TOKENS: usage.output_tokens,
    }
    if usage.cost_usd is not None:
        values[COST] = usage.cost_usd
    record(values, model=model)
