"""What is read from a local git repository: commits, differences, files, histories that are cut off."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.errors import Refused, UsageError
from bot.git import Commit, Git, nearest
from tests.conftest import Repo

TAB = "\t"


def at(folder: Path) -> Git:
    """The repository around a folder, as a command in it finds it."""
    return Git(folder, nearest(folder), os.environ)


def cloned(repo: Repo, where: Path) -> Git:
    """A clone of one commit."""
    repo.git("clone", "-q", "--depth=1", f"file://{repo.root}", str(where))
    return at(where)


def test_hidden_folders_are_left_out_as_in_a_folder(repo: Repo) -> None:
    for path in (".github/workflows/a.yml", "x/.cache/b.yml", "x/.hidden.yml", "x/c.yml"):
        repo.write(path, "x: 1\n")
    commit = Commit(at(repo.root), repo.commit())
    assert commit.paths() == [".gitignore", "sameday.yaml", "x/.hidden.yml", "x/c.yml"]
    assert commit.read(".github/workflows/a.yml", 100) == b"x: 1\n"


def test_a_folder_sees_its_own_part_only(repo: Repo) -> None:
    base = repo.commit()
    repo.write("sub/a.yaml", "1\n")
    repo.write("other/b.yaml", "1\n")
    head = repo.commit()
    git = at(repo.root / "sub")
    assert (git.prefix(), git.changed(base, head), Commit(git, head).paths()) == ("sub/", ["a.yaml"], ["a.yaml"])


def test_links_and_submodules_are_not_read(repo: Repo) -> None:
    (repo.root / "link.yaml").symlink_to("sameday.yaml")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},module")
    repo.git("add", "link.yaml")
    repo.git("commit", "-q", "-m", "links")
    commit = Commit(at(repo.root), "HEAD")
    for path, said in (("link.yaml", "link"), ("module", "repository of its own"), ("none", "does not exist")):
        with pytest.raises(OSError, match=said):
            commit.read(path, 10)
        assert commit.content_id(path) is None
    assert commit.content_id("sameday.yaml") == repo.git("rev-parse", "HEAD:sameday.yaml").strip()


def test_a_merge_is_made_without_touching_anything(repo: Repo) -> None:
    git, base = at(repo.root), repo.commit()
    repo.git("checkout", "-q", "-b", "a")
    repo.write("a.txt", "a\n")
    ours = repo.commit()
    repo.git("checkout", "-q", base)
    repo.write("b.txt", "b\n")
    theirs = repo.commit()
    tree = git.merged(ours, theirs)
    assert tree is not None
    assert {"a.txt", "b.txt"} <= set(Commit(git, tree).paths())
    repo.write("a.txt", "other\n")
    assert git.merged(ours, repo.commit()) is None
    assert git.uncommitted() == []


def test_the_last_commit_of_a_path_counts_merges_as_one(repo: Repo) -> None:
    repo.git("checkout", "-q", "-b", "change")
    repo.write("x/a.yaml", "1\n")
    repo.commit()
    repo.git("checkout", "-q", "-")
    repo.git("merge", "-q", "--no-ff", "-m", "merge", "change")
    merge = repo.git("rev-parse", "HEAD").strip()
    repo.write("y.txt", "1\n")
    head = repo.commit()
    git = at(repo.root)
    assert git.last(head, [], ["x/**"]) == merge
    assert git.last(head, ["x/a.yaml"], []) == merge
    assert git.last(head, ["x/[a].yaml"], []) is None, "a path is no pattern"
    assert git.last(head, ["none"], ["none/**"]) is None


def test_a_shallow_clone_is_deepened(repo: Repo, tmp_path: Path) -> None:
    old = repo.commit()
    repo.write("a.txt", "1\n")
    repo.commit()
    git = cloned(repo, tmp_path / "clone")
    assert (git.shallow(), git.has(old)) == (True, False)
    git.fetch(git.commit())
    assert (git.shallow(), git.has(old)) == (False, True)


def test_what_cannot_be_fetched_is_said(repo: Repo, tmp_path: Path) -> None:
    git = cloned(repo, tmp_path / "clone")
    repo.root.rename(tmp_path / "gone")
    with pytest.raises(UsageError, match="git fetch: fatal"):
        git.fetch("a" * 40)


@pytest.mark.parametrize("name", ["--help", "-x", "HEAD~99", "no such", "a" * 40])
def test_a_name_is_never_an_option(repo: Repo, name: str) -> None:
    git = at(repo.root)
    assert not git.has(name)
    with pytest.raises(UsageError):
        git.commit(name)


def test_the_lines_that_a_reader_sees(repo: Repo) -> None:
    repo.write("[a] b.yaml", "".join(f"{n}\n" for n in range(20)))
    base = repo.commit()
    repo.write("[a] b.yaml", "".join(f"{n if n != 10 else 'new'}\n" for n in range(20)))
    assert list(at(repo.root).lines(base, repo.commit(), "[a] b.yaml")) == [range(8, 15)]


def test_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a git repository"):
        at(tmp_path).prefix()


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/acme/reco.git", "github.com/acme/reco"),
        ("https://x-access-token:ghs_secret@github.com/acme/reco", "github.com/acme/reco"),
        ("git@github.com:acme/reco.git", "github.com/acme/reco"),
        ("ssh://git@git.acme.example:2222/acme/reco.git/", "git.acme.example/acme/reco"),
        ("/srv/git/reco.git", None),
        (None, None),
    ],
)
def test_where_a_commit_comes_from(repo: Repo, url: str | None, repository: str | None) -> None:
    if url is not None:
        repo.git("remote", "add", "origin", url)
    for subject, number in (
        ("Show more jobs (#12)", "12"), ("Merge pull request #7 from acme/x", "7"), ("Follow (#3) up", None),
    ):  # fmt: skip
        commit = repo.commit(subject)
        found = {"repository": repository, "pull-request": number}
        assert at(repo.root).origin(commit) == {key: value for key, value in found.items() if value}


def test_an_old_git_is_named_and_no_conflict(repo: Repo, tmp_path: Path) -> None:
    """Before 2.38 `merge-tree --write-tree` is wrong usage, which is not the exit code of a conflict."""
    base, real = repo.commit(), shutil.which("git")
    repo.write("a.txt", "1\n")
    head = repo.commit()
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    old.write_text(f'#!/bin/sh\ncase "$*" in *--write-tree*) exit 129;; esac\nexec {real} "$@"\n', encoding="utf-8")
    old.chmod(0o755)
    git = Git(repo.root, repo.root, {**os.environ, "PATH": f"{old.parent}:{os.environ['PATH']}"})
    with pytest.raises(UsageError, match=r"git 2\.38 or newer is needed"):
        git.merged(base, head)


def test_an_export_is_what_was_committed(repo: Repo, tmp_path: Path) -> None:
    """Whatever attributes and filters make of a working tree, which is nobody's concern."""
    repo.git("config", "filter.shout.smudge", "tr a-z A-Z")
    repo.write(".gitattributes", "*.txt filter=shout eol=crlf ident export-subst\nlost.txt export-ignore\n")
    repo.write("sub/a.txt", "words $Id$ $Format:%H$\n")
    repo.write("lost.txt", "kept\n")
    repo.write("run.sh", "#!/bin/sh\n")
    (repo.root / "run.sh").chmod(0o755)
    (repo.root / "big.bin").write_bytes(bytes(range(256)) * 10_000)
    (repo.root / "out").symlink_to("/etc")
    (repo.root / "near").symlink_to("sub/a.txt")
    repo.git("-c", "filter.shout.clean=cat", "add", "--all")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},module")
    repo.git("commit", "-q", "-m", "everything")
    head = repo.git("rev-parse", "HEAD").strip()
    repo.write("sub/a.txt", "edited\n")
    at(repo.root / "sub").export(head, tmp_path / "export")
    made = tmp_path / "export"
    assert (made / "sub/a.txt").read_bytes() == b"words $Id$ $Format:%H$\n"
    assert (made / "lost.txt").read_text() == "kept\n"
    assert (made / "big.bin").read_bytes() == bytes(range(256)) * 10_000
    assert [os.access(made / name, os.X_OK) for name in ("run.sh", "lost.txt")] == [True, False]
    assert [(made / name).readlink() for name in ("out", "near")] == [Path("/etc"), Path("sub/a.txt")]
    assert list((made / "module").iterdir()) == []


def tree_of(repo: Repo, *entries: str) -> str:
    """A commit with such a tree, which git's own commands would not make."""
    tree = subprocess.run(
        ["git", "mktree", "--missing"], cwd=repo.root, input="\n".join(entries) + "\n", text=True, capture_output=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    return repo.git("commit-tree", "-m", "a stranger's", tree).strip()


def test_an_export_writes_nowhere_else(repo: Repo, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    blob = repo.git("hash-object", "-w", "--", "sameday.yaml").strip()
    (tmp_path / "target").write_text(str(outside))
    link = repo.git("hash-object", "-w", "--", str(tmp_path / "target")).strip()
    inner = repo.git("rev-parse", f"{tree_of(repo, f'100644 blob {blob}{TAB}planted')}^{{tree}}").strip()
    through = tree_of(repo, f"120000 blob {link}{TAB}a", f"040000 tree {inner}{TAB}a")
    for commit in (through, tree_of(repo, f"040000 tree {inner}{TAB}..")):
        with pytest.raises(Refused, match="commit"):
            at(repo.root).export(commit, tmp_path / commit)
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "planted").exists()


def test_a_commit_that_is_not_here_is_not_exported(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="git ls-tree"):
        at(repo.root).export("a" * 40, tmp_path / "export")
