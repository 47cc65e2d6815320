"""Rules for one part of a workflow or template by itself: each yields the problems of that part."""
