"""Builds in which users speak with an emotion that the engine was asked for."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import yaml
from documented_sets import documented
from harness import manifest, rows, samples
from speech_server import HEEDED, SpeechServer, serving

from askqa_builder import build, regenerate
from askqa_builder.errors import UsageError
from askqa_builder.speech.engines.openai.engine import PROBE
from askqa_builder.speech.instructions import instructions_for
from askqa_builder.verify.run import verify
from askqa_builder.voices.emotion import DIMENSIONS, Affect
from askqa_builder.voices.style_files import shipped_styles

STYLES = ("happy", "sad", "neutral")
PROBES = 2
"""Requests in which the engine's first words are asked for, in the main process and where it speaks."""


def profile(path: Path, server: SpeechServer, **user: Any) -> str:
    options = {
        "base_url": server.url,
        "model": "flite",
        "voices": ["slt", "awb", "kal16"],
        "emotions": ["happy", "sad"],
    }
    role: dict[str, Any] = {"voices": ["*"], "rate": ["uniform", 0.9, 1.1]}
    roles = {"narrator": role, "user": {**role, "styles": list(STYLES), **user}, "assistant": role}
    path.write_text(json.dumps({"engine": "openai", "options": options, "roles": roles}))  # JSON is YAML
    return str(path)


class Made:
    """A build with its cache, and what it asked the server for."""

    def __init__(self, folder: Path, server: SpeechServer, demo_file: Path) -> None:
        self.server, self.demo_file, self.cache = server, demo_file, folder / "cache"
        self.profiles = profile(folder / "profile.yaml", server)
        self.out = folder / "out"
        self.requests = self.again(self.out)

    def again(self, out: Path, profiles: str | None = None) -> list[dict[str, Any]]:
        """Build once more, and return what was asked for but the first words."""
        before = len(self.server.requests)
        settings = {"profiles": profiles or self.profiles, "seed": 3, "limit": 4, "workers": 1}
        build(self.demo_file, out, cache=str(self.cache), **settings)  # type: ignore[arg-type]
        new = self.server.requests[before:]
        assert [request["input"] for request in new].count(PROBE) == PROBES
        return [request for request in new if request["input"] != PROBE]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> Iterator[Made]:
    with serving() as server:
        yield Made(tmp_path_factory.mktemp("emotions"), server, demo_file)


def turns_of(out: Path) -> list[dict[str, Any]]:
    return [turn for config in ("initial", "clarified") for row in rows(out, config) for turn in row["turns"]]


def test_rows_say_what_was_intended_of_whom(made: Made) -> None:
    drawn: Counter[str] = Counter()
    for turn in turns_of(made.out):
        style, intended = turn["style"], turn["emotion"]["intended"]
        if turn["role"] != "user":
            assert (style["name"], style["native"], intended["category"]) == (None, None, None)
            continue
        drawn[style["name"]] += 1
        if style["name"] == "neutral":
            assert not style["native"]
            assert set(intended.values()) == {None}
        else:
            assert style["native"]
            emotion = shipped_styles()[style["name"]].emotion
            assert emotion is not None
            assert intended == emotion.to_json()
            assert all(isinstance(intended[name], float) for name in DIMENSIONS)
        assert (style["pitch"], style["rate"], turn["emotion"]["recognised"]["category"]) == (0.0, 1.0, None)
    assert drawn.keys() == set(STYLES)


def test_the_server_was_asked_for_it(made: Made) -> None:
    asked = {(request["input"], request.get("instructions")) for request in made.requests}
    wanted = set()
    for turn in turns_of(made.out):
        emotion = Affect.from_json(turn["emotion"]["intended"])
        told = None if emotion.is_empty else instructions_for(emotion)
        if turn["role"] != "narrator":  # a story is asked for by its paragraphs
            wanted.add((turn["spoken_text"], told))
    assert wanted <= asked
    assert {told for _, told in asked} == {told for _, told in wanted}
    assert len({told for _, told in wanted}) == len(STYLES)


def test_what_was_spoken_is_found_again(made: Made, tmp_path: Path) -> None:
    assert made.again(tmp_path / "same") == []
    assert samples(tmp_path / "same") == samples(made.out)
    assert not verify(made.out).findings


