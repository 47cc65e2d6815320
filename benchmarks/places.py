"""BigQuery: the requests and statements of a run's own tasks, of a switch and of a release's tidying, by outputs.

    python benchmarks/places.py [OUTPUTS ...]

Needs the emulator that `.ci/bigquery` installs. It counts what is asked, not how long the emulator takes to answer.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pyarrow as pa

from bot.compile.work import version, warehouse_place
from bot.experiment.model import Output
from bot.ports import Place, Work
from bot.tasks.begin import begin
from bot.tasks.keep import keep
from bot.tasks.put import put
from bot.tasks.verify import verify
from bot.warehouses.bigquery import BigQuery
from tests.far.emulator import launched
from tests.far.emulator import put as load
from tests.far.emulator.proxy import Proxy

OUTPUTS = (1, 10, 100)
MOST = 1.1  # times as many requests for each output where there are a hundred as where there is one
NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)


def work(outputs: int, key: str) -> Work:
    """A run of an experiment with so many outputs, of which each has a day."""
    made = {
        f"o{i}": Output.model_validate({
            "table": f"main.t{i}", "job": "j", "columns": {"id": "INT64", "dt": "DATE"}, "partition": {"column": "dt"},
        }) for i in range(outputs)
    }  # fmt: skip
    return Work(experiment="bench", key=key, date=NOW.date(), attempt=1, steps=(), outputs=made)


def counted(proxy: Proxy, does: Callable[[], object]) -> Counter[str]:
    """What is asked while it does something."""
    proxy.asked.clear()
    does()
    kinds: Counter[str] = Counter()
    for asked in proxy.asked:
        verb, path = asked.split(" ")
        kinds["jobs" if verb == "POST" and path.endswith("/jobs") else "looks"] += 1
    return kinds


def one(outputs: int) -> dict[str, Counter[str]]:
    """All that happens in the life of a release, by what it is."""
    with launched() as emulator, Proxy(emulator.url) as proxy:
        settings = emulator.settings(proxy.url)
        client = emulator.client(settings.project)
        table: dict[str, Counter[str]] = {}
        for key in ("0badcafe", "feedbeef"):
            run = work(outputs, key)
            places = [warehouse_place("bench", key, output) for output in run.outputs.values()]
            for place in places:
                rows = pa.table({"id": [1], "dt": pa.array([NOW.date()], pa.date32())})
                load(client, settings.table(place.own(version(run, NOW))), rows)
            port = BigQuery(settings)
            clock = lambda: NOW  # noqa: E731
            silent = lambda _: None  # noqa: E731
            table["begin"] = counted(proxy, lambda: begin(run, port, {}, clock, silent, silent))  # noqa: B023
            table["verify"] = counted(proxy, lambda: verify(run, port, clock))  # noqa: B023
            table["keep"] = counted(proxy, lambda: keep(run, port, {}))  # noqa: B023
            table["put"] = counted(proxy, lambda: put(run, port, {}))  # noqa: B023
            table["point"] = counted(proxy, lambda: port.point(places))  # noqa: B023
            table["look for drift"] = counted(proxy, lambda: looked(port, places))  # noqa: B023
            table["prune"] = counted(proxy, lambda: pruned(port, places, key))  # noqa: B023
        return table


def looked(port: BigQuery, places: list[Place]) -> None:
    """What a release asks of each place and name that is live."""
    glance = port.glance()
    for place in places:
        assert glance.inside(place)
        assert glance.shown(place.table) == place.name


def pruned(port: BigQuery, places: list[Place], key: str) -> None:
    """What it removes at its end: nothing, where the place before may still be named."""
    glance = port.glance()
    for place in places:
        assert not glance.prune("bench", place.table, [key, "0badcafe"], NOW)


def main(sizes: list[int]) -> int:
    """Print the table; 1 if something grows faster than the outputs."""
    found = {size: one(size) for size in sizes}
    print(f"{'':14}" + "".join(f"{f'{size} outputs':>22}" for size in sizes))
    for what in next(iter(found.values())):
        cells = [f"{found[size][what]['jobs']} jobs, {found[size][what]['looks']} others" for size in sizes]
        print(f"{what:14}" + "".join(f"{cell:>22}" for cell in cells))
    least, most = (sum(map(Counter.total, found[size].values())) / size for size in (sizes[0], sizes[-1]))
    print(f"an output asks {least:.1f} times where there are {sizes[0]}, {most:.1f} times where there are {sizes[-1]}")
    return int(most > least * MOST)


if __name__ == "__main__":
    raise SystemExit(main([*map(int, sys.argv[1:])] or [*OUTPUTS]))
