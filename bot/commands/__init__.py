"""What sameday does, a verb a module: each takes a workspace and plain values, returns a value and prints nothing."""
