"""The tasks of a run, as its pod or process executes them."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pydantic import ValidationError

from bot.cli.backends import Adapters
from bot.errors import UsageError
from bot.ports import HEADING, Warehouse, Work
from bot.report.escape import chat
from bot.report.line import Line
from bot.report.output import Printer
from bot.settings import Settings
from bot.tasks.promote import promote
from bot.tasks.sync import sync
from bot.tasks.tell import message, tell
from bot.tasks.verified import Verified
from bot.tasks.verify import verify
from bot.tasks.wait import wait

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
    verified = Verified.parse(args.verified) if args.verified else None
    for name in args.tasks:
        if len(args.tasks) > 1:
            out.lines([Line(f"{HEADING}{name}")])
        if name == "verify":
            verified = verify(work, warehouse)
            sentences = list(verified.said)
            if args.verified_to:
                Path(args.verified_to).write_text(verified.written(), encoding="utf-8")
        else:
            sentences = _do(name, work, settings, warehouse, backends, verified)
        out.lines(map(Line, sentences))
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


def _do(
    name: str, work: Work, settings: Settings, warehouse: Warehouse, backends: Adapters, verified: Verified | None
) -> list[str]:
    if name == "wait":
        return wait(work, warehouse, backends.now, time.sleep)
    if name == "promote":
        return promote(work, warehouse, backends.now(), verified)
    return sync(work, warehouse, backends.stores(settings), verified)
