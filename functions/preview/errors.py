"""Why there is nothing to show."""

from __future__ import annotations


class CannotShow(Exception):
    """The document cannot be shown; the text says why, for a person."""
