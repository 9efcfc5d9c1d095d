"""Whole builds from the command line over a speech server."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import soundfile
from harness import assert_one_line, manifest, rejects, rows, run_askqa, samples
from openai_harness import KEY, SHORT, flites
from speech_server import REFUSED, SpeechServer, serving

# --- whole builds ---


def write_profile(path: Path, server: SpeechServer, **options: Any) -> Path:
    settings = {
        "base_url": server.url,
        "model": "flite",
        "revision": "2.2",
        "licence": "BSD-like",
        "watermark": "none|<known>",
        "word_times": "kokoro",
        "patience": 30,
        "timeout": 30,
        "voices": ["slt", "rms", "kal16"],
        **options,
    }
    role = {"voices": ["*"], "rate": ["lognormal", 1.0, 0.08], "pitch": ["normal", 0.0, 0.5]}
    content = {"engine": "openai", "options": settings, "roles": dict.fromkeys(("narrator", "user", "assistant"), role)}
    path.write_text(json.dumps(content))  # JSON is YAML
    return path


def build(demo_file: Path, out: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OPENAI_API_KEY": KEY}
    arguments = ("build", demo_file, out, "--profiles", profile, "--limit", "2", "--workers", "1", "--seed", "3")
    return run_askqa(*arguments, env=environment)


def assert_nothing_private(out: Path, server: SpeechServer, *results: subprocess.CompletedProcess[str]) -> None:
    for result in results:
        assert KEY not in result.stdout + result.stderr
    marks = [KEY.encode(), server.root.removeprefix("http://").encode(), b"127.0.0.1", b"OPENAI_API_KEY"]
    for path in (path for path in out.rglob("*") if path.is_file()):
        content = path.read_bytes()
        assert not [mark for mark in marks if mark in content], path


def test_a_build_with_faults_is_the_build_without(server: SpeechServer, demo_file: Path, tmp_path: Path) -> None:
    server.key = KEY
    calm = build(demo_file, tmp_path / "calm", write_profile(tmp_path / "calm.yaml", server))
    assert calm.returncode == 0, calm.stderr
    asked = len(server.requests)
    # the first two are met by the engine's first words, in the main process and in the worker
    faults = [503, None, 429, None, "cut", "half", None, 503, "html", 500, "cut", 502]
    server.faults.extend(faults)
    stormy = build(demo_file, tmp_path / "stormy", write_profile(tmp_path / "stormy.yaml", server, concurrency=2))
    assert stormy.returncode == 0, stormy.stderr
    assert len(server.requests) == 2 * asked + sum(fault is not None for fault in faults)
    for config in ("initial", "clarified"):
        assert rows(tmp_path / "stormy", config) == rows(tmp_path / "calm", config)
    assert samples(tmp_path / "calm") == samples(tmp_path / "stormy")
    for row in rows(tmp_path / "calm", "initial"):
        assert row["words"]
        assert all(turn["end"] > turn["start"] for turn in row["turns"])
    (engine,) = manifest(tmp_path / "calm")["engines"]
    assert engine == {
        "name": "openai",
        "library": "OpenAI-compatible endpoint",
        "version": "v1",
        "model": "flite",
        "revision": "2.2",
        "licence": "BSD-like",
        "watermark": "none|<known>",
    }
    card = (tmp_path / "calm" / "README.md").read_text("utf-8")
    assert "openai (OpenAI-compatible endpoint v1, model flite, revision 2.2)" in card
    assert "openai: BSD-like. It carries a watermark (openai: none&#124;&#60;known&#62;)." in card
    assert_nothing_private(tmp_path / "calm", server, calm)
    assert_nothing_private(tmp_path / "stormy", server, stormy)


def test_a_server_that_goes_away_stops_the_build_until_it_is_back(
    server: SpeechServer, demo_file: Path, tmp_path: Path
) -> None:
    wanted = build(demo_file, tmp_path / "wanted", write_profile(tmp_path / "wanted.yaml", server))
    assert wanted.returncode == 0, wanted.stderr

    out = tmp_path / "out"
    profile = write_profile(tmp_path / "profile.yaml", server, patience=0.2)
    server.faults.extend([*["streamed"] * 4, *[503] * 60])  # in the midst of speaking
    first = build(demo_file, out, profile)
    assert_one_line(first, 1)
    assert "503" in first.stderr
    assert not rejects(out)
    server.stop()
    second = build(demo_file, out, profile)
    assert_one_line(second, 2)
    assert server.url in second.stderr
    server.faults.clear()
    with serving() as another:  # under another address, with other patience: it is the same build
        third = build(demo_file, out, write_profile(tmp_path / "moved.yaml", another, concurrency=3))
        assert third.returncode == 0, third.stderr
    assert samples(out) == samples(tmp_path / "wanted")
    assert_nothing_private(out, server, first, second, third)


def test_a_text_that_is_refused_is_rejected_and_the_build_goes_on(
    server: SpeechServer, demo_items: list[dict[str, Any]], tmp_path: Path
) -> None:
    items = demo_items[:2]
    items[0]["target_turn"]["question"] = f"Who said {REFUSED}?"
    corpus = tmp_path / "some_test.json"
    corpus.write_text(json.dumps({"version": "1.0", "data": items}))
    result = build(corpus, tmp_path / "out", write_profile(tmp_path / "profile.yaml", server))
    assert result.returncode == 3, result.stderr
    (reject,) = rejects(tmp_path / "out")
    assert (reject["id"], reject["stage"], reject["reason"]) == (items[0]["id"], "speak", "unspeakable")
    assert "nobody says that at …" in reject["detail"]
    assert_nothing_private(tmp_path / "out", server, result)


def test_a_cloned_voice_brings_its_licence_to_the_card(server: SpeechServer, demo_file: Path, tmp_path: Path) -> None:
    clip = tmp_path / "mara.wav"
    soundfile.write(clip, flites(SHORT, "rms").samples, 16000)
    profile = write_profile(tmp_path / "clone.yaml", server)
    content = json.loads(profile.read_text())
    entry = {"ref": "mara.wav", "text": SHORT, "licence": "CC-BY-4.0 | Mara"}
    content["roles"] = {role: {"voices": [entry]} for role in content["roles"]}
    del content["options"]["voices"]
    profile.write_text(json.dumps({**content, "distinct_voices": False}))
    result = build(demo_file, tmp_path / "out", profile)
    assert result.returncode == 0, result.stderr
    assert "voices mara" in result.stderr + result.stdout
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()
    assert f"| mara | CC-BY-4.0 &#124; Mara | {digest} |" in card
    assert_nothing_private(tmp_path / "out", server, result)
