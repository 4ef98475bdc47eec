"""A small DraftPunk: documents written by runs, on one page."""
