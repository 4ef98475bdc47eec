"""Whether a deployment does what it promises: one run of each kind, and what its sandbox allows."""
