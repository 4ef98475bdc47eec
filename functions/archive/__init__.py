"""Packs large workspaces."""
