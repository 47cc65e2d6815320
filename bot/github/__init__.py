"""GitHub: its events, its limits, and what sameday shows there. Nothing else knows a webhook or a status code."""
