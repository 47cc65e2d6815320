"""What can go wrong outside an experiment file, one class per answer the caller gives to it."""


class SamedayError(Exception):
    """A fault told in one line: what is wrong and what to do; `code` is the process's exit code."""

    code = 1


class UsageError(SamedayError):
    """Wrong words on the command line, or settings that cannot be used."""

    code = 2


class Unreachable(SamedayError):
    """A backend did not answer: nothing is known of what was asked, so nothing failed."""

    code = 3


class Refused(SamedayError):
    """A backend answered and said no, or what it holds is not what was promised."""


class Conflict(SamedayError):
    """Another process wrote first, or the name is taken by something else; reading again may help."""
