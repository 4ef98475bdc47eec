"""Templates of documents, which the convert function carries: made here from pandoc's own reference documents."""
