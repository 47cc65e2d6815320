"""The words of the command line."""

from __future__ import annotations

import argparse
import platform
from datetime import date
from typing import Any

from bot.report.formats import FORMATS, PLANS

FIRST_YEAR = 1970  # earlier dates are typing errors, and those before 1000 would not fill a run's name
FORMAT = "how the result is printed"


class _Version(argparse.Action):
    """Print the version and end. argparse's own action would read it from the metadata in every command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"sameday {version('sameday')}, Python {platform.python_version()}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """Every command with its options; `command` in the result names the one that was given."""
    top = argparse.ArgumentParser(
        prog="sameday",
        description="Start the online test the day you think of it.",
        epilog="Exit codes: 0 nothing blocks, 1 a check or a release step failed, 2 wrong usage or settings, "
        "3 a backend could not be reached.",
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show this version and that of Python")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _checks(commands)
    _releases(commands)
    _shows(commands)
    task = commands.add_parser("task", help="tasks of a run, where its jobs are; one after the other")
    tasks = ["begin", "verify", "keep", "put", "tell"]
    task.add_argument("tasks", nargs="+", choices=tasks, metavar="TASK", help=f"one or more of {', '.join(tasks)}")
    task.add_argument("--work", required=True, metavar="FILE", help="the run's work, as JSON")
    task.add_argument("--date", required=True, type=_date, help="the data date")
    task.add_argument("--attempt", type=int, default=1, help="the run's attempt")
    task.add_argument("--go-to", metavar="FILE", help="where `begin` leaves `yes`, or `no` if nothing is to be made")
    return top


def _checks(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="run the checks")
    check.add_argument(
        "paths", nargs="*", metavar="PATH", help="experiments, by file, folder or name; none: all of them"
    )
    check.add_argument("--base", metavar="REF", help="only what has changed since HEAD and REF parted")
    check.add_argument("--offline", action="store_true", help="ask no backend")
    check.add_argument("--only", action="append", default=[], metavar="ID", help="this check only (may be repeated)")
    check.add_argument("--fix", action="store_true", help="apply the certain fixes to the files")
    check.add_argument("--diff", action="store_true", help="show what --fix would change, and change nothing")
    check.add_argument("--format", choices=FORMATS, default="text", help=FORMAT)
    plan = commands.add_parser("plan", help="what a merge would do")
    plan.add_argument("--base", metavar="REF", help="only of what has changed since HEAD and REF parted")
    plan.add_argument("--format", choices=PLANS, default="text", help=FORMAT)
    rehearse = commands.add_parser("rehearse", help="the whole story, pull request to live to day 2, on this machine")
    rehearse.add_argument("paths", nargs="*", metavar="PATH", help="a folder with experiments, or files of one")
    rehearse.add_argument("--settings", metavar="FILE", help="rehearse on these backends instead of the embedded ones")
    rehearse.add_argument(
        "--app", metavar="COMMAND", help="ask this application what users get: examples/serving/app.py says how"
    )
    rehearse.add_argument(
        "--collect", metavar="COMMAND",
        help="with --app: make tables of what it logged, and read the tests out: examples/serving/collect.py says how",
    )  # fmt: skip


def _releases(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    release = commands.add_parser("release", help="release what differs; run again to resume")
    release.add_argument(
        "--experiment",
        action="append",
        default=[],
        metavar="NAME",
        help="this one (name or file), even if it is on hold",
    )
    release.add_argument("--env", default="release", metavar="NAME", help="environment of the settings (release)")
    release.add_argument("--images", action="append", default=[], metavar="REPO=DIGEST", help="an image just built")
    run = commands.add_parser("run", help="one run for one date, or for each of several: a backfill")
    run.add_argument("name", metavar="NAME", help="the experiment, by name or by file")
    run.add_argument("--date", type=_date, help="the data date (today, in the schedule's time zone)")
    run.add_argument("--from", dest="first", type=_date, help="the first data date of several, with --to")
    run.add_argument("--to", dest="last", type=_date, help="the last one")
    run.add_argument(
        "--dry-run", action="store_true", help="with --from and --to: show what would run, and run nothing"
    )
    run.add_argument("--again", action="store_true", help="make the date anew, though it is made")
    run.add_argument("--unreleased", action="store_true", help="the experiment as it stands here; nobody sees its data")
    rollback = commands.add_parser("rollback", help="the previous release back")
    rollback.add_argument("name", metavar="NAME", help="the experiment, by name or by file")
    rollback.add_argument("--date", type=_date, help="take this bad day out of what is shown, and change nothing else")
    rollback.add_argument("--no-run", action="store_true", help="do not make the newest date that is missing then")
    for word, meaning in (
        ("off", "everyone to the control, in one write"),
        ("on", "what was turned off is seen again"),
    ):
        turn = commands.add_parser(word, help=meaning)
        turn.add_argument("name", metavar="NAME", help="the experiment's name")
    status = commands.add_parser("status", help="what is live, running, failed, late")
    status.add_argument("names", nargs="*", metavar="NAME", help="these experiments, with their newest runs; none: all")
    status.add_argument("--format", choices=["text", "json"], default="text", help=FORMAT)
    _runs(commands)
    commands.add_parser("alarm", help="what needs a person: late, failed, gone, changed by another hand, over")
    commands.add_parser("bot", help="what GitHub Actions runs: the event decides")


def _runs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    runs = commands.add_parser("runs", help="the runs of an experiment: list, logs, stop, retry")
    verbs = runs.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, meaning in (
        ("list", "its newest runs, whoever started them"),
        ("logs", "the end of what a job has printed: of one that failed or is running, unless it is named"),
        ("stop", "stop a run; what is shown stays"),
        ("retry", "go on with a run that was stopped, or try a failed one again"),
    ):
        one = verbs.add_parser(verb, help=meaning)
        one.add_argument("name", metavar="NAME", help="the experiment, by name or by file")
        if verb == "list":
            one.add_argument("--format", choices=["text", "json"], default="text", help=FORMAT)
        else:
            one.add_argument("--date", type=_date, help="the data date (that of the newest run)")
        if verb == "logs":
            one.add_argument("job", nargs="?", metavar="JOB", help="a job, or a task such as sameday-verify")
            one.add_argument("--follow", action="store_true", help="print on until the job is over")


def _shows(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    render = commands.add_parser("render", help="the Argo manifests of an experiment")
    render.add_argument("path", metavar="PATH", help="the experiment, by file or by name")
    render.add_argument("--template", metavar="FILE", help="fill this Jinja2 skeleton instead")
    render.add_argument(
        "--flags", choices=["file", "crd"], help="its flag instead: flagd's file, or the operator's resource"
    )
    traffic = commands.add_parser("traffic", help="who has which slots of each layer, and when")
    traffic.add_argument("--base", metavar="REF", help="mark what has been added since HEAD and REF parted")
    traffic.add_argument("--layer", metavar="NAME", help="this layer only")
    traffic.add_argument("--svg", metavar="FILE", help="write the picture into this file, too")
    measure = commands.add_parser("measure", help="measure metrics, for the power of the tests that are read by them")
    measure.add_argument("names", nargs="*", metavar="NAME", help="these metrics of the settings; none: all of them")
    measure.add_argument("--format", choices=["text", "json"], default="text", help=FORMAT)
    readout = commands.add_parser("readout", help="what users say of a test: which ranker they prefer, who saw an arm")
    readout.add_argument("name", metavar="NAME", help="the experiment, by name or by file")
    readout.add_argument("--phase", type=int, metavar="N", help="this phase only")
    readout.add_argument("--format", choices=["text", "json"], default="text", help=FORMAT)
    readout.add_argument("--svg", metavar="FILE", help="write the picture into this file, too")
    graph = commands.add_parser("graph", help="the graph of a run")
    graph.add_argument("path", metavar="PATH", help="the experiment, by file or by name")
    graph.add_argument("--format", choices=["mermaid", "dot"], default="mermaid", help=FORMAT)
    _lint(commands)
    schema = commands.add_parser("schema", help="the JSON Schema of experiment files")
    schema.add_argument("--settings", action="store_true", help="of sameday.yaml instead")
    explain = commands.add_parser("explain", help="a rule's manual")
    explain.add_argument("rule", metavar="RULE", help="a rule (dag.cycle) or a check (dag)")
    init = commands.add_parser("init", help="set a repository up")
    init.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="where sameday.yaml goes (here)")
    init.add_argument("--commands", action="store_true", help="let comments on pull requests give commands")
    init.add_argument("--measure", action="store_true", help="let the workflow measure metrics every week")
    init.add_argument("--update", action="store_true", help="write an existing workflow anew, and show what changes")
    init.add_argument("--ref", metavar="REF", help="the commit or tag of sameday that the workflow uses")
    init.add_argument(
        "--owner", metavar="OWNER", help="who must agree to changes of workflow and settings, as in @acme/platform"
    )


def _lint(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lint = commands.add_parser("lint", help="Argo's rules over any manifest")
    lint.add_argument("files", nargs="+", metavar="FILE", help="manifests, or folders of them")
    lint.add_argument(
        "--with", action="append", nargs="+", default=[], dest="given", metavar="FILE", help="templates they refer to"
    )
    lint.add_argument(
        "--argo",
        choices=["3.6", "3.7", "4.0", "4.1"],
        default="",
        metavar="VERSION",
        help="for this version only: 3.6, 3.7, 4.0 or 4.1",
    )
    lint.add_argument("--second-opinion", action="store_true", help="ask an installed `argo` too, and show differences")
    lint.add_argument("--format", choices=FORMATS, default="text", help=FORMAT)


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
        if day.year < FIRST_YEAR:
            raise ValueError
        return day
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date such as 2026-11-30") from None
