"""`sameday init`: what it writes, that it keeps what is there, and that all of it fits what the bot understands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.init import CHECKOUT
from bot.github.event import VERBS
from bot.settings import Settings, load
from tests.conftest import Repo
from tests.far.runner import load as load_action

GOLDEN = Path(__file__).parent / "golden"
REF = "0123456789abcdef0123456789abcdef01234567"
WRITTEN = [
    "sameday.yaml", "experiments/example.yaml", ".gitignore", ".github/workflows/sameday.yml",
    ".vscode/settings.json", ".github/CODEOWNERS",
]  # fmt: skip
WAYS = {"plain": (), "commands": ("--commands", "--measure", "--owner", "@acme/platform")}
PERMISSIONS = {
    "check": {"contents": "read", "pull-requests": "write", "checks": "write"},
    "release": {"contents": "read", "pull-requests": "write", "deployments": "write"},
    "command": {"contents": "read", "pull-requests": "write", "checks": "write", "deployments": "write"},
    "alarm": {"contents": "read", "issues": "write"},
    "measure": {"contents": "read"},
}


@pytest.fixture
def new(tmp_path: Path) -> Repo:
    """A git repository with nothing in it."""
    made = Repo(tmp_path / "new")
    made.root.mkdir()
    made.git("init", "-q")
    return made


def workflow(repo: Repo) -> dict[Any, Any]:
    """The workflow that was written."""
    return dict(yaml.safe_load((repo.root / ".github/workflows/sameday.yml").read_text(encoding="utf-8")))


def triggers(repo: Repo) -> dict[str, Any]:
    """What starts it: a parser of YAML 1.1 reads the key `on` as True."""
    return dict(workflow(repo)[True])


def uses(repo: Repo) -> list[dict[str, Any]]:
    """Every step, which all use an action."""
    return [step for job in workflow(repo)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written(way: str, new: Repo, golden: Callable[[Path, str], None]) -> None:
    said = new.sameday("init", "--ref", REF, *WAYS[way])
    assert said.code == 0, said.err
    assert said.out.splitlines()[: len(WRITTEN)] == [f"wrote {name}" for name in WRITTEN]
    assert "may come to mean" not in said.out
    golden(GOLDEN / f"{way}.txt", said.out)
    for name in WRITTEN:
        golden(GOLDEN / way / Path(name).name, (new.root / name).read_text(encoding="utf-8"))
    new.commit()
    assert set(new.git("ls-files").split()) == set(WRITTEN)


@pytest.mark.parametrize("way", WAYS)
def test_the_checks_pass_at_once(way: str, new: Repo) -> None:
    new.sameday("init", *WAYS[way])
    for words in ((), ("--offline",)):
        said = new.sameday("check", *words)
        assert (said.code, said.err) == (0, ""), said.out + said.err
        assert "1 experiment: passed 7 of 9 checks (sync: " in said.out


def test_the_commented_parts_are_right_too(new: Repo) -> None:
    """Whoever takes the # away gets settings, and an experiment, that load."""
    new.sameday("init")
    for name in ("sameday.yaml", "experiments/example.yaml"):
        text = (new.root / name).read_text(encoding="utf-8")
        plain = re.sub(r"^( *)# ( *(?:- \{|[a-z_]+:).*)$", r"\1\2", text, flags=re.MULTILINE)
        new.write(name, plain.replace("dependencies: [extract]", "dependencies: []"))
    settings = load((new.root / "sameday.yaml").read_bytes(), "release").settings
    assert settings is not None
    assert {"stores", "repos", "options", "rules", "environments"} <= settings.model_fields_set
    said = new.sameday("check", "--offline")
    assert said.code == 0, said.out + said.err
    assert "passed   schema code dag dates flags" in said.out


def test_nothing_is_overwritten(new: Repo) -> None:
    new.write("sameday.yaml", "# mine\n")
    (new.root / ".github" / "workflows").mkdir(parents=True)
    (new.root / ".github" / "workflows" / "sameday.yml").symlink_to("../../elsewhere.yml")
    said = new.sameday("init", "--ref", REF)
    assert said.code == 0
    assert said.out.splitlines()[:6] == [
        "kept  sameday.yaml", "wrote experiments/example.yaml", "wrote .gitignore",
        "kept  .github/workflows/sameday.yml, which is no plain file", "wrote .vscode/settings.json",
        "wrote .github/CODEOWNERS",
    ]  # fmt: skip
    assert new.sameday("init", "--ref", REF, "--update").code == 0
    assert (new.root / "sameday.yaml").read_text(encoding="utf-8") == "# mine\n"
    assert not (new.root / "elsewhere.yml").exists()
    assert [line[:5] for line in new.sameday("init", "--ref", REF).out.splitlines()[:6]] == ["kept "] * 6


