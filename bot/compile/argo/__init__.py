"""From the work of a run to Argo manifests, as objects: the template, the schedule, the first run.

Practice and limits: one shared template per image and shape keeps 2,000 jobs below what etcd takes, since Argo
never compresses a spec; one kind of dependency per DAG; deadlines on leaves; values always as text.
"""

from bot.compile.argo.graph import ENTRY, MOST, PART
from bot.compile.argo.moment import foreign
from bot.compile.argo.objects import (
    API,
    BACK,
    DATA,
    EXPERIMENT,
    INSTANCE,
    KEY,
    MANAGED,
    MAX_BYTES,
    RUN,
    SCHEDULED,
    SPEC,
    TIMEZONE,
    WARN_BYTES,
    Manifest,
    sent,
)
from bot.compile.argo.runs import first_run, manifests, schedule
from bot.compile.argo.tasks import WORK_FILE
from bot.compile.argo.template import template, written
from bot.compile.argo.text import text

__all__ = [
    "API",
    "BACK",
    "DATA",
    "ENTRY",
    "EXPERIMENT",
    "INSTANCE",
    "KEY",
    "MANAGED",
    "MAX_BYTES",
    "MOST",
    "PART",
    "RUN",
    "SCHEDULED",
    "SPEC",
    "TIMEZONE",
    "WARN_BYTES",
    "WORK_FILE",
    "Manifest",
    "first_run",
    "foreign",
    "manifests",
    "schedule",
    "sent",
    "template",
    "text",
    "written",
]  # fmt: skip
