"""Every family of formats, in the order of the table's columns."""

from __future__ import annotations

from tests.convert.kinds import opendocument, pdf, slides, texts, word, workbooks

FAMILIES = (word.FAMILY, slides.FAMILY, workbooks.FAMILY, opendocument.FAMILY, texts.FAMILY, pdf.FAMILY)
