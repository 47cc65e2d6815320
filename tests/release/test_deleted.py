"""A file that is deleted while a release of it is at work, or has failed: nothing of that release goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow

HELD = f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"
OFF = ["  flag     off", "  schedule off"]


def at_work(site: Site, until: Callable[[Callable[[], object]], None]) -> str:
    """A release that has stopped waiting for its run; the run."""
    before = site.runs()
    site.repo.write("sameday.yaml", (site.repo.root / "sameday.yaml").read_text() + "limits: {release: 1s}\n")
    site.put(site.plain(command=HELD))
    assert "its run goes on" in site.release()
    (run,) = {*site.runs()} - {*before}
    until(lambda: f"run      {run} running" in site.say("status") or before)
    return run


def test_a_first_release_at_work_is_taken_out(site: Site, until: Callable[[Callable[[], object]], None]) -> None:
    run = at_work(site, until)
    assert "reco is being released, at generate since " in site.say("status")
    site.drop("reco")
    assert site.say("plan").splitlines()[:3] == [
        "reco is retired before it went live",
        "  - end its run, if that is at work",
        "  - keep the data that it made",
    ]
    said = site.release()
    assert f"schedule off, ended {run}\n" in said
    assert "reco is retired\n  serves nothing\n" in said
    assert f"ended {run}" in site.ledger()[-3]["reason"]
    until(lambda: f"run      {run} stopped" in site.say("status"))
    first, *rest = site.say("status").splitlines()
    assert first.startswith("reco is retired since ")
    assert rest[:2] == OFF
    (site.repo.root / "gate").touch()
    assert site.release() == "nothing differs from what is released\n"
    assert site.tally() == []
    site.put(site.plain(command=HELD))
    until(lambda: "reco is live\n" in site.release())  # which waits a second each time
    assert len(site.tally()) == 1


def test_a_later_release_at_work_ends_with_what_is_live(
    site: Site, until: Callable[[Callable[[], object]], None]
) -> None:
    site.put(site.plain())
    site.release()
    (live,) = site.runs()
    run = at_work(site, until)
    site.drop("reco")
    said = site.release()
    assert f"schedule off, ended {run}\n" in said
    until(lambda: "reco is retired since " in site.say("status"))
    (site.repo.root / "gate").touch()
    assert site.tally() == [live]


def test_a_first_release_that_failed_is_taken_out(site: Site) -> None:
    site.put(site.plain(command="false"))
    assert "reco failed at generate" in site.release(code=1)
    site.drop("reco")
    said = site.release()
    assert "reco is retired\n  serves nothing\n" in said
    assert "ended" not in said
    assert site.say("status").startswith("reco is retired since ")
    assert site.release() == "nothing differs from what is released\n"
