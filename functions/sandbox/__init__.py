"""Commands that a model wrote, run where there is nothing to take."""
