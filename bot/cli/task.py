"""The tasks of a run, as its pod or process executes them."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from pydantic import ValidationError

from bot.cli import world
from bot.cli.output import Output
from bot.errors import UsageError
from bot.ports import Work
from bot.settings import Settings
from bot.tasks.promote import promote
from bot.tasks.sync import sync
from bot.tasks.verify import verify
from bot.tasks.wait import wait


def task(args: argparse.Namespace, out: Output) -> int:
    """Do one task of one run; what it did is printed, a sentence a line."""
    try:
        work = Work.model_validate_json(Path(args.work).read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(f"{args.work}: is no work of a run: {str(error).splitlines()[0]}") from None
    work = work.model_copy(update={"date": args.date, "attempt": args.attempt})
    settings = Settings.model_validate(work.backends)
    warehouse = world.warehouse(settings)
    if warehouse is None:
        raise UsageError(f"{args.work}: names no warehouse, so that nothing can be read or written")
    if args.task == "wait":
        said = wait(work, warehouse, world.clock, time.sleep)
    elif args.task == "verify":
        said = verify(work, warehouse)
    elif args.task == "promote":
        said = promote(work, warehouse, world.clock())
    else:
        said = sync(work, warehouse, world.stores(settings))
    out.write("".join(f"{line}\n" for line in said))
    return 0
