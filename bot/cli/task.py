"""The tasks of a run, as its pod or process executes them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from bot.cli.backends import Adapters
from bot.errors import UsageError
from bot.ports import HEADING, Store, Warehouse, Work
from bot.report.escape import chat
from bot.report.line import Line
from bot.report.output import Printer
from bot.settings import Settings
from bot.tasks.begin import begin
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.tell import message, tell
from bot.tasks.verify import verify

TELL = "tell"
WEBHOOK = "SAMEDAY_WEBHOOK"


def task_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Do tasks of one run in order, up to the first that fails; what each did is printed, a sentence a line."""
    try:
        work = Work.model_validate_json(Path(args.work).read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(f"{args.work}: is no work of a run: {str(error).splitlines()[0]}") from None
    work = work.model_copy(update={"date": args.date, "attempt": args.attempt})
    if args.tasks == [TELL]:
        out.lines(map(Line, _tell(work, backends)))
        return 0
    settings = Settings.model_validate(work.backends)
    backends.learn(settings)
    warehouse = backends.warehouse(settings, {"experiment": work.experiment, "run": work.run})
    if warehouse is None:
        raise UsageError(f"{args.work}: names no warehouse, so that nothing can be read or written")
    stores = backends.stores(settings)
    for name in args.tasks:
        if len(args.tasks) > 1:
            out.lines([Line(f"{HEADING}{name}")])
        if name == "begin":
            beginning = begin(
                work, warehouse, stores, backends.now, time.sleep, lambda text: out.lines([Line(text)])
            )  # fmt: skip
            if args.go_to:
                Path(args.go_to).write_text("yes" if beginning.go else "no", encoding="utf-8")
            lines: Sequence[str] = beginning.lines
        else:
            lines = _do(name, work, warehouse, stores, backends)
        out.lines(map(Line, lines))
    return 0


def _tell(work: Work, backends: Adapters) -> list[str]:
    """The exit handler: what Argo says of the run, to the address in the environment."""
    address = backends.environment.get(WEBHOOK)
    if not address:
        raise UsageError(f"{WEBHOOK} is not set: it holds the address that the message goes to")
    workflow, status, failures, page = (
        backends.environment.get(f"SAMEDAY_{name}", "") for name in ("WORKFLOW", "STATUS", "FAILURES", "PAGE")
    )
    return tell(address, message(work, workflow, status, failures, chat, page))


def _do(name: str, work: Work, warehouse: Warehouse, stores: Mapping[str, Store], backends: Adapters) -> Sequence[str]:
    if name == "verify":
        return verify(work, warehouse, backends.now)
    return keep(work, warehouse, stores) if name == "keep" else put(work, warehouse, stores)
