"""What can be done to a Word file in place, by the names of `edit_document`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

REPLACE, DELETE, COMMENT = "replace", "delete", "comment"
INSERT_BEFORE, INSERT_AFTER = "insert_before", "insert_after"
FILL, ADD_ROW, SET_PROPERTY = "fill", "add_row", "set_property"

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        REPLACE: "the text to replace",
        DELETE: "the text to delete",
        COMMENT: "the text that the comment is about",
        INSERT_BEFORE: "text of the paragraph that the new ones stand before",
        INSERT_AFTER: "text of the paragraph that the new ones stand after",
        FILL: "the name of the content control, merge field or {{placeholder}} to fill",
        ADD_ROW: "text of the table that gets the row",
        SET_PROPERTY: "the name of the property: title, author, subject, keywords, description or category",
    }
)
"""Action -> what `find` is for it."""
