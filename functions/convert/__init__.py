"""Converts documents and reads their text, without a permission, a secret or a network."""
