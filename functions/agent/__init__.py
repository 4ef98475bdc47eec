"""The Agent state of the run's state machine."""
