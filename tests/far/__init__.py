"""What plays the far side of a wire: servers of others, real ones or ours, and what stands before them on a bad day."""
