"""The agent: a model, the tools it may call, and the loop that commits one turn at a time."""
