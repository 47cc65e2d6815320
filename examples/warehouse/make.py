"""Make the example's tables from CLDR's supplementalData.xml, whose place is the only argument."""

import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = Path(__file__).parent
TOP = 5  # locales that the control arm offers a territory
PAIR = {"user_id": pa.string(), "item_id": pa.string()}
SCORE = {"score": pa.float64(), "rank": pa.int64()}


def speakers(source: str) -> list[tuple[str, str, int]]:
    """Territory, language, people; a row that rounds to nobody is left out."""
    rows = []
    for territory in ElementTree.parse(source).iterfind("territoryInfo/territory[@population]"):
        population = int(territory.attrib["population"])
        for language in territory.iterfind("languagePopulation"):
            people = round(population * Decimal(language.attrib["populationPercent"]) / 100)
            if people:
                rows.append((territory.attrib["type"], language.attrib["type"], people))
    return sorted(rows)


def popular(rows: list[tuple[str, str, int]]) -> list[tuple[str, str, float, int]]:
    """Each territory's most spoken languages of the world, without those that it speaks."""
    world: Counter[str] = Counter()
    spoken: defaultdict[str, set[str]] = defaultdict(set)
    for territory, language, people in rows:
        world[language] += people
        spoken[territory].add(language)
    ranked = sorted(world, key=lambda language: (-world[language], language))
    offers = {place: [one for one in ranked if one not in spoken[place]][:TOP] for place in spoken}
    return [
        (place, language, float(world[language]), rank)
        for place in sorted(offers)
        for rank, language in enumerate(offers[place], start=1)
    ]


def write(name: str, rows: list[tuple], columns: dict[str, pa.DataType]) -> None:
    path = FOLDER / f"{name}.parquet"
    beside = path.with_name(f"{path.name}.tmp")
    table = pa.table(list(zip(*rows, strict=True)), schema=pa.schema(list(columns.items())))
    pq.write_table(table, beside, compression="zstd")
    beside.replace(path)
    print(f"{path.name}: {len(rows)} rows")


if __name__ == "__main__":
    spoken_where = speakers(sys.argv[1])
    write("catalogue.language_speakers", spoken_where, PAIR | {"speakers": pa.int64()})
    write("catalogue.popular_locales_v1", popular(spoken_where), PAIR | SCORE)
