"""A team's own Argo skeleton, filled with an experiment: Jinja2, sandboxed, strict, never HTML-escaped."""

from __future__ import annotations

import traceback
from typing import Any

from bot.errors import UsageError
from bot.experiment.model import Spec


def fill(text: str, path: str, spec: Spec, more: dict[str, Any]) -> str:
    """The template's text with the experiment's values; raises UsageError with the template's line.

    The template sees `name`, `option`, `jobs` (each with `name`, `command`, `commands`, `dependencies`, `option`)
    and the other keys of the file, and what `more` adds. A value that is not there is an error.
    """
    from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    sandbox = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    values = spec.model_dump(mode="json") | more
    try:
        return sandbox.from_string(text).render(values)
    except TemplateSyntaxError as error:
        raise UsageError(f"{path}:{error.lineno}:1: {error.message}") from None
    except (TemplateError, ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
        reason = str(error) or "this needs too much memory"
        raise UsageError(f"{path}:{lines[-1] if lines else 1}:1: {reason}") from None
