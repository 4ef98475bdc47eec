"""The Dispatch state of the run's state machine."""
