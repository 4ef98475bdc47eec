"""Tells receivers on the internet that a run has ended: signed, at least once, and never in the run's way."""
