"""The agent's own tools, and a call of one of them as the loop does it."""

from __future__ import annotations

from swarm.agent.model import ToolCall
from swarm.agent.tools.toolbox import BoundCall, Toolbox, ToolResult, tool_named
from swarm.tasks.registry import BATCHES
from swarm.workspace.working_copy import Workspace

AGENT_TOOLS = tuple(name for name in BATCHES if tool_named(name).executor == "agent")
UNTRUSTED_TOOLS = tuple(name for name in BATCHES if name not in AGENT_TOOLS)


def run_call(call: ToolCall, workspace: Workspace, toolbox: Toolbox | None = None) -> ToolResult:
    """The result of one call, in this workspace."""
    box = toolbox or Toolbox(AGENT_TOOLS)
    bound = box.bind(call)
    return box.run(bound, workspace) if isinstance(bound, BoundCall) else bound
