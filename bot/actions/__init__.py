"""How GitHub Actions asks, and how it is told: events, the runner's environment, what is shown on GitHub."""
