"""Shows what is in a document, without a permission, a secret or a network."""
