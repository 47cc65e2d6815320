"""All experiments of a folder: which files are read, which are refused, what their sources are."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.document.glob import matching, names_any
from bot.errors import UsageError
from bot.experiment.files import FolderFiles
from bot.experiment.load import Experiment
from bot.experiment.repository import Repository
from tests.experiment.random_repositories import before
from tests.fuzz import count

FILE = "name: {}\njobs: [{{name: j, command: x}}]\n"

GLOBS = {
    "experiments/**/*.yaml": ["experiments/a.yaml", "experiments/b/c.yaml", "experiments/b/d/e.yaml"],
    "experiments/*.yaml": ["experiments/a.yaml"],
    "experiments/*/*.yaml": ["experiments/b/c.yaml"],
    "./experiments/a.yaml": ["experiments/a.yaml"],
    "**/*.yaml": ["experiments/a.yaml", "experiments/b/c.yaml", "experiments/b/d/e.yaml", "other.yaml"],
    "experiments/**": ["experiments/a.yaml", "experiments/b/c.yaml", "experiments/b/d/e.yaml", "experiments/b/f.yml"],
    "*.yaml": ["other.yaml"],
    "?ther.yaml": ["other.yaml"],
    "experiments?a.yaml": [],
    "experiments/[ab].yaml": [],
    "experiments/a.yam": [],
    "a.yaml": [],
}
PATHS = sorted({path for paths in GLOBS.values() for path in paths})


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        place = root / name.replace("__", "/").replace("_yaml", ".yaml")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


@pytest.mark.parametrize(("glob", "found"), GLOBS.items())
def test_globs(glob: str, found: list[str]) -> None:
    assert matching(PATHS, [glob]) == found


def test_which_files_are_read(tmp_path: Path) -> None:
    write(tmp_path, x__a_yaml=FILE.format("a"), x__y__b_yaml=FILE.format("b"), z_yaml=FILE.format("z"))
    write(tmp_path, x___hidden__c_yaml=FILE.format("c"), **{".git__x__d_yaml": FILE.format("d")})
    (tmp_path / "x" / ".hidden").mkdir()
    (tmp_path / "x" / ".hidden" / "c.yaml").write_text(FILE.format("c"))
    (tmp_path / "x" / "folder.yaml").mkdir()
    repository = Repository.load(FolderFiles(tmp_path), ["x/**/*.yaml"], ["z.yaml"])
    assert {e.path: e.name for e in repository.experiments if e.parsed} == {
        "x/_hidden/c.yaml": "c", "x/a.yaml": "a", "x/y/b.yaml": "b", "z.yaml": "z",
    }  # fmt: skip


def reason(root: Path, path: str) -> str:
    """The one thing wrong with a path, which is that it cannot be read."""
    (experiment,) = Repository.load(FolderFiles(root), [], [path]).experiments
    (problem,) = experiment.problems
    assert problem.rule == "unreadable"
    return problem.message


LINK = "cannot be read: this is a link to {}; put the file itself here"


def test_links_out_of_the_tree(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(tmp_path, outside__a_yaml=FILE.format("a"), root__inside_yaml=FILE.format("b"))
    (root / "out.yaml").symlink_to("../outside/a.yaml")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "in.yaml").symlink_to("inside.yaml")
    (root / "loop.yaml").symlink_to("loop.yaml")
    (root / "nowhere.yaml").symlink_to("gone.yaml")
    assert reason(root, "out.yaml") == LINK.format("../outside/a.yaml")
    assert reason(root, "folder/a.yaml") == "cannot be read: the link leads out of the repository"
    assert reason(root, "in.yaml") == LINK.format("inside.yaml"), "as in a commit, which has no more of it"
    assert reason(root, "loop.yaml") == LINK.format("loop.yaml")
    assert reason(root, "nowhere.yaml") == LINK.format("gone.yaml")
    repository = Repository.load(FolderFiles(root), ["**/*.yaml"])
    assert sorted(e.path for e in repository.experiments if e.parsed) == ["inside.yaml"]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    assert reason(tmp_path, "folder.yaml") == "cannot be read: this is no file"
    assert reason(tmp_path, "pipe.yaml") == "cannot be read: this is no file"
    assert reason(tmp_path, "gone.yaml") == "cannot be read: No such file or directory"


class Forbidden:
    """A tree whose files may not be read."""

    def paths(self) -> Sequence[str]:
        return ["a.yaml"]

    def read(self, path: str, limit: int) -> bytes:
        raise PermissionError(13, "Permission denied", path)


def test_a_file_without_permission() -> None:
    (experiment,) = Repository.load(Forbidden(), ["*.yaml"]).experiments
    assert [(p.rule, p.message) for p in experiment.problems] == [("unreadable", "cannot be read: Permission denied")]


def test_names_and_writers(tmp_path: Path) -> None:
    output = "outputs: {o: {table: t, job: j, columns: {a: STRING}}}\n"
    write(tmp_path, a_yaml=FILE.format("one") + output, b_yaml=FILE.format("one"), c_yaml="name: three\n")
    write(tmp_path, d_yaml=FILE.format("four") + "inputs: {i: {experiment: one, output: o}}\n")
    repository = Repository.load(FolderFiles(tmp_path), ["*.yaml"])
    assert {name: e.path for name, e in repository.by_name.items()} == {"one": "a.yaml", "four": "d.yaml"}
    assert repository.named["one"] == ["a.yaml", "b.yaml"]
    assert repository.named["three"] == ["c.yaml"]
    assert repository.writers == {"t": [("one", "o")]}
    assert repository.readers["four"] == ("one",)


def test_a_glob_names_any_of_many_paths_if_it_matches_one() -> None:
    rng = random.Random(1)
    for _ in range(count(2_000)):
        paths = {"".join(rng.choices("ab/", k=rng.randint(1, 4))) for _ in range(rng.randint(0, 4))}
        glob = "/".join(rng.choices(["a", "b", "*", "**", "?", "a*", "*b", "ab"], k=rng.randint(1, 3)))
        glob = rng.choice(["", "./"]) + glob
        assert names_any(paths)(glob) == bool(matching(paths, [glob])), (paths, glob)


def test_what_is_known_of_experiments_is_what_their_files_say() -> None:
    for case in range(count(100)):
        repository = Repository.load(before(random.Random(case)), ["experiments/*.yaml"])
        sound: dict[str, Experiment] = {}
        for one in repository.experiments:
            if one.parsed is not None:
                sound.setdefault(one.name, one)
        outputs = [(e.name, o, output) for e in sound.values() for o, output in e.spec.outputs.items()]
        reads = [(name, i.experiment) for name, e in sound.items() for i in e.spec.inputs.values() if i.experiment]
        heirs = [(e.spec.renamed_from, name) for name, e in sound.items() if e.spec.renamed_from]
        synced = [((o.sync.store, o.sync.table), (name, which)) for name, which, o in outputs if o.sync]
        assert dict(repository.by_name) == sound
        assert list(repository.by_path.values()) == list(repository.experiments)
        assert pairs(repository.named) == sorted((e.name, e.path) for e in repository.experiments)
        assert pairs(repository.writers) == sorted((o.table, (name, which)) for name, which, o in outputs)
        assert pairs(repository.spellings) == sorted({(o.table.split(".")[-1], o.table) for _, _, o in outputs})
        assert pairs(repository.synced) == sorted(synced)
        assert pairs(repository.heirs) == sorted(heirs)
        assert repository.readers.keys() == sound.keys()
        assert pairs(repository.readers) == sorted(reads)
        assert pairs(repository.read_by) == sorted((writer, name) for name, writer in reads)
        assert {name: one.sources for name, one in repository.declared.items()} == {
            name: one.spec.sources for name, one in sound.items()
        }


def pairs(groups: Mapping[Any, Iterable[Any]]) -> list[tuple[Any, Any]]:
    """Each value with the key that it is found by."""
    return sorted((key, value) for key, values in groups.items() for value in values)


def sources(root: Path) -> str:
    repository = Repository.load(FolderFiles(root), ["*.yaml"])
    return repository.sources(repository.experiments[0])


def test_sources_are_a_digest_of_names_and_contents(tmp_path: Path) -> None:
    write(
        tmp_path, e_yaml=FILE.format("e") + "sources: ['code/**', 'sql/*.sql']\n", code__a="1", code__b__c="2", doc="3"
    )
    first = sources(tmp_path)
    assert len(first) == 64
    (tmp_path / "doc").write_text("4")
    assert sources(tmp_path) == first, "no source"
    (tmp_path / "code" / "a").write_text("2")
    second = sources(tmp_path)
    assert second != first, "another content"
    (tmp_path / "code" / "a").rename(tmp_path / "code" / "b" / "d")
    assert sources(tmp_path) not in (first, second), "another name"
    (tmp_path / "code" / "b" / "d").rename(tmp_path / "code" / "a")
    assert sources(tmp_path) == second, "the same again"
    write(tmp_path, sql__q_sql="", **{"sql__q.sql": "SELECT 1"})
    assert sources(tmp_path) != second, "one more"


def test_no_sources_no_digest(tmp_path: Path) -> None:
    write(tmp_path, e_yaml=FILE.format("e"))
    assert sources(tmp_path) == ""


def test_a_source_that_cannot_be_read_stops_it(tmp_path: Path) -> None:
    write(tmp_path, root__e_yaml=FILE.format("e") + "sources: ['code/*']\n", secret="x", root__code__a="1")
    (tmp_path / "root" / "code" / "b").symlink_to("../../secret")
    with pytest.raises(
        UsageError, match=r"code/b: this is a link to \.\./\.\./secret; .*; `sources` of e.yaml names it"
    ):
        sources(tmp_path / "root")
