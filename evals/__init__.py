"""What a model does with real tasks: 28 of them, run through the public API and judged by programs."""
