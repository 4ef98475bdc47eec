"""Word files made ready for pandoc, whose reader passes over much of what Word writes, and edited in place."""
