"""The local engine: each run is a supervisor process. Nothing is imported here: every job's warden starts from it."""