@pytest.fixture(scope="module")
def plain(made: Made, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The same build without styles, and what was asked for beside what is in the cache."""
    folder = tmp_path_factory.mktemp("plain")
    profiles = folder / "plain.yaml"
    content = json.loads(Path(made.profiles).read_text())
    del content["roles"]["user"]["styles"]
    profiles.write_text(json.dumps(content))
    return folder / "out", made.again(folder / "out", str(profiles))


def test_speech_without_an_emotion_is_found_as_if_there_were_no_styles(
    made: Made, plain: tuple[Path, list[dict[str, Any]]]
) -> None:
    _, new = plain
    assert {one["input"] for one in new} == {one["input"] for one in made.requests if "instructions" in one}
    assert not any("instructions" in request for request in new)


def test_an_emotion_is_heard(made: Made, plain: tuple[Path, list[dict[str, Any]]]) -> None:
    """Against the same sentence in the same voice the stand-in for a server raises or lowers its own."""
    changes: dict[str, list[float]] = {name: [] for name in STYLES}
    for turn, other in zip(turns_of(made.out), turns_of(plain[0]), strict=True):
        assert (turn["text"], other["style"]["name"]) == (other["text"], None)
        if turn["role"] == "user":
            ratio = turn["measured"]["f0_mean"] / other["measured"]["f0_mean"]
            changes[turn["style"]["name"]].append(12 * math.log2(ratio))
    assert changes["neutral"] == [0.0] * len(changes["neutral"])
    for name, semitones in HEEDED.items():
        assert median(changes[name]) == pytest.approx(semitones, abs=0.7)


def test_turns_that_are_kept_keep_what_was_intended(made: Made, tmp_path: Path) -> None:
    before = len(made.server.requests)
    settings = {"profiles": made.profiles, "roles": "narrator", "workers": 1, "cache": "none"}
    regenerate(made.out, tmp_path / "new", **settings)
    assert not any("instructions" in request for request in made.server.requests[before:] if request["input"] != PROBE)
    for old, new in zip(turns_of(made.out), turns_of(tmp_path / "new"), strict=True):
        assert (new["style"], new["emotion"], new["text"]) == (old["style"], old["emotion"], old["text"])


def test_the_manifest_tells_which_emotions(made: Made) -> None:
    profiles = manifest(made.out)["profiles"]
    assert profiles["roles"]["user"]["options"]["emotions"] == ["happy", "sad"]
    assert profiles["styles"]["define"]["sad"]["emotion"]["category"] == "sad"


def test_an_emotion_that_the_engine_was_not_said_to_speak_is_refused(made: Made, tmp_path: Path) -> None:
    wrong = profile(tmp_path / "wrong.yaml", made.server, styles=["neutral", "angry"])
    with pytest.raises(UsageError, match=r"roles\.user\.styles.*angry.*voice 'awb'"):
        build(made.demo_file, tmp_path / "out", profiles=wrong, workers=1)


def test_the_documented_set_builds(server: SpeechServer, demo_file: Path, tmp_path: Path) -> None:
    """Where it names another server, model and voices, it is the set of docs/styles.md."""
    example = documented("engine: openai")
    content = yaml.safe_load(example)
    content["options"] |= {"base_url": server.url, "model": "flite", "voices": ["slt", "awb", "kal16"]}
    (tmp_path / "mine.yaml").write_text(json.dumps(content))
    build(demo_file, tmp_path / "out", profiles=str(tmp_path / "mine.yaml"), seed=5, limit=6, workers=1)
    always = content["options"]["instructions"]
    own = {"tearful": content["styles"]["define"]["tearful"]["instructions"]}
    wanted, drawn = set(), set()
    for turn in turns_of(tmp_path / "out"):
        emotion, style = Affect.from_json(turn["emotion"]["intended"]), turn["style"]["name"]
        told = None if emotion.is_empty else own.get(style) or instructions_for(emotion)
        if turn["role"] == "user":
            drawn.add((turn["act"], style))
            wanted.add((turn["spoken_text"], always if told is None else f"{always}\n{told}"))
            assert turn["style"]["native"] is (style != "neutral")
    assert wanted <= {(request["input"], request["instructions"]) for request in server.requests}
    assert drawn == {
        *(("question", style) for style in ("neutral", "happy", "sad", "tearful")),
        *(("clarification", style) for style in ("neutral", "plain")),
    }
