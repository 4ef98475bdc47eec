"""The commands, a module for each kind of thing; each is a function that reads like its help."""
