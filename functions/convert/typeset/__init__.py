"""Documents set in pages by typst: what its markup and pandoc's writer for it get wrong is put right here."""
