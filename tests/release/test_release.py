"""A release through the command line: what it leaves, and what it says."""

from __future__ import annotations

import pytest

from bot.ports import STEPS
from tests.conftest import Repo
from tests.release.conftest import Site

RELEASED = [(step, state) for step in STEPS for state in ("started", "done")]
NOTHING = "nothing differs from what is released\n"


def test_the_first_release_takes_what_is_there_as_live(repo: Repo, site: Site) -> None:
    (site.kept / "ledger.sqlite").unlink()
    site.put(site.plain("old"), site.plain("older"))
    said = site.release()
    assert "first release here: taken as live and not released: old, older\n" in said
    assert site.runs() == []
    assert site.flag("old") is None
    assert site.release() == NOTHING
    site.put(site.plain("fresh"))
    assert "fresh is live\n" in site.release()
    assert [run[:5] for run in site.runs()] == ["fresh"]


def test_one_that_was_there_is_released_by_name_or_by_a_change(site: Site) -> None:
    (site.kept / "ledger.sqlite").unlink()
    site.put(site.plain("old"), site.plain("older"))
    said = site.release("--experiment", "old")
    assert "taken as live and not released: older\n" in said
    assert "old is live\n" in said
    site.put(site.plain("older", serving=site.split(50)))
    plan = site.say("plan")
    assert "serves now: what was there before" in plan
    assert "- run 1 job for " in plan
    assert "older is live\n" in site.release()
    assert [run.split("-")[0] for run in site.tally()] == ["old", "older"]
    assert site.release() == NOTHING


def test_a_new_experiment_goes_live(site: Site) -> None:
    commit = site.put(site.experiment())
    said = site.release()
    (run,) = site.runs()
    assert "reco is live\n" in said
    assert f"  serves {run}\n" in said
    assert site.served() == [(0, 0.5), (1, 0.5), (2, 0.5)]
    assert site.warehouse() == site.served()
    place = f"reco__{site.scheduled()}"
    assert site.flag()["variants"]["new"] == {"arm": "new", "store": "serving", "table": place}
    assert site.served(place) == site.served(), "what the flag names and what the name shows are one release"
    assert run.startswith(f"reco-{site.scheduled()}-")
    assert site.steps() == RELEASED
    assert {entry["commit"] for entry in site.ledger()} == {commit}
    announced = (site.kept / "announcements" / "reco.md").read_text()
    assert announced.startswith("**<code>reco</code>** is live.")
    assert "- **generate** run reco-" in announced
    assert f"Served before: <code>nothing</code>, now: <code>{run}</code>." in announced


def test_releasing_again_does_nothing(site: Site) -> None:
    site.put(site.plain())
    site.release()
    before = site.ledger()
    assert site.release() == NOTHING
    site.repo.write("README.md", "words")
    site.repo.commit("words")
    assert site.release() == NOTHING
    assert (site.ledger(), len(site.tally())) == (before, 1)


def test_one_fails_and_the_other_is_live(site: Site) -> None:
    site.put(site.plain("bad", "echo so many; echo words; exit 3"), site.plain("good"))
    said = site.release(code=1)
    assert "good is live\n" in said
    assert (
        "bad failed at generate: infer ended with exit code 3\n"
        "  end of the log of infer:\n"
        "  | so many\n"
        "  | words\n"
        "  serves nothing\n"
        "  next: correct its file, or try again as it is: `sameday release --experiment bad`\n"
    ) in said
    assert (site.flag("bad"), site.scheduled("bad")) == (None, None)
    assert site.flag("good") is not None


