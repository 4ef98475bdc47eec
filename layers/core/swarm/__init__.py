"""The domain of Codex-Swarm: runs as append-only logs, workspaces as snapshots, and the agent loop."""
