"""The tools of this function, one a module of its name: what a call takes, and what does it."""
