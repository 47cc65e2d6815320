"""sameday: start the online test the day you think of it."""

REPOSITORY = "sameday-bot/sameday"
"""The public repository: the address of the schema, of `uses:` and of every link."""

SITE = f"https://github.com/{REPOSITORY}"
