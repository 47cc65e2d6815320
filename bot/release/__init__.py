"""What a release does: the plan, the steps, the pipeline that takes them, and the way back."""
