"""A release is of a commit: what filters, links and a sparse checkout make of its files here makes no difference."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.release.conftest import Site

pytestmark = pytest.mark.slow
NOTHING = "nothing differs from what is released\n"


def test_what_a_sparse_checkout_leaves_out_is_not_retired(site: Site) -> None:
    text = yaml.safe_dump(site.plain())
    for folder, name in (("a", "one"), ("b", "two")):
        site.repo.write(f"experiments/{folder}/{name}.yaml", text.replace("name: reco", f"name: {name}"))
    site.repo.commit()
    site.release()
    site.repo.git("sparse-checkout", "set", "experiments/a")
    assert not (site.repo.root / "experiments/b").exists()
    assert site.say("plan", "--base", "HEAD") == NOTHING
    assert site.say("plan") == NOTHING
    assert site.release() == NOTHING


def test_line_ends_that_git_changes_on_the_way_out(site: Site) -> None:
    """Sources are hashed as the commit has them, so that the plan of a pull request names the run that is made."""
    site.repo.write(".gitattributes", "*.py text eol=crlf\n")
    site.repo.write("code/m.py", "x = 1\ny = 2\n")
    site.repo.commit()
    site.put(site.plain(sources=["code/**"]))
    planned = re.findall(r"reco-[0-9a-f]{8}", site.say("plan"))[0]
    site.release()
    assert site.runs()[0].startswith(planned)
    (site.repo.root / "code/m.py").unlink()
    site.repo.git("checkout", "code/m.py")
    assert b"\r\n" in (site.repo.root / "code/m.py").read_bytes()
    assert site.say("plan") == NOTHING
    assert site.release() == NOTHING


@pytest.mark.parametrize("what", ["experiments/linked.yaml", "code/linked.py"])
def test_a_link_is_refused_everywhere_with_its_target(site: Site, what: str) -> None:
    site.put(site.plain(sources=["code/*.py"]))
    site.repo.write("shared/base.yaml", "name: linked\njobs: [{name: a, command: 'true'}]\n")
    place = site.repo.root / what
    place.parent.mkdir(exist_ok=True)
    place.symlink_to("../shared/base.yaml")
    site.repo.commit()
    words = "this is a link to ../shared/base.yaml; put the file itself here"
    assert words in site.say("check", "--offline", code=1)
    assert words in site.release(code=1)
