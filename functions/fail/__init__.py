"""The Fail state of the run's state machine."""
