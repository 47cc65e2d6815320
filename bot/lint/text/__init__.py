"""The text of a manifest: documents, plain scalars, values of any shape, variables."""
