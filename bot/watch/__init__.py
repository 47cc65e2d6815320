"""Watched data: what is counted of a run's rows, and what of it is not as usual."""
