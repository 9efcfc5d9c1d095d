"""The server answers this machine alone, with what it is asked for and nothing else."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from harness import assert_one_line, run_askqa, started_askqa
from whole_rows import whole_rows

from askqa_builder.errors import UsageError
from askqa_builder.report.serve import HOST, ReportServer


@pytest.fixture(scope="session")
def server(voiced: Path, recast: Path) -> Iterator[ReportServer]:
    with ReportServer(voiced, recast) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def asked(server: ReportServer, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=60)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def answered(server: ReportServer, path: str) -> Any:
    status, _, body = asked(server, path)
    assert status == 200, body
    return json.loads(body)


def test_the_page_and_the_rows(server: ReportServer, voiced: Path) -> None:
    rows = whole_rows(voiced)
    status, headers, page = asked(server, "/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    assert b"sound-a-0" not in page
    found = answered(server, "/rows?from=2&count=3")
    assert found["found"] == len(rows)
    assert [row["id"] for row in found["rows"]] == [row["id"] for row in rows[2:5]]
    for number, row in enumerate(rows):
        assert answered(server, f"/number?id={quote(row['id'])}")["number"] == number
    assert answered(server, "/number?id=none")["number"] is None
    assert answered(server, "/row/1")["takes"][0]["id"] == rows[1]["id"]


def test_sound_is_the_dataset_s_own_whole_and_in_parts(server: ReportServer, voiced: Path) -> None:
    data = whole_rows(voiced)[1]["audio"]["bytes"]
    status, headers, body = asked(server, "/sound/a/1")
    assert (status, body, headers["Content-Type"]) == (200, data, "audio/flac")
    for wanted, start, end in (("0-", 0, len(data)), ("10-19", 10, 20), ("-7", len(data) - 7, len(data))):
        status, headers, body = asked(server, "/sound/a/1", Range=f"bytes={wanted}")
        assert (status, body) == (206, data[start:end])
        assert headers["Content-Range"] == f"bytes {start}-{end - 1}/{len(data)}"
    assert asked(server, "/sound/a/1", Range=f"bytes={len(data)}-")[0] == 416
    assert asked(server, "/sound/b/0")[2] != asked(server, "/sound/a/0")[2]


@pytest.mark.parametrize(
    "path",
    [
        "/askqa.json",
        "/../askqa.json",
        "/..%2f..%2fetc/passwd",
        "//etc/passwd",
        "/sound/a/../../askqa.json",
        "/sound/a/-1",
        "/sound/a/9999999",
        "/sound/c/0",
        "/sound/b/9",
        "/row/0/x",
        "/row/٣",
        "/row/1e3",
        "/favicon.ico",
    ],
)
def test_there_is_nothing_else(path: str, server: ReportServer) -> None:
    status, _, body = asked(server, quote(path, safe="/%."))
    assert status == 404
    assert len(body) < 100


def test_odd_questions_are_refused(server: ReportServer) -> None:
    for path in ("/rows?from=-1", "/rows?order=id", "/rows?count=100000", "/rows?x=1", "/rows?text=%ff"):
        assert asked(server, path)[0] == 400, path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"])
def test_reading_is_all_one_can_do(method: str, server: ReportServer) -> None:
    assert asked(server, "/", method)[0] in (405, 501)


def test_a_head_has_no_body(server: ReportServer) -> None:
    status, headers, body = asked(server, "/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_other_names_are_refused(host: str, server: ReportServer) -> None:
    """A page elsewhere can let its own name lead to this machine, and would read the dataset."""
    assert asked(server, "/rows", Host=host.format(port=server.server_port))[0] == 421
    assert asked(server, "/rows", Host=f"localhost:{server.server_port}")[0] == 200


def test_every_answer_says_what_may_be_done_with_it(server: ReportServer) -> None:
    for path in ("/", "/rows", "/row/0", "/sound/a/0", "/nothing"):
        _, headers, _ = asked(server, path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers
    assert "frame-ancestors 'none'" in asked(server, "/")[1]["Content-Security-Policy"]


def test_it_listens_on_loopback_alone(server: ReportServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with socket.socket(socket.AF_INET6) as six:
        assert six.connect_ex(("::1", server.server_port)) != 0


def test_a_browser_that_goes_away_in_the_middle(server: ReportServer) -> None:
    for _ in range(5):
        with socket.create_connection((HOST, server.server_port)) as connection:
            host = f"{HOST}:{server.server_port}"
            connection.sendall(f"GET /sound/a/0 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            connection.recv(100)
    assert asked(server, "/rows")[0] == 200


def test_many_at_once(server: ReportServer, voiced: Path) -> None:
    rows = whole_rows(voiced)
    wrong: list[int] = []

    def listen(number: int) -> None:
        if asked(server, f"/sound/a/{number}")[2] != rows[number]["audio"]["bytes"]:
            wrong.append(number)

    threads = [threading.Thread(target=listen, args=(number % len(rows),)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_taken_port_is_told(server: ReportServer, voiced: Path) -> None:
    with pytest.raises(UsageError, match="another --port"):
        ReportServer(voiced, port=server.server_port)
    assert_one_line(run_askqa("report", voiced, "--serve", "--port", server.server_port), 2)


def test_the_command_serves_until_it_is_interrupted(voiced: Path) -> None:
    with started_askqa("report", voiced, "--serve") as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[0]
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        connection = http.client.HTTPConnection(HOST, port, timeout=60)
        connection.request("GET", "/rows")
        assert connection.getresponse().status == 200
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 0
    assert stderr == ""
