"""The Collect state of the run's state machine."""
