"""What an exposure log says of a test: the query, the statistics, and the verdict."""
