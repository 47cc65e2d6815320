"""Set a repository up: settings, workflow, an example, the editor's schemas. What is there is kept."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Mapping
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path

from bot import REPOSITORY, SITE
from bot.cli.backends import Adapters
from bot.commands.locate import git_at
from bot.errors import UsageError
from bot.git import Git
from bot.report.escape import clean
from bot.report.fixes import diff_lines
from bot.report.output import Printer
from bot.settings import FILE

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
IGNORED, WORKFLOW = ".gitignore", ".github/workflows/sameday.yml"
BELOW = {"sameday.yaml": "settings.yaml", "experiments/example.yaml": "example.yaml", IGNORED: "gitignore"}
OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # GitHub heeds the first that is there
AT_TOP = {
    WORKFLOW: "workflow.yml", ".vscode/settings.json": "editor.json", OWNERS[0]: "CODEOWNERS",
}  # fmt: skip
REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")
OWNER = re.compile(r"@[A-Za-z0-9][-A-Za-z0-9]*(/[A-Za-z0-9][-_.A-Za-z0-9]*)?")
UNPLAIN = re.compile(r"[\s#!?*\[\]\\]")  # in a path of CODEOWNERS
SPECIAL = re.compile(r"[!?*+\[\]\\]")  # in the workflow's pattern for the branch
NEXT = """\

Next:
1. Fill in sameday.yaml; a release needs an engine and a ledger. `sameday check` says whether it loads.
2. Commit on a branch and open a pull request. The settings are in force once they are merged.
3. Make the job "Check experiments" a required check of {branch}.
4. Give the job "Release experiments" its credentials; the workflow says where. The one that checks only looks.
"""
UNPINNED = """
The workflow uses {ref}, a name that may come to mean another commit. To pin it, write the commit in its place:
git ls-remote {site} {ref}
"""


def init_command(args: argparse.Namespace, out: Printer, backends: Adapters) -> int:
    """Write what is not there yet, and say what to do next."""
    folder = Path(args.folder).resolve()
    if not folder.is_dir():
        raise UsageError(f"{clean(args.folder)}: is no folder")
    if args.ref and not REF.fullmatch(args.ref):
        raise UsageError(f"--ref {clean(args.ref)}: is no commit, tag or branch")
    if args.owner and not OWNER.fullmatch(args.owner):
        raise UsageError(f"--owner {clean(args.owner)}: is no user or team, as in @acme or @acme/platform")
    top, prefix = _top(folder, backends)
    branch, ref = git_at(top, backends).branch(), args.ref or source(backends) or f"v{_version()}"
    values = _values(prefix, branch, ref, named=bool(args.ref))
    values |= {"commands": args.commands, "measure": args.measure, "owner": args.owner or ""}
    theirs = next((name for name in OWNERS if os.path.lexists(top / name)), None)
    wrote = set[str]()
    for names, base in ((BELOW, folder), (AT_TOP, top)):
        for name, template in names.items():
            place = top / theirs if theirs and name == OWNERS[0] else base / name
            text, shown = render(template, values), clean(str(place.relative_to(top)))
            if _write(place, text):
                wrote.add(name)
                out.write(f"wrote {shown}\n")
            elif name == WORKFLOW:
                wrote |= _existing(place, text, shown, out, update=args.update)
            else:
                out.write(f"kept  {shown}{_lacking(place, text) if name == IGNORED else ''}\n")
    out.write(NEXT.format(branch=clean(branch)))
    out.write(f"5. {_owners(theirs, str(values['path']), args.owner)}\n")
    if WORKFLOW in wrote and not COMMIT.fullmatch(ref):
        out.write(UNPINNED.format(ref=ref, site=SITE))
    return 0


def _existing(place: Path, text: str, shown: str, out: Printer, *, update: bool) -> set[str]:
    """Show how an existing workflow differs from what would be written, and write that if it is asked for."""
    if place.is_symlink() or not place.is_file():
        out.write(f"kept  {shown}, which is no plain file\n")
        return set()
    before = place.read_bytes().decode("utf-8", "replace")
    if before == text:
        out.write(f"kept  {shown}, which is as it would be written\n")
        return set()
    if not update:
        out.write(f"kept  {shown}, which differs from what would be written: `--update` shows how, and writes it\n")
        return set()
    out.write(f"wrote {shown} anew:\n")
    out.lines(diff_lines({shown: (before, text)}, ""))
    place.write_text(text, encoding="utf-8")
    return {WORKFLOW}


def _lacking(place: Path, text: str) -> str:
    """What a file of patterns does not ignore yet, in a sentence."""
    try:
        there = place.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return ""
    left = [line for line in text.split() if line not in there and line.strip("/") not in there]
    return f"; add {' and '.join(left)} to it" if left else ""


def _owners(theirs: str | None, path: str, owner: str | None) -> str:
    """What is left to do so that workflow and settings have owners who are asked."""
    rule = "make a ruleset of the branch require a review from code owners"
    who = owner or "@org/team"
    if theirs:
        return f"Add to {theirs}, and {rule}:\n   /.github/ {who}\n   /{clean(path)}{FILE} {who}"
    return f"{'Look at' if owner else 'Fill in'} {OWNERS[0]}, and {rule}."


def _values(prefix: str, branch: str, ref: str, *, named: bool) -> dict[str, object]:
    """What the templates ask for; a text that goes into YAML or JSON is quoted as both understand it."""
    version = f" # v{_version()}" if COMMIT.fullmatch(ref) and not named else ""
    return {
        "site": SITE,
        "repository": REPOSITORY,
        "checkout": CHECKOUT,
        "uses": f"{REPOSITORY}@{ref}{version}",
        "branch": json.dumps(branch),
        "pattern": json.dumps(SPECIAL.sub(r"\\\g<0>", branch)),
        "folder": json.dumps(prefix.rstrip("/")) if prefix else "",
        "prefix": json.dumps(prefix)[1:-1],
        "path": UNPLAIN.sub(r"\\\g<0>", prefix),
    }


def render(template: str, values: Mapping[str, object]) -> str:
    """One of the templates, filled; `${{ }}` in it is GitHub's."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(  # noqa: S701  this makes YAML and JSON, not HTML
        variable_start_string="<<", variable_end_string=">>", block_start_string="#%", block_end_string="%#",
        trim_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    text = (files("bot.cli") / "template" / template).read_text(encoding="utf-8")
    return environment.from_string(text).render(values)


def _write(place: Path, text: str) -> bool:
    """Make the file; says False, and leaves it alone, if something has its name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _top(folder: Path, backends: Adapters) -> tuple[Path, str]:
    """The repository's top, where GitHub and editors look, and what leads from there to the folder."""
    try:
        prefix = git_at(folder, backends).prefix()
    except UsageError:
        return folder, ""
    return folder.parents[prefix.count("/") - 1] if prefix else folder, prefix


def source(backends: Adapters) -> str | None:
    """The commit that sameday was installed from, if that is known."""
    origin = json.loads(distribution("sameday").read_text("direct_url.json") or "{}")
    commit = origin.get("vcs_info", {}).get("commit_id")
    checkout = Path(__file__).parents[2]
    if commit is None and (checkout / ".git").exists():  # a folder above it may be anybody's repository
        try:
            commit = Git(checkout, checkout, backends.environment).commit()
        except UsageError:
            return None
    return str(commit) if commit else None


def _version() -> str:
    return distribution("sameday").version
