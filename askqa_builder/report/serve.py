"""`askqa report --serve`: a dataset of any size, page by page, to this machine alone.

Rows are asked for by number: no part of an address is ever a path.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from askqa_builder import __version__
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.details import line, media_type
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.page import render_page
from askqa_builder.report.pairs import open_catalogues, shown, takes
from askqa_builder.report.query import Query

HOST = "127.0.0.1"

_HELD_ROWS = 4
_PAGE_HEADERS = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})", re.ASCII)


class ReportServer(ThreadingHTTPServer):
    """Serves the page of a dataset, or of two that are compared, on 127.0.0.1.

    Opening it raises UsageError where there is no finished dataset or the port is taken, AskqaError where a dataset is
    damaged.
    """

    daemon_threads = True

    def __init__(self, dataset: Path, against: Path | None = None, port: int = 0) -> None:
        """Read the figures and take the port; 0 takes a free one."""
        folders = [folder for folder in (dataset, against) if folder is not None]
        with foreign_errors(*folders):
            self.catalogues = open_catalogues(folders)
            page = render_page(self.catalogues, served=True, note="Served from its shards.")
        self.page = page.encode("utf-8", "replace")
        self.searching = threading.Lock()  # one search at a time: each reads all texts
        self.takes: Callable[[int], Sequence[dict[str, Any]]] = lru_cache(_HELD_ROWS)(
            lambda number: takes(self.catalogues, number)
        )
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise UsageError(f"cannot serve on port {port}: {error.strerror}; give another --port") from error
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that go away, as they do at any moment."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return f"http://{HOST}:{self.server_port}/"

    @property
    def catalogue(self) -> Catalogue:
        """Of the dataset whose rows are listed."""
        return self.catalogues[0]


class _RefusedError(Exception):
    """An answer that is an error; its text is shown."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: ReportServer
    server_version = f"askqa/{__version__}"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Answer with the page, rows or sound."""
        try:
            self._check_host()
            self._answer()
        except _RefusedError as refused:
            self._send(refused.status, "text/plain; charset=utf-8", str(refused).encode("utf-8"))
        except AskqaError as error:
            wrong = HTTPStatus.BAD_REQUEST if isinstance(error, UsageError) else HTTPStatus.INTERNAL_SERVER_ERROR
            self._send(wrong, "text/plain; charset=utf-8", str(error).encode("utf-8", "backslashreplace"))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the browser wants no more of it, as when it jumps in a recording

    do_HEAD = do_GET  # noqa: N815

    def _check_host(self) -> None:
        """Refuse requests under other names: a page elsewhere may have its own name lead here."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"this server answers as {self.server.address} alone; forward the port under the same number",
            )

    def _answer(self) -> None:
        if not self.path.startswith("/"):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the address cannot be read")
        address = urlsplit(f"http://{HOST}{self.path}")
        parts = address.path.split("/")[1:]
        if parts == [""]:
            self._send(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page, _PAGE_HEADERS)
        elif parts == ["rows"]:
            self._send_json(self._rows(Query.from_parameters(_parameters(address.query))))
        elif parts == ["number"]:
            row_id = _parameters(address.query).get("id", "")
            self._send_json({"number": self.server.catalogue.numbers.get(row_id)})
        elif len(parts) == 2 and parts[0] == "row":
            number = self._number(parts[1])
            self._send_json(shown(self.server.catalogues, number, self.server.takes(number)))
        elif len(parts) == 3 and parts[0] == "sound":
            found = self.server.takes(self._number(parts[2]))
            side = {"a": 0, "b": 1}.get(parts[1], len(found))
            if side >= len(found):
                raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such recording")
            self._send_sound(found[side]["audio"])
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _rows(self, query: Query) -> dict[str, Any]:
        with self.server.searching, foreign_errors(self.server.catalogue.dataset):
            numbers = query.numbers(self.server.catalogue)
        start = query.start
        if query.around in numbers:
            start = numbers.index(query.around) // query.count * query.count
        page = numbers[start : start + query.count]
        return {"found": len(numbers), "from": start, "rows": [line(self.server.catalogue, number) for number in page]}

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12) or int(text) >= len(self.server.catalogue):
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such row")
        return int(text)

    def _send_sound(self, audio: dict[str, Any]) -> None:
        """Send a recording, or the part that is asked for: browsers jump by asking for parts."""
        data: bytes = audio["bytes"]
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        if wanted is None or wanted.groups() == ("", ""):
            self._send(HTTPStatus.OK, media_type(audio), data, {"Accept-Ranges": "bytes"})
            return
        first, last = wanted.groups()
        start = int(first) if first else max(len(data) - int(last), 0)
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        if start > end:
            where = {"Content-Range": f"bytes */{len(data)}"}
            self._send(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "text/plain", b"", where)
            return
        where = {"Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{end}/{len(data)}"}
        self._send(HTTPStatus.PARTIAL_CONTENT, media_type(audio), data[start : end + 1], where)

    def _send_json(self, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self._send(HTTPStatus.OK, "application/json; charset=utf-8", text.encode("utf-8"))

    def _send(self, status: HTTPStatus, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are the reader's own."""


def _parameters(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "the address cannot be read") from error
