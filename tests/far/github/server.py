"""The HTTP server: counts and records requests, lets faults strike, obeys the limits, answers like GitHub."""

from __future__ import annotations

import json
import socket
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.far.github import checks, comments, deployments, issues, pulls
from tests.far.github.faults import HTML, LIMITS, Closed, Faults, Kind, close
from tests.far.github.limits import Rates, Token
from tests.far.github.refusal import Refused, missing
from tests.far.github.state import NAME, Call, Listed, Repository, Route
from tests.far.github.views import Shown

ROUTES: tuple[Route, ...] = comments.ROUTES + issues.ROUTES + checks.ROUTES + pulls.ROUTES + deployments.ROUTES
PAGE, MOST = 30, 100  # elements of a list where a client asks for nothing, or for more
PAGING = ("per_page", "page")
STRANGER = Token("", frozenset())


@dataclass
class Request:
    """What a client sent; `status` is what came of it, also where the answer was lost, and 0 where nothing did."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int = 0
    answer: str = ""


@dataclass(frozen=True)
class Answer:
    """What goes over the wire."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


Said = tuple[int, Any, dict[str, str]]


class GitHub(Shown):
    """One repository on GitHub. A context manager; `url` is the base of its API.

    A test may set `clock`; `pause`, the seconds that a limit asks for; `slow`, those of a slow answer; and `spoil`,
    which changes the status, the body and the headers of what is answered.
    `requests` are those since `begin`, `impatient` counts the requests that came before a limit's end.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.github = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        super().__init__(Repository(self.url, lambda: self.clock()))
        self.clock = clock
        self.rates, self.faults = Rates(), Faults()
        self.closed: Closed | None = None
        self.pause = 3
        self.slow = 1.0
        self.spoil: Callable[[int, Any, dict[str, str]], Said] = lambda *said: said
        self.impatient = 0
        self.requests: list[Request] = []
        self.earlier: list[Request] = []
        self.crashes: list[str] = []
        self.stopped = threading.Event()

    def __enter__(self) -> GitHub:
        threading.Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.hang_up()
        self.settle()
        self.server.server_close()

    def answer(self, request: Request, token: str | None) -> Answer | None:
        """Everything that happens to one request; None where the line goes dead."""
        with self.lock:
            self.requests.append(request)
            number = len(self.requests)
            fault = self.faults.of(number)
            if self.closed is not None and self.clock() < self.closed.end:
                self.impatient += 1
        if fault == "slow" and self.stopped.wait(self.slow):
            return None
        with self.lock:
            return self._answer(request, token, number, fault)

    def _answer(self, request: Request, token: str | None, number: int, fault: Kind | None) -> Answer | None:
        if act := self.faults.before.get(number):
            act()
            return None
        if fault == "drop-before":
            return None
        if fault in ("502", "html"):
            request.status = 502 if fault == "502" else 200
            return Answer(request.status, HTML, {"content-type": "text/html"})
        answer = self._execute(request, token, fault)
        request.status, request.answer = answer.status, answer.text
        if act := self.faults.after.get(number):
            act()
            return None
        if fault == "html-after":
            return Answer(200, HTML, {"content-type": "text/html"})
        return None if fault == "drop-after" else answer

    def _execute(self, request: Request, token: str | None, fault: Kind | None) -> Answer:
        try:
            self._limit(request.method, fault)
            status, data, headers = self._route(request, self._who(token))
        except Refused as error:
            status, data, headers = error.status, error.body, error.headers
        except Exception:
            self.crashes.append(traceback.format_exc())
            status, data, headers = 500, {"message": "Server Error"}, {}
        headers = self.rates.headers() | {"content-type": "application/json"} | headers
        status, data, headers = self.spoil(status, data, headers)
        text = "" if data is None else json.dumps(data)
        return Answer(status, text, headers)

    def _limit(self, method: str, fault: Kind | None) -> None:
        now = self.clock()
        if self.closed is None or now >= self.closed.end:
            self.closed = close(fault, now, self.pause) if fault and fault in LIMITS else self.rates.count(method, now)
        if self.closed is not None:
            raise self.closed.refusal(now)

    def _who(self, token: str | None) -> Token:
        if token is None:
            return STRANGER
        if token not in self.tokens:
            raise Refused(401, "Bad credentials")
        return self.tokens[token]

    def _route(self, request: Request, who: Token) -> tuple[int, Any, dict[str, str]]:
        for route in ROUTES:
            found = route.match(request.method, request.path)
            if found is None or f"{found['owner']}/{found['repo']}" != NAME:
                continue
            if route.needs and who is STRANGER:
                raise Refused(401, "Requires authentication")
            if route.needs:
                who.check(route.needs)
            path = {name: urllib.parse.unquote(value) for name, value in found.items()}
            status, data = route.act(self.repository, Call(who.login, path, request.query, request.body or {}))
            return status, *self._paged(request, route, data)
        raise missing()

    def _paged(self, request: Request, route: Route, data: Any) -> tuple[Any, dict[str, str]]:
        elements = data.elements if isinstance(data, Listed) else data
        unknown = set(request.query) - {*route.query, *(PAGING if isinstance(elements, list) else ())}
        assert not unknown, f"this GitHub does not know the parameter {unknown} of {route.method} {route.template}"
        if not isinstance(elements, list):
            return data, {}
        size, page = (int(request.query.get(name, default)) for name, default in zip(PAGING, (PAGE, 1), strict=True))
        size, page = min(size, MOST) if size > 0 else PAGE, max(page, 1)
        part = elements[(page - 1) * size : page * size]
        pages = max(-(-len(elements) // size), 1)
        ways = {"prev": page - 1, "next": page + 1, "last": pages, "first": 1}
        links = ", ".join(
            f'<{self.url}{request.path}?{urllib.parse.urlencode({**request.query, "page": number})}>; rel="{way}"'
            for way, number in ways.items()
            if 1 <= number <= pages and ((way in ("prev", "first")) == (number < page)) and number != page
        )
        shown = {"total_count": len(elements), data.key: part} if isinstance(data, Listed) else part
        return shown, {"link": links} if links else {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    github: GitHub

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lines: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.lines.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone hears no answer."""

    def hang_up(self) -> None:
        """End what clients hold open."""
        for line in list(self.lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one packet
    disable_nagle_algorithm = True

    def _any(self) -> None:
        github = self.server.github
        with github.working():
            answer = self._ask(github)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            body = answer.text.encode()
            for name, value in {**answer.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any

    def _ask(self, github: GitHub) -> Answer | None:
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        words = (self.headers.get("authorization") or "").split()
        request = Request(self.command, address.path, query, None)
        try:
            request.body = json.loads(sent) if sent else None
            json.dumps(request.body, ensure_ascii=False).encode()
        except ValueError:
            return Answer(400, json.dumps({"message": "Problems parsing JSON"}), {"content-type": "application/json"})
        return github.answer(request, words[-1] if words else None)

    def log_message(self, *_: object) -> None:
        """Tests print what matters."""
