"""The Prepare state of the run's state machine."""
