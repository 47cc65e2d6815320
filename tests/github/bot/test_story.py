"""From a pull request to the release summary, through `sameday bot` alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.github.bot.conftest import BROKEN, Hosted


def test_the_whole_story(hosted: Hosted) -> None:
    """Opened with a mistake, corrected by the suggestion, merged, live."""
    github = hosted.github
    hosted.branch()
    hosted.write(BROKEN)
    opened = hosted.bot("pull_request", hosted.proposed("opened"))
    assert opened.code == 1
    assert opened.outputs["verdict"] == "failed"
    assert json.loads(Path(opened.outputs["report"]).read_text())["verdict"] == "failed"
    (comment,) = hosted.ours()
    assert comment.splitlines()[1] == "**❌ sameday: 1 problem to fix** in 1 experiment"
    head = hosted.head()
    assert f"(https://github.com/acme/experiments/blob/{head}/experiments/reco.yaml#L3)" in comment
    (shown,) = github.check_runs(head)
    assert (shown["name"], shown["status"], shown["conclusion"]) == ("sameday", "completed", "failure")
    places = [(a["path"], a["start_line"], a["start_column"], a["title"]) for a in shown["annotations"]]
    assert ("experiments/reco.yaml", 3, 19, "schema.unknown-key") in places
    (suggestion,) = github.review_comments(7)
    assert '```suggestion\n  - {name: infer, command: "true"}\n```' in suggestion["body"]
    assert len(opened.requests) == 4

    hosted.put()
    fixed = hosted.bot("pull_request", hosted.proposed())
    assert (fixed.code, fixed.outputs["verdict"], fixed.outputs["released"]) == (0, "passed", "[]")
    (comment,) = hosted.ours()
    assert "**✅ sameday: ready to merge**, 1 experiment" in comment
    assert "### Merging this will\n\n**<code>reco</code>** is released for the first time" in comment
    assert [run["conclusion"] for run in github.check_runs(hosted.head())] == ["success"]
    assert len(fixed.requests) == 3

    merged = hosted.bot("push", hosted.merge())
    assert (merged.code, merged.outputs["verdict"], merged.outputs["released"]) == (0, "passed", '["reco"]')
    check, told = hosted.ours()
    assert check == comment
    assert "**🚀 sameday: 1 experiment released**" in told
    assert "### ✅ <code>reco</code> is live" in told
    (deployment,) = github.deployments()
    assert (deployment["environment"], deployment["state"]) == ("sameday/reco", "success")
    way = r" · first commit to live: [^;]+; review [^<]+"
    assert len(re.findall(way, told)) == 1
    assert len(merged.requests) == 4 + 4
    assert re.sub(way, "", told.split("\n", 1)[1]) == merged.summary

    again = hosted.bot("schedule", {"schedule": "17 3 * * *"})
    assert (again.code, again.requests) == (0, [])
