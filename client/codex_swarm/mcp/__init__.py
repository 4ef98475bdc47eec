"""Codex-Swarm for assistants: a server of the Model Context Protocol. Comes with the extra `codex-swarm[mcp]`."""
