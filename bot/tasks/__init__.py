"""The last tasks of a run, executed where its jobs are: each is a value in, sentences out, and may be repeated."""
