"""A stand-in for the Hugging Face Hub on 127.0.0.1: what its own client needs to push a dataset and to read it.

It proves the client's side: what is sent, how often, and what is there afterwards; not that the Hub itself accepts it.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import hub_xet
from hub_store import File, RefusedError, Repository, Store

WRITER, READER = "hf_WriterSecretOfThisTest", "hf_ReaderSecretOfThisTest"
"""Tokens of alice, who may write to `alice/…`, and of somebody who may not."""


@dataclass
class Fault:
    """What happens to the next requests that fit. what: a status; "cut": half of the body is read, then the
    connection is reset; "lost": all is done, and the answer does not come; "hold": half is read, then nothing until
    `release`. passing: so many requests are answered before."""

    method: str
    path: str
    what: int | str
    times: int = 1
    message: str = "injected"
    passing: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Request:
    """A request that was answered. received: bytes of its body that were read."""

    method: str
    path: str
    status: int
    received: int


class HubServer:
    """The server, and what was asked of it."""

    def __init__(self) -> None:
        self.store = Store()
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()
        self.address = ""

    def fault(self, *arguments: Any, **options: Any) -> Fault:
        fault = Fault(*arguments, **options)
        self.faults.append(fault)
        return fault

    def asked(self, method: str, path: str, status: int | None = 200) -> list[Request]:
        """Return the requests whose path has `path` in it."""
        return [
            request
            for request in self.requests
            if request.method == method and path in request.path and status in (None, request.status)
        ]

    def uploads(self) -> dict[str, int]:
        """Return how often each large file has arrived, by its hash."""
        times: dict[str, int] = {}
        for request in self.asked("PUT", "/lfs/"):
            times[request.path.rpartition("/")[2]] = times.get(request.path.rpartition("/")[2], 0) + 1
        return times

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times and fault.method == method and fault.path in path:
                    if fault.passing:
                        fault.passing -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def running_hub() -> Iterator[HubServer]:
    hub = HubServer()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        for fault in hub.faults:
            fault.release.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: HubServer

    def log_message(self, *_: object) -> None:
        """Keep standard error for the tests."""

    def _answer(self) -> None:
        address = urlsplit(self.path)
        path, query = unquote(address.path), parse_qs(address.query)
        fault = self.hub.take_fault(self.command, path)
        length = int(self.headers.get("Content-Length") or 0)
        self._status, self._received = 0, 0
        if fault is not None and fault.what in ("cut", "hold"):
            self._received = len(self.rfile.read(length // 2))
            fault.reached.set()
            if fault.what == "hold":
                fault.release.wait()
            self._note(path)
            self._reset()
            return
        body = self.rfile.read(length)
        self._received = len(body)
        if fault is not None and isinstance(fault.what, int):
            self._send(fault.what, {"error": fault.message}, {"X-Error-Message": fault.message})
            self._note(path)
            return
        try:
            with self.hub.lock:
                answer = self._route(path, query, body)
        except RefusedError as error:
            headers = {"X-Error-Message": str(error), **({"X-Error-Code": error.code} if error.code else {})}
            answer = (error.status, {"error": str(error), **error.more}, headers)
        if fault is not None:  # lost
            self._note(path)
            self._reset()
            return
        self._send(*answer)
        self._note(path)

    do_GET = do_POST = do_PUT = do_HEAD = _answer  # noqa: N815 - the names that the base class asks for

    def _note(self, path: str) -> None:
        self.hub.requests.append(Request(self.command, path, self._status, self._received))

    def _reset(self) -> None:
        """Cut the connection so that the client notices at once."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._status = status
        self.send_response(status)
        given = headers or {}
        for name, value in ({"Content-Length": str(len(data)), "Content-Type": "application/json"} | given).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(data)

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[Any, ...]:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if path.startswith("/lfs/"):  # plays the object store, whose addresses are signed
            return self._object(path.removeprefix("/lfs/"), body)
        if path.startswith("/cas/"):
            return hub_xet.storage(self.hub.store, path, body)
        if self.command == "POST" and token not in (WRITER, READER):
            raise RefusedError(401, "Invalid credentials in Authorization header")
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            asked = json.loads(body)
            self._check_writer(token, asked["organization"])
            name = f"{asked['organization']}/{asked['name']}"
            self.hub.store.create(name, asked.get("visibility") == "private")
            return 200, {"url": f"{self.hub.address}/datasets/{name}", "name": name}
        for pattern, answer in self._ROUTES:
            match = re.fullmatch(pattern, path)
            if match is not None:
                name, *rest = match.groups()
                repository = self.hub.store.find(name)
                if repository.private and token != WRITER:
                    raise RefusedError(401, "Repository not found", "RepoNotFound")
                if self.command == "POST" and "paths-info" not in path:
                    self._check_writer(token, name.partition("/")[0])
                return answer(self, name, repository, rest, query, body)
        raise RefusedError(404, f"no route {self.command} {path}")

    def _check_writer(self, token: str, owner: str) -> None:
        if token != WRITER or owner != "alice":
            raise RefusedError(403, f"You don't have the rights to write to {owner}")

    def _object(self, sha256: str, body: bytes) -> tuple[Any, ...]:
        if hashlib.sha256(body).hexdigest() != sha256:
            raise RefusedError(400, "these are other bytes")
        self.hub.store.blobs[sha256] = body
        return 200, b""

    def _batch(self, name: str, _: Repository, rest: list[str], __: Any, body: bytes) -> tuple[Any, ...]:
        objects = []
        for wanted in json.loads(body)["objects"]:
            entry = {"oid": wanted["oid"], "size": wanted["size"]}
            if wanted["oid"] not in self.hub.store.blobs:
                entry["actions"] = {"upload": {"href": f"{self.hub.address}/lfs/{wanted['oid']}"}}
            objects.append(entry)
        return 200, {"transfer": "basic", "objects": objects}

    def _info(self, name: str, repository: Repository, rest: list[str], *_: Any) -> tuple[Any, ...]:
        commit = repository.resolve(rest[0] if rest else "main")
        siblings = [{"rfilename": path} for path in sorted(repository.files(commit))]
        return 200, {"_id": name, "id": name, "sha": commit, "private": repository.private, "siblings": siblings,
                     "lastModified": "2026-01-01T00:00:00.000Z", "tags": [], "downloads": 0, "likes": 0}  # fmt: skip

    def _refs(self, _: str, repository: Repository, *__: Any) -> tuple[Any, ...]:
        def listed(kind: str, refs: dict[str, str]) -> list[dict[str, str]]:
            return [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": oid} for name, oid in refs.items()]

        return 200, {
            "branches": listed("heads", repository.branches),
            "tags": listed("tags", repository.tags),
            "converts": [],
        }

    def _branch(self, _: str, repository: Repository, rest: list[str], *__: Any) -> tuple[Any, ...]:
        if rest[0] in repository.branches:
            raise RefusedError(409, f"Reference already exists: {rest[0]}")
        repository.branches[rest[0]] = repository.resolve("main")
        return 200, {}

    def _tag(self, _: str, repository: Repository, rest: list[str], __: Any, body: bytes) -> tuple[Any, ...]:
        tag = json.loads(body)["tag"]
        if tag in repository.tags:
            raise RefusedError(409, f"Reference already exists: {tag}")
        repository.tags[tag] = repository.resolve(rest[0])
        return 200, {}

    def _preupload(self, _: str, repository: Repository, rest: list[str], __: Any, body: bytes) -> tuple[Any, ...]:
        there, asked = repository.files(rest[0]), json.loads(body)
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
                "shouldIgnore": "gitIgnore" not in asked and file["path"].endswith(self.hub.store.ignored),
                **({"oid": there[file["path"]].key} if file["path"] in there else {}),
            }
            for file in asked["files"]
        ]
        return 200, {"files": files, "commitOid": repository.resolve(rest[0])}

    def _commit(self, name: str, repository: Repository, rest: list[str], __: Any, body: bytes) -> tuple[Any, ...]:
        oid = self.hub.store.apply(repository, rest[0], body)
        return 200, {"success": True, "commitOid": oid, "commitUrl": f"{self.hub.address}/{name}/commit/{oid}"}

    def _xet_token(self, *_: Any) -> tuple[Any, ...]:
        return hub_xet.write_token(self.hub.address)

    def _tree(self, _: str, repository: Repository, rest: list[str], *__: Any) -> tuple[Any, ...]:
        prefix = f"{rest[1]}/" if rest[1] else ""
        files = {path: file for path, file in sorted(repository.files(rest[0]).items()) if path.startswith(prefix)}
        if prefix and not files:
            raise RefusedError(404, f"{prefix} does not exist", "EntryNotFound")
        folders = {path[:i] for path in files for i, c in enumerate(path) if c == "/" and i >= len(prefix)}
        shown = [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in sorted(folders)]
        return 200, [*shown, *(_entry(path, file) for path, file in files.items())]

    def _paths(self, _: str, repository: Repository, rest: list[str], __: Any, body: bytes) -> tuple[Any, ...]:
        asked = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode())["paths"]
        files = repository.files(rest[0])
        return 200, [_entry(path, files[path]) for path in asked if path in files]

    def _resolve(self, _: str, repository: Repository, rest: list[str], *__: Any) -> tuple[Any, ...]:
        files = repository.files(rest[0])
        if rest[1] not in files:
            raise RefusedError(404, "Entry not found", "EntryNotFound")
        file = files[rest[1]]
        data = self.hub.store.blobs[file.key]
        headers = {"ETag": f'"{file.key}"', "X-Repo-Commit": repository.resolve(rest[0]), "Accept-Ranges": "bytes",
                   "Content-Type": "application/octet-stream"}  # fmt: skip
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if asked is None:
            return 200, data, headers
        first, last = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
        return 206, data[first : last + 1], headers | {"Content-Range": f"bytes {first}-{last}/{len(data)}"}

    _ROUTES: tuple[tuple[str, Callable[..., tuple[Any, ...]]], ...] = (
        (r"/datasets/([^/]+/[^/]+)\.git/info/lfs/objects/batch", _batch),
        (r"/api/datasets/([^/]+/[^/]+)", _info),
        (r"/api/datasets/([^/]+/[^/]+)/revision/(.+)", _info),
        (r"/api/datasets/([^/]+/[^/]+)/refs", _refs),
        (r"/api/datasets/([^/]+/[^/]+)/branch/(.+)", _branch),
        (r"/api/datasets/([^/]+/[^/]+)/tag/(.+)", _tag),
        (r"/api/datasets/([^/]+/[^/]+)/preupload/(.+)", _preupload),
        (r"/api/datasets/([^/]+/[^/]+)/commit/(.+)", _commit),
        (r"/api/datasets/([^/]+/[^/]+)/xet-write-token/(.+)", _xet_token),
        (r"/api/datasets/([^/]+/[^/]+)/tree/([^/]+)(?:/(.+))?", _tree),
        (r"/api/datasets/([^/]+/[^/]+)/paths-info/([^/]+)", _paths),
        (r"/datasets/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", _resolve),
    )


def _entry(path: str, file: File) -> dict[str, Any]:
    large = {"lfs": {"oid": file.key, "size": file.size, "pointerSize": 130}} if file.large else {}
    return {"type": "file", "path": path, "size": file.size, "oid": file.blob_id, **large}
