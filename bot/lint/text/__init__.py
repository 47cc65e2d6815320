"""What the text of a manifest holds: documents, plain scalars, values of any shape, variables."""