def test_an_existing_workflow_is_brought_up_to_date(new: Repo) -> None:
    """It is kept, and said to differ; `--update` shows how and writes it, and nothing else."""
    assert new.sameday("init", "--ref", "v0.1.0").code == 0
    new.write("sameday.yaml", "# mine\n")
    said = new.sameday("init", "--ref", "v0.2.0", "--commands")
    differs = "kept  .github/workflows/sameday.yml, which differs from what would be written: `--update` shows how"
    assert differs in said.out
    assert "The workflow uses" not in said.out
    said = new.sameday("init", "--ref", "v0.2.0", "--commands", "--update")
    assert "wrote .github/workflows/sameday.yml anew:\n--- .github/workflows/sameday.yml\n" in said.out
    assert "\n-      - uses: sameday-bot/sameday@v0.1.0\n+      - uses: sameday-bot/sameday@v0.2.0\n" in said.out
    assert "The workflow uses v0.2.0" in said.out
    assert "issue_comment" in triggers(new)
    assert (new.root / "sameday.yaml").read_text(encoding="utf-8") == "# mine\n"
    assert "which is as it would be written" in new.sameday("init", "--ref", "v0.2.0", "--commands", "--update").out


def test_what_is_made_here_is_ignored(new: Repo) -> None:
    """Ledgers, locks and rehearsals are nobody's commit; an own file of patterns is told what it lacks."""
    new.write(".gitignore", "data/\n/.sameday\n")
    assert "kept  .gitignore; add .sameday/ and rehearsal/ to it" in new.sameday("init").out
    new.write(".gitignore", "data/\n.sameday\nrehearsal/\n")
    assert "kept  .gitignore\n" in new.sameday("init").out


@pytest.mark.slow
@pytest.mark.parametrize("branch", ["main", "develop", "release/1.x", "a+b!"])
def test_the_branch_that_is_checked_out(branch: str, new: Repo) -> None:
    new.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    assert f"a required check of {branch}." in new.sameday("init").out
    assert triggers(new)["push"]["branches"] == [re.sub(r"([+!])", r"\\\1", branch)]
    assert workflow(new)["jobs"]["release"]["steps"][0]["with"]["ref"] == branch


def test_the_remote_knows_the_branch_better(new: Repo) -> None:
    new.commit()
    new.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    new.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    new.sameday("init")
    assert triggers(new)["push"]["branches"] == ["trunk"]


def test_a_detached_head_and_no_repository_mean_main(new: Repo, tmp_path: Path) -> None:
    new.git("checkout", "-q", "--detach", new.commit())
    new.sameday("init")
    bare = Repo(tmp_path / "bare")
    bare.root.mkdir()
    assert bare.sameday("init").code == 0
    assert triggers(new)["push"]["branches"] == triggers(bare)["push"]["branches"] == ["main"]


def test_a_folder_of_a_larger_repository(new: Repo) -> None:
    (new.root / "ml" / "reco").mkdir(parents=True)
    said = new.sameday("init", "ml/reco", "--commands")
    assert said.out.splitlines()[:6] == [
        f"wrote {name}" for name in [f"ml/reco/{n}" for n in WRITTEN[:3]] + WRITTEN[3:]
    ]
    paths = [step.get("with", {}).get("path") for step in uses(new) if "sameday" in step["uses"]]
    assert paths == ["ml/reco"] * 4
    schemas = json.loads((new.root / ".vscode/settings.json").read_text(encoding="utf-8"))["yaml.schemas"]
    assert [*schemas.values()][1] == "ml/reco/sameday.yaml"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "nowhere: is no folder"),
        (("--owner", "acme"), "--owner acme: is no user or team, as in @acme or @acme/platform"),
        (("--owner", "@a @b"), "--owner @a @b: is no user or team"),
        (("--owner", "@a\n* @b"), "is no user or team"),
        (("--ref", "v1 # x"), "--ref v1 # x: is no commit, tag or branch"),
        (("--ref", "v1\nrun: x"), "is no commit, tag or branch"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], told: str, new: Repo) -> None:
    said = new.sameday("init", *words)
    assert said.code == 2
    assert told in said.err
    assert [path.name for path in new.root.iterdir()] == [".git"]


def owned(repo: Repo, path: str = ".github/CODEOWNERS") -> list[tuple[str, str]]:
    """What has an owner: each pattern, and who that is."""
    lines = (repo.root / path).read_text(encoding="utf-8").splitlines()
    return [(line.rpartition(" ")[0], line.rpartition(" ")[2]) for line in lines if line and line[0] != "#"]


def test_workflow_and_settings_have_owners(new: Repo) -> None:
    said = new.sameday("init", "--owner", "@acme/platform")
    assert owned(new) == [("/.github/", "@acme/platform"), ("/sameday.yaml", "@acme/platform")]
    assert "5. Look at .github/CODEOWNERS, and make a ruleset of the branch require a review" in said.out


