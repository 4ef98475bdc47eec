"""Codex-Swarm on this machine, for the tests of applications that use it.

Installed, it is a pytest plugin: a test that takes `codex_swarm` gets a client of a laptop cloud with the offline
model, which is started once for each process of the test run and gone with it. `LaptopCloud` is for other uses.
"""

from codex_swarm_local.cloud import LaptopCloud, NotStarted

__all__ = ["LaptopCloud", "NotStarted"]