def test_weights_change_without_new_data(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.put(site.plain(serving=site.split(50)))
    assert "generate" not in site.release()
    assert "['new', 50]" in str(site.flag()["targeting"])
    assert len(site.tally()) == 1


def test_a_holdout_of_the_settings_reaches_every_flag_without_new_data(site: Site) -> None:
    site.put(site.plain(), site.plain("other"))
    site.release()
    settings = (site.repo.root / "sameday.yaml").read_text()
    held = "holdouts: {h2: {share: 5%, start: 2026-01-01, end: 2199-01-01}}\n"
    site.repo.write("sameday.yaml", settings + held)
    site.repo.commit("hold some users out")
    said = site.release()
    assert "generate" not in said
    assert ["holdout:h2:" in str(site.flag(name)["targeting"]) for name in ("reco", "other")] == [True, True]
    assert "is live" not in site.release(), "it is done once"
    site.repo.write("sameday.yaml", settings)
    site.repo.commit("let them in")
    site.release()
    assert "holdout" not in str(site.flag()["targeting"])


def test_more_memory_needs_no_new_run(site: Site) -> None:
    small, large = site.plain(), site.plain()
    large["jobs"][0]["resources"] = {"memory": "4Gi"}
    site.put(small)
    site.release()
    site.put(large)
    said = site.release()
    assert "reco apply done" in said
    assert "generate" not in said
    template = next((site.kept / "engine" / "templates").iterdir()).read_text()
    assert '"memory": "4Gi"' in template
    assert "succeeded" in site.say("run", "reco")  # the run of the day is found, whatever it was given
    assert len(site.tally()) == 1


@pytest.mark.slow
def test_an_image_just_built_makes_another_release(site: Site) -> None:
    job = {**site.plain()["jobs"][0], "option": {"repo": "reco"}}
    site.put(site.plain(jobs=[job]))
    site.release("--images", "reco=registry/reco@sha256:" + "1" * 64)
    first = site.scheduled()
    site.release("--images", "reco=registry/reco@sha256:" + "2" * 64)
    assert site.scheduled() != first
    assert len(site.tally()) == 2
    site.release()  # which builds nothing: what the last build handed over stays
    assert len(site.tally()) == 2
    site.release("--images", "reco=sha256:" + "1" * 64, code=2)  # the settings name no image to take the name from
    settings = (site.repo.root / "sameday.yaml").read_text()
    site.repo.write("sameday.yaml", settings + f"repos: {{reco: {{image: registry/reco@sha256:{'3' * 64}}}}}\n")
    site.repo.commit("another image")
    site.release()
    assert len(site.tally()) == 3  # the settings have named another one since
    site.release("--images", "reco=sha256:" + "4" * 64)
    assert len(site.tally()) == 4
    assert "nothing differs" in site.release()


@pytest.mark.parametrize(
    "word", ["reco", "reco=registry/reco:v1", "reco=registry/reco@sha256:12", "rec=r@sha256:" + "1" * 64]
)
def test_an_image_is_named_by_digest_for_a_repo_that_is_there(site: Site, word: str) -> None:
    site.put(site.plain(jobs=[{**site.plain()["jobs"][0], "option": {"repo": "reco"}}]))
    said = site.release("--images", word, code=2)
    assert "write REPO=DIGEST" in said or "did you mean 'reco'?" in said


def test_deleting_the_file_retires(site: Site) -> None:
    site.put(site.experiment(), site.plain("other"))
    site.release()
    kept = site.served()
    site.drop("reco")
    assert "reco is retired\n  serves nothing\n" in site.release()
    assert (site.flag(), site.scheduled()) == (None, None)
    assert site.served() == kept != []
    assert site.flag("other") is not None
    assert (site.kept / "announcements" / "reco.md").read_text().startswith("**<code>reco</code>** is retired.")
    assert site.release() == NOTHING
    site.put(site.experiment())
    assert "reco is live\n" in site.release()
    assert site.flag() is not None
    assert len(site.tally()) == 2  # the other's, and one of this


def test_the_end_of_its_period_retires(site: Site) -> None:
    site.put(site.plain())
    site.release()
    assert site.flag() is not None
    site.put(site.plain(serving=site.split(20, end="2026-02-01")))
    assert "reco is retired\n" in site.release()
    assert (site.flag(), site.scheduled()) == (None, None)


def test_a_broken_file_changes_nothing_of_what_is_live(site: Site) -> None:
    site.put(site.plain())
    site.release()
    site.repo.write("experiments/reco.yaml", "name: reco\njobs: [")
    site.repo.commit("half a file")
    said = site.release(code=1)
    assert "experiments/reco.yaml:2:8: schema.syntax: " in said
    assert "left as it was\n" in said
    assert site.flag() is not None


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("experiments/new.yaml", "name: new", "experiments/new.yaml has changes that are in no commit"),
        ("sameday.yaml", "", "sameday.yaml has changes that are in no commit"),
        ("jobs/infer.py", "print()", "jobs/infer.py has changes that are in no commit"),
    ],
)
def test_what_is_in_no_commit_is_not_released(site: Site, path: str, content: str, why: str) -> None:
    site.put(site.plain(sources=["jobs/**"]))
    place = site.repo.root / path
    text = place.read_text() + "\n# more\n" if place.exists() else content
    site.repo.write(path, text)
    assert why in site.release(code=2)
    assert site.ledger() == []


def test_without_settings_nothing_is_guessed(site: Site) -> None:
    (site.repo.root / "sameday.yaml").unlink()
    site.repo.commit("no settings")
    for words in (["release"], ["status"], ["run", "reco"], ["rollback", "reco"]):
        assert "there is no sameday.yaml here or above" in site.say(*words, code=2)
    site.repo.write("sameday.yaml", "warehouse: {kind: folder}\n")
    site.repo.commit("half the settings")
    assert "names no engine and no ledger" in site.release(code=2)
    site.repo.write("sameday.yaml", "engin: {}\n")
    site.repo.commit("a word that is none")
    assert "did you mean" in site.release(code=2)


def test_an_unknown_name_is_refused(site: Site) -> None:
    site.put(site.plain())
    assert "no valid experiment 'rico'" in site.release("--experiment", "rico", code=2)
    assert "no valid experiment 'rico'" in site.say("run", "rico", code=2)
