"""The model of one's own in docs/models-under-test.md works as it stands there, and its files mean models."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from model_requests import HeardElsewhere, asked, noise

from askqa_builder.chat.options import ChatOptions
from askqa_builder.evaluation.models.model import OutOfReachError, Request, Response
from askqa_builder.evaluation.models.prompts import load_prompts
from askqa_builder.evaluation.models.registry import CONTROL_NAMES, Choice, model_kinds, open_subject
from askqa_builder.evaluation.models.spec import read_spec
from askqa_builder.evaluation.models.transformers_options import TransformersOptions

PAGE = Path(__file__).parents[3] / "docs" / "models-under-test.md"
TEXT = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


class _SpeechServer(BaseHTTPRequestHandler):
    received: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append(body)
        said = json.dumps({"text": f"{len(body['clips'])} clips", "tokens": 2}).encode()
        self.send_response(200 if body["clips"] else 500)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The page's server: its URL, and what it was sent."""
    received: list[dict[str, Any]] = []
    handler = type("Handler", (_SpeechServer,), {"received": received})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}/", received
    running.shutdown()
    running.server_close()


@pytest.fixture(params=["python", "installed"])
def choice(
    request: pytest.FixtureRequest,
    server: tuple[str, list[dict[str, Any]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Choice:
    """The page's class by the page's own file, and by the page's entry point."""
    (code,) = blocks("python")
    site = tmp_path / "site"
    site.mkdir()
    (site / "my_models.py").write_text(code, "utf-8")
    monkeypatch.chdir(site)
    spec = site / "my_models.yaml"
    if request.param == "python":
        spec.write_text(blocks("yaml")[-1].replace("http://localhost:9000/", server[0]), "utf-8")
        return Choice("my_models.yaml")
    (points,) = blocks("toml")
    name, value = re.findall(r'^([\w-]+) = "(.*)"$', points, re.MULTILINE)[0]
    info = site / "documented-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: documented\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[askqa_builder.models]\n{name} = {value}\n", "utf-8")
    monkeypatch.syspath_prepend(str(site))
    spec.write_text(json.dumps({"kind": name, "url": server[0]}), "utf-8")
    return Choice("my_models.yaml")


def test_the_documented_model_responds(choice: Choice, server: tuple[str, list[dict[str, Any]]]) -> None:
    subject = open_subject(choice)
    clips = [noise(0.5, 1), noise(0.25, 2)]
    response = subject.respond(subject.prepared(asked(clips=clips, sampling_rate=16000), None, HeardElsewhere()))
    assert (response.text, response.completion_tokens, subject.concurrency) == ("2 clips", 2, 4)
    (body,) = server[1]
    assert body["prompt"].startswith("You hear a story")
    for data, clip in zip(body["clips"], clips, strict=True):
        samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="int16")
        assert rate == 16000
        assert np.array_equal(samples, clip)
    with pytest.raises(OutOfReachError, match="HTTP Error 500"):
        subject.respond(asked(clips=()))


def test_it_is_less_than_thirty_lines() -> None:
    (code,) = blocks("python")
    assert len(code.strip().splitlines()) < 30


def test_the_pages_files_mean_models(tmp_path: Path) -> None:
    kinds = []
    for text in blocks("yaml"):
        file = tmp_path / "model.yaml"
        file.write_text(text, "utf-8")
        spec = read_spec(str(file))
        kinds.append(spec.kind)
        options = {
            name: spec.options[name]
            for name in spec.options
            if name not in ("system", "recogniser", "recogniser_options")
        }
        if spec.kind in ("endpoint", "cascade"):
            ChatOptions.read(options)
        if spec.kind == "transformers":
            TransformersOptions.read(options)
    assert sorted(kinds) == sorted(model_kinds()[:4])


def test_the_page_names_what_is_there() -> None:
    names = [
        *CONTROL_NAMES,
        *load_prompts().table,
        *(one.name for kind in (Request, Response) for one in fields(kind)),
    ]
    assert [name for name in names if f"`{name}`" not in TEXT] == []
    options = [one.name for kind in (ChatOptions, TransformersOptions) for one in fields(kind)]
    hidden = {"response_format", "tries"}  # without effect here: no answer must have a form
    assert [name for name in options if name not in TEXT and name not in hidden] == []
