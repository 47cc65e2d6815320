"""Patterns over the paths of a repository: what they may say, and which paths they name.

`*` and `?` stay within a folder, `**` between two slashes is any number of folders. A pattern comes from a pull
request, so that its length is bounded and matching it takes time in proportion to path and pattern, never more.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice, takewhile
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from bot.document.nearest import nearest

LENGTH = 200  # characters: the longest in use that we have seen has 60
LAST = "\U0010ffff"  # comes after every other character of a path
NEAR = 1_000  # files of a folder among which a slip is looked for
MOST = 100  # patterns in one list
DEEP = "**"
UNKNOWN = re.compile(r"[\[\]{}\\]|\A!")
WILD = re.compile(r"[*?]")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _glob(value: str) -> str:
    fault = _fault(value.removeprefix("./"))
    if fault:
        context = {"fault": fault, **_said(value)}
        raise PydanticCustomError("glob", "should be a pattern such as reco/**/*.py: {fault}", context)
    return value


def _fault(glob: str) -> str:
    """What is wrong with a pattern, or ''."""
    parts = glob.split("/")
    if not glob or CONTROL.search(glob):
        return "it is empty, or holds a control character"
    if glob.startswith("/") or ".." in parts or "." in parts:
        return "it starts at the repository's top, without a leading `/`, `.` or `..`"
    if glob.endswith("/") or "" in parts:
        return "it names files, as in `folder/**`"
    if UNKNOWN.search(glob):
        return "`{`, `[`, `!` and `\\` mean nothing here; write a pattern for each case, or `?` for one character"
    if any(DEEP in part and part != DEEP for part in parts):
        return "`**` stands alone between two slashes"
    return ""


def _said(glob: str) -> dict[str, str]:
    """What was certainly meant by a pattern of another syntax, or a hint."""
    other = re.sub(r"\*\*(?=[^/*])", "**/*", glob.lstrip("/"))
    other = f"{other.rstrip('/')}/**" if other.endswith("/") else other
    if other != glob and not _fault(other):
        return {"meant": other}
    if braces := re.fullmatch(r"([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)", glob):
        each = [f"{braces[1]}{word.strip()}{braces[3]}" for word in braces[2].split(",")]
        if not any(map(_fault, each)):
            return {"hint": f"write one pattern for each: {', '.join(each)}"}
    return {}


Glob = Annotated[str, Field(max_length=LENGTH), AfterValidator(_glob)]
"""One pattern of a file."""


def matching(paths: Iterable[str], globs: Iterable[str]) -> list[str]:
    """The paths that any of the globs names, in order."""
    ordered, named = list(paths), set[str]()
    for begins, ends, segments in map(_compiled, globs):
        near = [path for path in ordered if path.startswith(begins) and path.endswith(ends)]
        least = len(begins) + len(ends)
        named.update(path for path in near if (_matches(path, segments) if segments else len(path) >= least))
    return [path for path in ordered if path in named]


def names_any(paths: Iterable[str]) -> Callable[[str], bool]:
    """Says of a glob whether it names any of the paths: ten thousand of them are asked, and few look at a path."""
    ordered = sorted(paths)

    @cache
    def names(glob: str) -> bool:
        begins = WILD.split(glob.removeprefix("./"), 1)[0]
        first = bisect_left(ordered, begins)
        if not ordered[first : first + 1] or not ordered[first].startswith(begins):
            return False
        return bool(matching(takewhile(lambda path: path.startswith(begins), islice(ordered, first, None)), [glob]))

    return names


def has_match(paths: Sequence[str], glob: str) -> bool:
    """Whether the pattern names one of the paths, which are in order."""
    begins = _compiled(glob)[0]
    return bool(matching(paths[bisect_left(paths, begins) : bisect_left(paths, begins + LAST)], [glob]))


def meant(paths: Sequence[str], glob: str) -> str | None:
    """The pattern that a pattern without files most likely stands for: of a folder, in another case, one level deeper.

    None where that names no file, either.
    """
    tries = [f"{glob}/**", _deeper(glob)]
    same = next((path for path in paths if matching([path.lower()], [glob.lower()])), None)
    if same is not None:
        fixed = re.split(r"[*?]", glob.removeprefix("./"))
        first, last = fixed[0], fixed[-1] if len(fixed) > 1 else ""
        middle = glob.removeprefix("./")[len(first) : len(glob.removeprefix("./")) - len(last)]
        tries.append(same[: len(first)] + middle + same[len(same) - len(last) :])
    if not re.search(r"[*?]", glob):
        folder = glob[: glob.rfind("/") + 1]
        beside = paths[bisect_left(paths, folder) : bisect_left(paths, folder + LAST)]
        tries.append(nearest(glob, beside[:NEAR]) or "")
    return next((one for one in tries if one and not _fault(one) and has_match(paths, one)), None)


def _deeper(glob: str) -> str:
    folder, slash, name = glob.rpartition("/")
    return f"{folder}{slash}**/{name}" if name != DEEP and not folder.endswith(DEEP) else ""


Segment = re.Pattern[str] | None  # None: any number of folders


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> tuple[str, str, tuple[Segment, ...]]:
    """The text that a path must begin and end with, and a pattern for each of its parts; none where the text is all."""
    glob = glob.removeprefix("./")
    parts = glob.split("/")
    if parts[-1] == DEEP:
        parts.append("*")  # what is named is a file, which is in one of the folders
    fixed = WILD.split(glob)
    ends = fixed[-1]
    if glob.removesuffix(ends).endswith(DEEP):  # which may be no folder at all
        ends = ends.removeprefix("/")
    if glob in (f"{fixed[0]}{DEEP}/*{ends}", f"{fixed[0]}{DEEP}") and "/" not in ends:
        return fixed[0], ends, ()
    return fixed[0], ends, tuple(_segment(part) for part in parts)


def _segment(part: str) -> Segment:
    """A part of a path. What stands between two stars is looked for once, from the left, and never elsewhere."""
    if part == DEEP:
        return None
    first, *rest = (re.escape(fixed).replace(r"\?", ".") for fixed in re.split(r"\*+", part))
    words = [first, *(f"(?>.*?{fixed})" for fixed in rest[:-1]), *(f".*{fixed}" for fixed in rest[-1:])]
    return re.compile("".join(words) + r"\Z", re.DOTALL)


def _matches(path: str, pattern: Sequence[Segment]) -> bool:
    """Whether the pattern names the path. Only the last `**` ever takes one folder more: an earlier one need not."""
    parts = path.split("/")
    at = want = taken = 0
    deep = -1
    while at < len(parts):
        segment = pattern[want] if want < len(pattern) else _NOTHING
        if segment is None:
            deep, taken, want = want, at, want + 1
        elif segment.match(parts[at]):
            at, want = at + 1, want + 1
        elif deep >= 0:
            taken += 1
            at, want = taken, deep + 1
        else:
            return False
    return all(segment is None for segment in pattern[want:])


_NOTHING = re.compile(r"(?!)")
