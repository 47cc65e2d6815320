"""The action's first step, for real: an environment of its own, from the lock, whatever the repository holds."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.action.conftest import Job
from tests.far.runner import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LOCKED = dict(re.findall(r"^([a-z][\w.-]*)==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M))
LIST = "from importlib.metadata import distributions as d; print(*(f'{x.name.lower()}=={x.version}' for x in d()))"


def there(job: Job) -> dict[str, str]:
    """The packages of the environment."""
    return dict(word.split("==") for word in job("-c", LIST).split())


def moved(job: Job) -> dict[str, str]:
    """What is installed in another version than the lock says."""
    return {name: is_ for name, is_ in there(job).items() if LOCKED.get(name.replace("_", "-"), is_) != is_}


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_the_lock_and_sameday_are_installed_and_nothing_of_the_repository_runs(
    uv: bool, start: Callable[[bool], Job], installed: Job
) -> None:
    job = installed if uv else start(False)
    if not uv:
        ran = job.use()
        assert ran.codes["install"] == 0, ran.log
        assert "Successfully installed" not in ran.log
    assert {"sameday", "pyyaml", "duckdb", "hatchling"} <= set(there(job))
    assert moved(job) == {}
    assert "a rule's manual" in job("-m", "bot", "--help")
    assert Path(job("-c", "import bot; print(bot.__file__)").strip()).is_relative_to(job.temp)
    assert not job.mark.exists()


def test_the_repository_would_have_left_a_mark(start: Callable[[bool], Job]) -> None:
    """The guard of the guard: without isolation its modules do run."""
    job = start(True)
    env = {**os.environ, "PYTHONPATH": str(job.workspace)}
    subprocess.run([sys.executable, "-c", "import bot, venv"], env=env, cwd=job.workspace, check=True)
    assert job.mark.read_text(encoding="utf-8") == "sitecustomizebot/__init__venv"


def test_every_file_of_the_package_is_installed(installed: Job) -> None:
    """Also what is no Python: schemas, templates."""
    top, there = installed.action / "bot", Path(installed("-c", "import bot; print(bot.__path__[0])").strip())
    wanted = {str(path.relative_to(top)) for path in top.rglob("*") if path.is_file()}
    assert "cli/template/workflow.yml" in wanted
    assert wanted <= {str(path.relative_to(there)) for path in there.rglob("*")}


def test_a_second_use_in_one_job_installs_nothing(installed: Job) -> None:
    before = (installed.temp / "sameday-python" / "complete").stat().st_mtime_ns
    assert installed.use(env={"PATH": "/usr/bin:/bin", "PIP_NO_INDEX": "1"}).codes["install"] == 0
    assert (installed.temp / "sameday-python" / "complete").stat().st_mtime_ns == before


WRONG = [
    "acme-checks",
    "acme>=1.0",
    "acme==1.*",
    "acme==1.0 --index-url=http://127.0.0.1",
    "-r../x",
    "./acme==1",
    "a==1;b==2",
]


@pytest.mark.parametrize("line", WRONG)
def test_a_plugin_that_is_not_pinned_is_refused(line: str, start: Callable[[bool], Job]) -> None:
    job = start(True)
    ran = job.use({"plugins": f"good==1.0\n\n{line}\n"})
    assert ran.codes == {"install": 2}
    form = "name==version, or name==version --hash=sha256:…"
    assert ran.log == f"::error title=sameday::plugins, line 3: '{line}' is not of the form {form}\n"
    assert not job.python.exists()


def wheel(folder: Path, requires: str, more: Mapping[str, str] | None = None) -> str:
    """A package with a check, which needs something else, and `more` files; its hash."""
    meta = "acme_checks-1.0.dist-info"
    files = dict(more or {}) | {
        "acme_checks.py": 'ID = "acme"\nRULES = {"never": "error"}\nREQUIRES = ()\nNEEDS = frozenset()\n'
        "WANTS = frozenset()\n\n\ndef check(experiment, context):\n    return ()\n",
        f"{meta}/METADATA": f"Metadata-Version: 2.1\nName: acme-checks\nVersion: 1.0\nRequires-Dist: {requires}\n",
        f"{meta}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{meta}/entry_points.txt": "[sameday.checks]\nacme = acme_checks\n",
    }
    files[f"{meta}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{meta}/RECORD"])
    folder.mkdir(exist_ok=True)
    place = folder / "acme_checks-1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return hashlib.sha256(place.read_bytes()).hexdigest()


def offline(folder: Path, uv: bool) -> dict[str, str]:
    """What makes a folder of wheels one more index."""
    return {"UV_FIND_LINKS" if uv else "PIP_FIND_LINKS": str(folder)}


def test_a_plugin_is_found_by_sameday(start: Callable[[bool], Job], tmp_path: Path) -> None:
    wheel(tmp_path, "pyyaml")
    job = start(True)
    ran = job.use({"plugins": "  acme-checks==1.0  \n"}, offline(tmp_path, uv=True))
    assert ran.codes["install"] == 0, ran.log
    (job.workspace / "sameday.yaml").write_text("plugins: [acme]\n", encoding="utf-8")
    assert '"verdict":"passed"' in job("-m", "bot", "check", "--only", "acme", "--format", "json").replace(" ", "")
    assert moved(job) == {}
    assert not job.mark.exists()


def test_a_plugin_that_would_move_the_lock_stops_the_job(start: Callable[[bool], Job], tmp_path: Path) -> None:
    wheel(tmp_path, "jinja2<3.1")
    job = start(True)
    ran = job.use({"plugins": "acme-checks==1.0"}, offline(tmp_path, uv=True))
    assert ran.codes["install"] not in (0, 2)
    assert "jinja2" in ran.log.lower()
    assert not (job.temp / "sameday-python" / "complete").exists()
    assert moved(job) == {}


MARKED = "open({mark!r}, 'a').write('plugin')\n"
SHADOWS = ("bot/__init__.py", "bot/__main__.py", "checks/__init__.py", "yaml/__init__.py", "sitecustomize.py", "x.pth")


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_a_plugin_takes_the_place_of_nothing(uv: bool, start: Callable[[bool], Job], tmp_path: Path) -> None:
    job = start(uv)
    text = MARKED.format(mark=str(job.mark))
    found = wheel(tmp_path, "pyyaml", dict.fromkeys(SHADOWS, f"import os; {text}"))
    line = f"acme-checks==1.0 --hash=sha256:{found}"
    ran = job.use({"plugins": line}, offline(tmp_path, uv=uv))
    assert ran.codes["install"] == 0, ran.log
    (job.workspace / "sameday.yaml").write_text("plugins: [acme]\n", encoding="utf-8")
    assert '"verdict":"passed"' in job("-m", "bot", "check", "--only", "acme", "--format", "json").replace(" ", "")
    assert not job.mark.exists()


def test_a_plugin_with_another_hash_stops_the_job(start: Callable[[bool], Job], tmp_path: Path) -> None:
    wheel(tmp_path, "pyyaml")
    job = start(True)
    ran = job.use({"plugins": f"acme-checks==1.0 --hash=sha256:{'0' * 64}"}, offline(tmp_path, uv=True))
    assert ran.codes["install"] not in (0, 2), ran.log
    assert not (job.temp / "sameday-python" / "complete").exists()


@pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
def test_a_plugin_that_must_be_built_is_not(uv: bool, start: Callable[[bool], Job], tmp_path: Path) -> None:
    """Building runs its code before anybody knows what it is."""
    job = start(uv)
    mark = MARKED.format(mark=str(job.mark))
    setup = f"import setuptools\n{mark}setuptools.setup(name='acme-checks', version='1.0')\n"
    with tarfile.open(tmp_path / "acme_checks-1.0.tar.gz", "w:gz") as archive:
        for name, text in (("setup.py", setup), ("PKG-INFO", "Name: acme-checks\nVersion: 1.0\n")):
            entry = tarfile.TarInfo(f"acme_checks-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    ran = job.use({"plugins": "acme-checks==1.0"}, offline(tmp_path, uv=uv))
    assert ran.codes["install"] not in (0, 2), ran.log
    assert not job.mark.exists()


def test_a_python_that_is_too_old_is_named(start: Callable[[bool], Job], tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(
        f'#!/bin/sh\nexec {sys.executable} -I -c "import sys; sys.version_info = (3, 10, 9)\n${{3#import sys; }}"\n',
        encoding="utf-8",
    )
    old.chmod(0o755)
    ran = start(True).use({"python": str(old)})
    assert ran.codes == {"install": 2}
    assert ran.log.startswith(f"::error title=sameday::{old} is Python 3.10, sameday needs 3.11 or newer; ")


@pytest.mark.parametrize("name", ["python", "plugins"])
def test_what_looks_like_a_command_stays_data(name: str, start: Callable[[bool], Job]) -> None:
    job = start(True)
    ran = job.use({name: 'a"; touch "$RUNNER_TEMP/PWNED"; $(touch "$RUNNER_TEMP/PWNED") #%0A::set-env::'})
    assert ran.codes == {"install": 2}
    assert ran.log.splitlines()[-1].startswith("::error title=sameday::")
    assert "%0A" not in ran.log.splitlines()[-1]
    assert not (job.temp / "PWNED").exists()


def test_init_names_the_commit_that_was_installed(installed: Job, tmp_path: Path) -> None:
    """As pip notes it; a folder that was installed is no commit, and the version has to do."""
    (place,) = (installed.temp / "sameday-python").glob("lib/*/site-packages/sameday-*.dist-info/direct_url.json")
    noted = place.read_text(encoding="utf-8")
    commit = "0123456789abcdef0123456789abcdef01234567"
    git = {"url": "https://github.com/sameday-bot/sameday", "vcs_info": {"vcs": "git", "commit_id": commit}}
    used = []
    try:
        for name, text in (("folder", noted), ("git", json.dumps(git))):
            place.write_text(text, encoding="utf-8")
            (tmp_path / name).mkdir()
            installed("-m", "bot", "init", str(tmp_path / name))
            written = (tmp_path / name / ".github" / "workflows" / "sameday.yml").read_text(encoding="utf-8")
            used.append(set(re.findall(r"uses: sameday-bot/sameday@(.+)", written)))
    finally:
        place.write_text(noted, encoding="utf-8")
    version = there(installed)["sameday"]
    assert used == [{f"v{version}"}, {f"{commit} # v{version}"}]
