"""The offline model: a deterministic stand-in for a provider that understands a few plain instructions."""

from swarm.agent.offline.model import OfflineModel

__all__ = ["OfflineModel"]
