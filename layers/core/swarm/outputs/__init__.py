"""What a run leaves to look at: differences, archives, previews, events."""
