"""The tasks of a run, as its pod or process executes them."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from pydantic import ValidationError

from bot.cli import world
from bot.cli.output import Output
from bot.errors import UsageError
from bot.ports import HEADING, Warehouse, Work
from bot.settings import Settings
from bot.tasks.promote import promote
from bot.tasks.sync import sync
from bot.tasks.tell import message, tell
from bot.tasks.verified import Verified
from bot.tasks.verify import verify
from bot.tasks.wait import wait

TELL = "tell"
WEBHOOK = "SAMEDAY_WEBHOOK"


def task(args: argparse.Namespace, out: Output) -> int:
    """Do tasks of one run in order, up to the first that fails; what each did is printed, a sentence a line."""
    try:
        work = Work.model_validate_json(Path(args.work).read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(f"{args.work}: is no work of a run: {str(error).splitlines()[0]}") from None
    work = work.model_copy(update={"date": args.date, "attempt": args.attempt})
    if args.tasks == [TELL]:
        out.write("".join(f"{line}\n" for line in _tell(work)))
        return 0
    settings = Settings.model_validate(work.backends)
    warehouse = world.warehouse(settings, {"experiment": work.experiment, "run": work.run})
    if warehouse is None:
        raise UsageError(f"{args.work}: names no warehouse, so that nothing can be read or written")
    verified = Verified.parse(args.verified) if args.verified else None
    for name in args.tasks:
        if len(args.tasks) > 1:
            out.write(f"{HEADING}{name}\n")
        if name == "verify":
            verified = verify(work, warehouse)
            said = list(verified.said)
            if args.verified_to:
                Path(args.verified_to).write_text(verified.written())
        else:
            said = _do(name, work, settings, warehouse, verified)
        out.write("".join(f"{line}\n" for line in said))
    return 0


def _tell(work: Work) -> list[str]:
    """The exit handler: what Argo says of the run, to the address in the environment."""
    address = os.environ.get(WEBHOOK)
    if not address:
        raise UsageError(f"{WEBHOOK} is not set: it holds the address that is told")
    said = [os.environ.get(f"SAMEDAY_{name}", "") for name in ("WORKFLOW", "STATUS", "FAILURES")]
    return tell(address, message(work, *said))


def _do(name: str, work: Work, settings: Settings, warehouse: Warehouse, verified: Verified | None) -> list[str]:
    if name == "wait":
        return wait(work, warehouse, world.clock, time.sleep)
    if name == "promote":
        return promote(work, warehouse, world.clock(), verified)
    return sync(work, warehouse, world.stores(settings), verified)
