"""The names of the rules, each with its usual level; the manual of the check `manifest` says what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from bot.finding import Level

ARGO_RULES: Mapping[str, Level] = {
    "argument": "error",
    "container-set": "error",
    "cron": "error",
    "cycle": "error",
    "deadline": "error",
    "deep": "warning",
    "depends": "error",
    "duplicate-key": "error",
    "duplicate-name": "error",
    "entrypoint": "error",
    "hook": "error",
    "ignored-key": "warning",
    "image": "error",
    "input": "error",
    "kind": "notice",
    "large": "warning",
    "loop": "error",
    "metric": "error",
    "misplaced": "error",
    "missing-dependency": "error",
    "mount": "error",
    "name": "error",
    "not-supplied": "error",
    "nothing": "error",
    "output": "error",
    "plugin": "error",
    "pod-gc": "error",
    "pod-resources": "error",
    "resource": "error",
    "retry": "error",
    "size": "error",
    "syntax": "error",
    "template-ref": "error",
    "template-type": "error",
    "unknown-key": "error",
    "unknown-task": "error",
    "unknown-template": "error",
    "unresolved": "warning",
    "unused-argument": "warning",
    "variable": "error",
    "version": "warning",
    "wrong-type": "error",
}
