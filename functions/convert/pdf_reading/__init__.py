"""PDF files read: the words of a page in the order of a reader, its tables, and what is on a page beside words."""