def test_without_an_owner_nobody_is_made_up(new: Repo) -> None:
    """A line with a team that is not there would be passed over by GitHub without a word."""
    assert "5. Fill in .github/CODEOWNERS, and make a ruleset of the branch" in new.sameday("init").out
    assert owned(new) == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["ml/reco", "my models", "a#b", "x[1]*"])
def test_owners_of_a_folders_settings(new: Repo, folder: str) -> None:
    """The pattern is of this path alone, as git reads the patterns that CODEOWNERS has, too."""
    (new.root / folder).mkdir(parents=True)
    new.sameday("init", folder, "--owner", "@acme")
    (_, (pattern, _)) = owned(new)
    new.write(".git/info/exclude", f"{pattern}\n")
    new.write("sameday.yaml", "")
    ignored = new.git("ls-files", "-z", "--others", "--ignored", "--exclude-standard").split("\0")
    assert [name for name in ignored if name] == [f"{folder}/sameday.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS"])
def test_owners_that_are_there_stay_in_force(new: Repo, place: str) -> None:
    """GitHub heeds one such file only: a second one would take the place of theirs."""
    new.write(place, "* @theirs\n")
    said = new.sameday("init", "--owner", "@acme/platform")
    assert f"kept  {place}\n" in said.out
    assert f"5. Add to {place}, and make a ruleset of the branch require a review from code owners:\n" in said.out
    assert "   /.github/ @acme/platform\n   /sameday.yaml @acme/platform\n" in said.out
    assert [str(path.relative_to(new.root)) for path in new.root.rglob("CODEOWNERS")] == [place]
    assert owned(new, place) == [("*", "@theirs")]


def test_a_tag_is_used_and_called_what_it_is(new: Repo) -> None:
    said = new.sameday("init", "--ref", "v1")
    assert "git ls-remote https://github.com/sameday-bot/sameday v1\n" in said.out
    assert {step["uses"] for step in uses(new) if "checkout" not in step["uses"]} == {"sameday-bot/sameday@v1"}


def test_the_commit_of_this_checkout_is_used(new: Repo) -> None:
    new.sameday("init")
    (used,) = {step["uses"] for step in uses(new) if "checkout" not in step["uses"]}
    here = Repo(Path(__file__).parents[2])
    if (here.root / ".git").exists():
        assert used == f"sameday-bot/sameday@{here.git('rev-parse', 'HEAD').strip()}"
    else:
        assert re.fullmatch(r"sameday-bot/sameday@v\d+\.\d+\.\d+", used)


@pytest.mark.parametrize("way", WAYS)
def test_the_workflow_fits_the_action_and_the_bot(way: str, new: Repo) -> None:
    """What no linter knows: inputs that exist, events that are understood, pins, rights, names, times."""
    (new.root / "sub").mkdir()
    new.sameday("init", "sub", "--ref", REF, *WAYS[way])
    on, jobs = triggers(new), workflow(new)["jobs"]
    assert set(on) - {"issue_comment"} == {"pull_request", "merge_group", "push", "schedule", "workflow_dispatch"}
    assert ("issue_comment" in on) == ("command" in jobs) == (way == "commands")
    assert ("measure" in jobs) == (way == "commands")
    times = [one["cron"] for one in on["schedule"]]
    asked = [job for job in jobs.values() for time in times if f"github.event.schedule == '{time}'" in job["if"]]
    assert len(asked) == len(times) == 2 + (way == "commands"), "each time starts one job"
    assert on["pull_request"]["types"] == ["opened", "synchronize", "reopened", "ready_for_review", "edited"]
    assert set(on["workflow_dispatch"]["inputs"]["command"]["options"]) == set(VERBS)
    assert set(on["workflow_dispatch"]["inputs"]) == {"command", "experiment", "date", "pull-request", "commit"}
    assert workflow(new)["permissions"] == {}
    declared = set(load_action()["inputs"])
    for step in uses(new):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
        if "sameday" in step["uses"]:
            assert set(step["with"]) <= declared
    for name, job in jobs.items():
        assert job["permissions"] == PERMISSIONS[name]
        assert "${{" not in job["name"]
        assert "sameday" not in (name, job["name"])
        queue = job["concurrency"].get("queue") == "max"
        assert queue == (name in ("release", "command"))
        assert job["concurrency"]["cancel-in-progress"] == (name == "check")
        if queue:
            assert timedelta(minutes=job["timeout-minutes"]) > Settings().limits.release


def test_the_input_of_images_is_one_of_the_action(new: Repo) -> None:
    new.sameday("init", "--ref", REF)
    text = (new.root / ".github/workflows/sameday.yml").read_text(encoding="utf-8")
    assert re.findall(r"#   (\w+): \$\{\{ needs\.images", text) == ["images"]
    assert "images" in load_action()["inputs"]


def test_the_checkout_is_the_one_that_ci_uses() -> None:
    """So that whoever brings that one up to date brings this one, too."""
    text = (Path(__file__).parents[2] / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert f"uses: {CHECKOUT}\n" in text
