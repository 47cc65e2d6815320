"""How GitHub Actions asks, and how sameday answers: events, the runner's environment, what is shown on GitHub."""
