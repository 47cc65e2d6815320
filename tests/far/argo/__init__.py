"""Argo's own controller and executor on the tests' API server, and a node whose containers are processes here."""
