"""Checks of Acme's own for sameday, one module each."""
