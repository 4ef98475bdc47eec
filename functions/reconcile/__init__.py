"""Repairs runs that nobody works on any more."""
