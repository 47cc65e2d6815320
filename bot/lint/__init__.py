"""Argo's own rules over manifests, without a cluster and without Argo."""
