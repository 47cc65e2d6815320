"""What tests are read by: metrics, each a query that the platform team agrees on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from pydantic import Field

from bot.document.faults import shown
from bot.document.fields import Part, Text, Unit
from bot.finding import Problem

MOST = 20_000  # characters of a query
FILE = re.compile(r"[^\s()]+\.sql\Z")  # no query is one word
Read = Callable[[str, int], bytes]
"""At most so many bytes of a file; raises OSError with a sentence."""


class Metric(Part):
    """A number for each unit and day, by which tests are read."""

    query: Annotated[Text, Field(min_length=1, max_length=MOST)] = Field(
        description="A SELECT of the columns `unit`, `day` (DATE) and `value` (a number), or a file beside the "
        "settings that holds it, as in `sql/applications.sql`. It has a row for each unit on each day that it was "
        "seen, whose `value` is 0 where nothing happened. Several rows of a unit and day are added up."
    )
    unit: Unit = Field(description="Whose id the column `unit` has; a test that splits by another one cannot use it.")
    type: Literal["proportion", "mean"] = Field(
        description="`proportion`: the share of units with any value above 0. `mean`: the mean of what each unit's "
        "values add up to."
    )


def filled(metrics: Mapping[str, Metric], read: Read) -> tuple[dict[str, Metric], list[Problem]]:
    """The metrics with the text of the files that their queries name, and a problem for each file without one."""
    found, problems = dict[str, Metric](), list[Problem]()
    for name, metric in metrics.items():
        if FILE.fullmatch(metric.query):
            try:
                text = read(metric.query, MOST + 1).decode()
            except OSError as error:
                why = error.strerror or str(error)
                message = f"the file {shown(metric.query)} with the query cannot be read: {why}"
                problems.append(Problem("unreadable", ("metrics", name, "query"), message, "write the query here"))
                continue
            except UnicodeDecodeError:
                text = ""
            if not text.strip() or len(text) > MOST or "\0" in text:
                message = f"the file {shown(metric.query)} holds no query"
                hint = f"a query is text of at most {MOST:,} characters"
                problems.append(Problem("unreadable", ("metrics", name, "query"), message, hint))
                continue
            metric = metric.model_copy(update={"query": text})
        found[name] = metric
    return found, problems
