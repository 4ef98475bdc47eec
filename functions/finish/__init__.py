"""The Finish state of the run's state machine."""
