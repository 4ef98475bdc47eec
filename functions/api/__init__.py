"""The HTTP API: parse, call, answer."""

import gc

# What is imported stays: looking for garbage among it takes a seventh of a cold start.
gc.set_threshold(200_000)
