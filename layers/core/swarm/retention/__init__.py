"""What is hidden, removed and swept."""
