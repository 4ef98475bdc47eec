"""Codex-Swarm from Python: the wire models, a typed client and its errors. It needs no AWS library.

from codex_swarm.client import CodexSwarmClient
"""

__version__ = "0.4.0"
