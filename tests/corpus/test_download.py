"""The real client against a server that fails."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from askqa_builder.corpus import download
from askqa_builder.corpus.download import MOST_TRIES, MOST_UNREACHED_TRIES, STATE_FOLDER, RemoteFile, fetch, read_record
from askqa_builder.corpus.receiving import DownloadError

from corpus.file_server import FileServer, etag_of, serving

CONTENT = json.dumps({"data": [f"conversation {i}" for i in range(20_000)]}).encode()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = CONTENT.replace(b"conversation", b"Conversation")
NAME = "talks.json"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(download, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(download, "_LONGEST_WAIT", 0.002)
    with serving() as started:
        started.files[f"/{NAME}"] = CONTENT
        yield started


def is_json(data: bytes) -> bool:
    return data.startswith(b"{")


def get(server: FileServer, folder: Path, sha256: str | None = SHA256) -> bytes:
    return fetch(RemoteFile(NAME, (f"{server.url}/{NAME}",), sha256), folder, is_json).read_bytes()


def refused(server: FileServer, folder: Path, sha256: str | None = SHA256) -> str:
    with pytest.raises(DownloadError) as raised:
        get(server, folder, sha256)
    assert not (folder / NAME).exists()
    assert str(raised.value).isprintable()
    return str(raised.value)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_file_is_downloaded_once_and_remembered(server: FileServer, tmp_path: Path, sha256: str | None) -> None:
    folder = tmp_path / "cache" / "sources"
    assert get(server, folder, sha256) == get(server, folder, sha256) == CONTENT
    assert server.paths == [f"/{NAME}"]
    record = read_record(folder / NAME)
    assert record is not None
    assert (record.url, record.bytes, record.sha256) == (f"{server.url}/{NAME}", len(CONTENT), SHA256)
    assert names(folder) == [STATE_FOLDER, NAME]
    assert names(folder / STATE_FOLDER) == ["lock", f"{NAME}.record"]


def test_a_server_that_is_away_for_a_while(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend([503, 500, 429, 502])
    assert get(server, tmp_path) == CONTENT
    assert len(server.asked) == 5


def test_patience_ends(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend([503] * 100)
    assert f"{server.url}/{NAME}: it answers 503 Service Unavailable" in refused(server, tmp_path)
    assert len(server.asked) == MOST_TRIES


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_is_not_tried_again(server: FileServer, tmp_path: Path, status: int) -> None:
    server.faults.append(status)
    assert f"it answers {status} " in refused(server, tmp_path)
    assert len(server.asked) == 1


def test_a_cut_connection_is_gone_on_with(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend(["cut", "cut"])
    assert get(server, tmp_path, None) == CONTENT
    half = len(CONTENT) // 2
    assert server.ranges_asked() == [None, f"bytes={half}-", f"bytes={half + (len(CONTENT) - half) // 2}-"]
    assert server.asked[1][1]["If-Range"] == etag_of(CONTENT)


def test_a_server_that_gives_a_part_of_the_range(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend(["cut", "piece"])
    assert get(server, tmp_path, None) == CONTENT
    assert len(server.asked) == 3


def test_the_next_command_goes_on_where_one_was_stopped(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend(["cut", *[503] * MOST_TRIES])
    refused(server, tmp_path)
    server.faults.clear()
    server.asked.clear()
    assert get(server, tmp_path) == CONTENT
    assert server.ranges_asked() == [f"bytes={len(CONTENT) // 2}-"]


def test_a_server_without_ranges_begins_anew(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    server.faults.append("cut")
    assert get(server, tmp_path) == CONTENT
    assert len(server.asked) == 2


@pytest.mark.parametrize("if_range", [True, False])
def test_parts_of_two_versions_are_not_joined(server: FileServer, tmp_path: Path, if_range: bool) -> None:
    """Also where the server takes no notice of If-Range, and says so by another ETag alone."""
    server.faults.extend(["cut", *[503] * MOST_TRIES])
    refused(server, tmp_path, None)
    server.faults.clear()
    server.files[f"/{NAME}"] = OTHER
    server.if_range = if_range
    assert get(server, tmp_path, None) == OTHER


def test_a_part_that_is_longer_than_the_file(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend(["cut", *[503] * MOST_TRIES])
    refused(server, tmp_path)
    with (tmp_path / STATE_FOLDER / f"{NAME}.part").open("ab") as part:
        part.write(b"x" * len(CONTENT))
    server.faults.clear()
    assert get(server, tmp_path) == CONTENT


def test_a_spoilt_part_is_found_out_and_thrown_away(server: FileServer, tmp_path: Path) -> None:
    server.faults.extend(["cut", *[503] * MOST_TRIES])
    refused(server, tmp_path)
    part = tmp_path / STATE_FOLDER / f"{NAME}.part"
    part.write_bytes(b"\0" * part.stat().st_size)
    server.faults.clear()
    assert get(server, tmp_path) == CONTENT


def test_another_file_than_the_known_one_is_refused(server: FileServer, tmp_path: Path) -> None:
    server.files[f"/{NAME}"] = OTHER
    told = refused(server, tmp_path)
    assert f"its SHA-256 is {hashlib.sha256(OTHER).hexdigest()}, not {SHA256}" in told
    assert len(server.asked) == 1
    assert names(tmp_path / STATE_FOLDER) == ["lock"]


def test_what_came_first_is_what_must_come_again(server: FileServer, tmp_path: Path) -> None:
    get(server, tmp_path, None)
    (tmp_path / NAME).write_bytes(b"damaged")
    assert get(server, tmp_path, None) == CONTENT
    (tmp_path / NAME).unlink()
    server.files[f"/{NAME}"] = OTHER
    assert "as it was first downloaded" in refused(server, tmp_path, None)


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_a_page_of_the_networks_is_no_file(server: FileServer, tmp_path: Path, sha256: str | None) -> None:
    server.faults.append("garbled")
    told = refused(server, tmp_path, sha256)
    assert ("sign-in" if sha256 is None else "SHA-256") in told
    assert get(server, tmp_path, sha256) == CONTENT


def test_a_file_of_unknown_length_could_be_cut(server: FileServer, tmp_path: Path) -> None:
    server.faults.append("endless")
    assert "how long the file is" in refused(server, tmp_path)


def test_the_next_address_is_asked_where_there_is_no_such_file(server: FileServer, tmp_path: Path) -> None:
    places = tuple(f"{server.url}{path}" for path in ("/old/talks.json", f"/{NAME}"))
    fetch(RemoteFile(NAME, places, SHA256), tmp_path, is_json)
    assert server.paths == ["/old/talks.json", f"/{NAME}"]
    record = read_record(tmp_path / NAME)
    assert record is not None
    assert record.url == places[1]
    nowhere = RemoteFile("no.json", tuple(f"{server.url}/{n}/no.json" for n in "ab"), None)
    with pytest.raises(DownloadError, match=r"/b/no\.json: it answers 404 Not Found"):
        fetch(nowhere, tmp_path, is_json)
    assert server.paths[2:] == ["/a/no.json", "/b/no.json"]


class Watching(logging.Filter):
    """Notices that somebody waits; lets everything through."""

    def __init__(self, waits: threading.Event) -> None:
        super().__init__()
        self._waits = waits

    def filter(self, record: logging.LogRecord) -> bool:
        if record.getMessage().startswith("waiting"):
            self._waits.set()
        return True


def test_two_at_once_download_once(server: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    waits = threading.Event()
    watch = Watching(waits)
    caplog.handler.addFilter(watch)
    server.faults.append("sleepy")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(get, server, tmp_path)
        assert server.arrived.wait(30)
        second = pool.submit(get, server, tmp_path)
        assert waits.wait(30)
        server.release.set()
        assert first.result(30) == second.result(30) == CONTENT
    caplog.handler.removeFilter(watch)  # all tests share the handler
    assert len(server.asked) == 1


def test_who_is_offline_is_told_after_a_few_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(download.time, "sleep", waits.append)
    with socket.socket() as taken:  # bound and not listening: nobody else gets the port, and nobody answers
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        with pytest.raises(DownloadError, match=r"no connection \(.*refused"):
            fetch(RemoteFile(NAME, (url,), None), tmp_path, is_json)
    assert len(waits) == MOST_UNREACHED_TRIES - 1
    assert sum(waits) < 5


def test_the_environments_proxy_is_used(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    url = f"http://corpora.invalid/{NAME}"
    assert fetch(RemoteFile(NAME, (url,), SHA256), tmp_path, is_json).read_bytes() == CONTENT
    assert server.paths == [url]


def test_a_redirect_is_followed(server: FileServer, tmp_path: Path) -> None:
    server.redirects["/moved.json"] = f"/{NAME}"
    fetch(RemoteFile(NAME, (f"{server.url}/moved.json",), SHA256), tmp_path, is_json)
    assert server.paths == ["/moved.json", f"/{NAME}"]
