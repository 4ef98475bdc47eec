"""Every family of formats, in the order of the table's columns."""

from __future__ import annotations

from tests.convert.kinds import word

FAMILIES = (word.FAMILY,)
