"""A rollback while a release watches its runs: it waits for nobody, and what it did is not undone."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

import pytest

from tests.release.conftest import TOP, Site

pytestmark = pytest.mark.slow

HELD = f"timeout 60 sh -c 'while [ ! -e {TOP}/gate ]; do sleep 0.02; done'"
Start = Callable[..., subprocess.Popen[bytes]]
Until = Callable[[Callable[[], object]], None]
SOON = 10  # seconds, within which a rollback has begun whatever else is at work


def at_work(site: Site, start: Start, until: Until, name: str) -> subprocess.Popen[bytes]:
    """A release whose run waits for a gate."""
    site.put(site.experiment(name, before=HELD))
    release = start("release")
    until(lambda: " running, " in site.say("status"))
    return release


def test_what_is_rolled_back_meanwhile_stays_so(site: Site, start: Start, until: Until) -> None:
    for scores in ("old", "new"):
        site.put(site.experiment(scores=scores))
        site.release()
    release = at_work(site, start, until, "reco")
    begun = time.monotonic()
    assert " again\n" in site.say("rollback", "reco")
    assert time.monotonic() - begun < SOON
    shown = (site.flag(), site.shown(), site.served(), site.warehouse())
    (site.repo.root / "gate").touch()
    assert release.wait(60) == 0
    assert "reco is on hold at generate: it was rolled back meanwhile: from reco-" in output(site)
    assert (site.flag(), site.shown(), site.served(), site.warehouse()) == shown
    assert "reco is on hold: rolled back on" in site.release()


def test_another_experiment_is_rolled_back_and_the_release_goes_on(site: Site, start: Start, until: Until) -> None:
    for scores in ("old", "new"):
        site.put(site.experiment(scores=scores))
        site.release()
    release = at_work(site, start, until, "other")
    site.say("rollback", "reco")
    shown = (site.flag(), site.shown())
    (site.repo.root / "gate").touch()
    assert release.wait(60) == 0
    assert "other is live\n" in output(site)
    assert (site.flag(), site.shown()) == shown
    assert site.flag("other") is not None


def test_a_second_release_is_refused_all_the_while(site: Site, start: Start, until: Until) -> None:
    release = at_work(site, start, until, "reco")
    assert "another release is at work here (" in site.release(code=1)
    (site.repo.root / "gate").touch()
    assert release.wait(60) == 0


def output(site: Site) -> str:
    """What the release has said."""
    return (site.repo.root.parent / "output").read_text(encoding="utf-8")
