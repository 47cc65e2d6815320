"""A node of a cluster that has no other: it binds pods, runs their containers on this machine, and serves their logs.

A process of its own, since it needs root and namespaces. It also does the work of two that the cluster lacks: the
scheduler's, and that of kube-controller-manager as far as Argo's pods need it (`rest`).
"""
