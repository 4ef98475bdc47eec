"""The run itself, without a store: entries of its log, the fold, events, limits, errors."""
