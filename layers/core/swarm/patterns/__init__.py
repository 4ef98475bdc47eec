"""What a run that succeeded teaches the next ones: distilled from its steps, shown as quoted data."""

from swarm.patterns.distillation import distil
from swarm.patterns.rendering import render

__all__ = ["distil", "render"]
