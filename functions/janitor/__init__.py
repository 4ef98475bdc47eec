"""Clears away what is no longer kept."""
