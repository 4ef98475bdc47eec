"""The tools of the agent, one a module of its name; `swarm.tasks.registry` says who has which."""
