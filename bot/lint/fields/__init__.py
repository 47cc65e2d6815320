"""The fields of Argo's objects, and whether a manifest has only these, with values of their types."""
