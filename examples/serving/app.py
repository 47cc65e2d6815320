"""An application that serves lists: those of several rankers interleaved, or one arm's.

    python app.py lists --flags app.flagd.json --store serving=serving.sqlite --log exposures.jsonl

GET /list?user=ann&size=5 answers the first page; with its `cursor`, the next. Other words of the address are what the
flag asks of the user, as in `country=JP` or `is_staff=true`: an application for everybody takes them from its session.
`sameday rehearse --app "python app.py lists"` adds the options, and reads from the first line where it listens.
"""

import argparse
import json
import logging
import sqlite3
import uuid
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from draft import Item, draft, seed
from exposures import expose
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from pages import Cursor, ranked, read, written
from rows import Gone, rows

ONE = {"method": "", "length": 100, "item": "item_id", "rank": "score", "per": "unit_day"}  # how one arm's list is read
MOST = 100  # items on a page
Value = Mapping[str, Any]


class App:
    """One flag, the stores that its values name, and the exposure log."""

    def __init__(self, flag: str, stores: Mapping[str, str], log: Path) -> None:
        self.flag, self.stores, self.log = flag, stores, log
        self.client = api.get_client()

    def page(self, user: str, size: int, text: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """A page of the user's list. A cursor that is not of this user, test and phase begins a new list."""
        found = self.client.get_object_details(self.flag, {}, EvaluationContext(user, {"channel": "api", **attributes}))
        value: Value = found.value if isinstance(found.value, Mapping) else {}
        if not value.get("table"):
            return {"items": [], "cursor": None}  # not in the test: what everybody sees is shown in its place
        how = value.get("draft") or {**ONE, "salt": f"{self.flag}:{found.variant}"}
        flag, salt = found.flag_metadata, how["salt"]
        at = read(text, salt, user)
        try:
            lists, data = self.lists(value, how, flag["unit"], user, at.version if at else "")
        except Gone:
            at = None
            lists, data = self.lists(value, how, flag["unit"], user, "")
        at = at or Cursor(ranking(how["per"], flag), data, 0)
        whole = merged(how, lists, seed(salt, user, at.ranking))
        page, end = whole[at.position : at.position + size], at.position + size
        shown = [{"item": i, "ranker": r, "position": n} for n, (i, r) in enumerate(page, at.position + 1)]
        if shown:
            expose(self.log, user, flag, value, shown, ranking=at.ranking, data=at.version)
        following = written(at._replace(position=end), salt, user) if end < len(whole) else None
        return {"ranking": at.ranking, "items": [one["item"] for one in shown], "cursor": following}

    def lists(self, value: Value, how: Value, unit: str, user: str, data: str) -> tuple[dict[str, list[Item]], str]:
        """Each ranker's items, or the arm's, and the days that they are of. Raises Gone."""
        sources = value.get("rankers") or [{"name": value["arm"], **value}]
        asked = data.split(",") if data else [""] * len(sources)
        if len(asked) != len(sources):
            raise Gone(data)
        read = [self.items(source, how, unit, user, day) for source, day in zip(sources, asked, strict=True)]
        lists = {source["name"]: items for source, (items, _) in zip(sources, read, strict=True)}
        if not any(lists.values()) and "missing" in value.get("fallback_on", ()):
            spare = {"store": value["store"], "table": value["fallback"]}  # here, the stores have those tables, too
            lists[sources[0]["name"]], _ = self.items(spare, how, unit, user, "")
        return lists, ",".join(day for _, day in read)

    def items(self, source: Value, how: Value, unit: str, user: str, day: str) -> tuple[list[Item], str]:
        """One list, best first, and its day; none of a table that cannot be read. Raises Gone."""
        try:
            found, day = rows(self.stores, source, unit, user, (how["item"], how["rank"]), day)
        except (KeyError, sqlite3.Error) as error:
            logging.warning("%s cannot be read: %s", source["table"], error)
            return [], day
        return ranked(found), day


def ranking(per: str, flag: Value) -> str:
    """A new ranking's id: the day, if the list stays for a day, in the zone of the test's period."""
    return str(datetime.now(ZoneInfo(flag.get("timezone", "UTC"))).date()) if per == "unit_day" else uuid.uuid4().hex


def merged(how: Value, lists: Mapping[str, list[Item]], coins: str) -> list[tuple[Item, str]]:
    """The whole list; the items of a single one are credited to no ranker."""
    if len(lists) > 1:
        return draft(how["method"], lists, how["length"], coins)
    return [(item, "") for items in lists.values() for item in dict.fromkeys(items)][: how["length"]]


def said(text: str) -> Any:
    """An attribute of the address: a number, a truth value or a list where it is one, else text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


class Handler(BaseHTTPRequestHandler):
    """Answers GET /list."""

    app: App

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        words = dict(parse_qsl(address.query))
        user, size, cursor = words.pop("user", ""), words.pop("size", "10"), words.pop("cursor", "")
        right = address.path == "/list" and user and size.isdecimal() and 0 < int(size) <= MOST
        attributes = {name: said(text) for name, text in words.items()}
        answer = self.app.page(user, int(size), cursor, attributes) if right else {"error": "GET /list?user=ann&size=5"}
        self.send_response(200 if right else 400)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.end_headers()
        self.wfile.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was shown stands in the exposure log."""


def main() -> None:
    """Answer until somebody ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("flag")
    parser.add_argument("--flags", required=True)
    parser.add_argument("--store", action="append", required=True, metavar="NAME=FILE")
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--port", type=int, default=8080)
    args = parser.parse_args()
    api.set_provider_and_wait(FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=args.flags))
    Handler.app = App(args.flag, dict(store.split("=", 1) for store in args.store), args.log)
    with ThreadingHTTPServer(("127.0.0.1", args.port), Handler) as server:
        print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
