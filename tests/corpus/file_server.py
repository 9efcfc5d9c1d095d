"""A server of files on 127.0.0.1 that knows ranges and ETags, and fails in the ways that servers fail."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass
class FileServer:
    """What is served, and what was asked.

    files: by path. faults: what happens to the next requests, one each: a status, "cut" (half of what was to come,
    then nothing), "piece" (half of the range that is asked for), "garbled" (other bytes), "endless" (no length),
    "sleepy" (`arrived` is set, and the answer waits for `release`), None for nothing. ranges: whether it knows them;
    if_range: whether it looks at If-Range. redirects: other paths of files. asked: path and headers of each request.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    faults: deque[int | str | None] = field(default_factory=deque)
    ranges: bool = True
    if_range: bool = True
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def ranges_asked(self) -> list[str | None]:
        return [headers.get("Range") for _, headers in self.asked]


def etag_of(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'


@contextmanager
def serving() -> Iterator[FileServer]:
    class Handler(_Handler):
        owner: FileServer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.owner = FileServer(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Handler.owner
    finally:
        Handler.owner.release.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FileServer

    def handle(self) -> None:
        with suppress(ConnectionError):  # the client had enough
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path  # a proxy is asked for a whole URL
        self.owner.asked.append((self.path, dict(self.headers)))
        fault = self.owner.faults.popleft() if self.owner.faults else None
        content = self.owner.files.get(path)
        if path in self.owner.redirects:
            self._answer(302, b"", {"Location": self.owner.redirects[path]})
            return
        if isinstance(fault, int) or content is None:
            self._answer(fault if isinstance(fault, int) else 404, b"no\n", {})
            return
        if fault == "sleepy":
            self.owner.arrived.set()
            self.owner.release.wait(30)
        elif fault == "garbled":
            content = content[::-1]
        headers = {"ETag": etag_of(content)}
        wanted = self.headers.get("Range")
        same = not self.owner.if_range or self.headers.get("If-Range") == headers["ETag"]
        if wanted and self.owner.ranges and same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self._answer(416, b"", {})
                return
            end = start + (len(content) - start) // 2 if fault == "piece" else len(content)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
            self._answer(206, content[start:end], headers, fault)
        else:
            self._answer(200, content, headers, fault)

    def _answer(self, status: int, body: bytes, headers: dict[str, str], fault: object = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "endless":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)
        self.close_connection |= fault == "cut"
