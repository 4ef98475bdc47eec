"""The tools of the agent; `TOOLS` has every one, by name, in the order in which a model is told of them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from swarm.agent.tools.command_tools import COMMAND_TOOLS
from swarm.agent.tools.document_tools import DOCUMENT_TOOLS
from swarm.agent.tools.file_tools import FILE_TOOLS
from swarm.agent.tools.tool import Tool

__all__ = ["TOOLS"]

TOOLS: Mapping[str, Tool[Any]] = MappingProxyType({**FILE_TOOLS, **DOCUMENT_TOOLS, **COMMAND_TOOLS})
