"""Why a document was not converted or read, in words that help whoever asked to ask better."""

from __future__ import annotations


class CannotConvert(Exception):
    """The call cannot be done as it was asked; the text says what to change."""


class CannotEmbed(Exception):
    """One image stays out of the document; the text ends the sentence "<image> is left out: ..."."""
