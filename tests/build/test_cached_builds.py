"""Builds that find their speech in the cache: the same dataset, and nothing is spoken that was before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from harness import digests, manifest, run_askqa, samples

from askqa_builder import build
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.plan import make_plan
from askqa_builder.build.recall import Recall
from askqa_builder.build.recipe import Recipe, make_recipe
from askqa_builder.build.worker import open_worker
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.disk_cache import CacheSettings
from askqa_builder.errors import SpeechError
from askqa_builder.speech.engine import EngineInfo, Speech, Utterance
from askqa_builder.speech.utterance_cache import UtteranceCache
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.pool import VoicePool
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.voice import Voice


@pytest.fixture
def options(quick_profile: Path, tmp_path: Path) -> dict[str, Any]:
    return {"profiles": str(quick_profile), "seed": 7, "cache": str(tmp_path / "cache")}


def recipe_of(options: dict[str, Any], **more: Any) -> Recipe:
    return make_recipe(BuildOptions(**{**options, **more}))


class Deaf(UtteranceCache):
    """A cache that only tells what it is asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def get(self, key: str) -> Speech | None:
        self.keys.append(key)
        return None


def key_of(recipe: Recipe, utterance: Utterance) -> str:
    asked = Deaf()
    Recall(recipe, asked).split({key: [utterance] for key in recipe.engines})
    return asked.keys[0]


ONE = Utterance("Hello there.", "kal16", rate=1.1, pitch=1.0, seed=5)


@pytest.mark.parametrize(
    "other",
    [
        replace(ONE, text="Hello here."),
        replace(ONE, rate=1.2),
        replace(ONE, pitch=1.5),
        replace(ONE, seed=6),
    ],
)
def test_another_utterance_is_another_entry(options: dict[str, Any], other: Utterance) -> None:
    recipe = recipe_of(options)
    assert key_of(recipe, ONE) == key_of(recipe, replace(ONE))
    assert key_of(recipe, ONE) != key_of(recipe, other)


def test_an_emotion_is_another_entry_and_without_one_nothing_changed(options: dict[str, Any]) -> None:
    recipe = able(recipe_of(options), frozenset({"happy", "sad"}))
    (key,) = recipe.engines
    recall = Recall(recipe, Deaf())
    before = {
        **recall._engines[key],
        "clip": None, "text": ONE.text, "voice": ONE.voice, "rate": ONE.rate, "pitch": ONE.pitch, "seed": ONE.seed,
    }  # fmt: skip
    assert key_of(recipe, ONE) == canonical_digest(before)
    assert key_of(recipe, replace(ONE, pitch_range=1.5, pauses=0.8)) == key_of(recipe, ONE)
    happy = replace(ONE, emotion=Affect("happy", valence=0.9))
    others = [happy, replace(happy, emotion=Affect("happy")), replace(happy, emotion=Affect("sad", valence=0.9))]
    others += [replace(happy, instructions="Beam."), ONE]
    assert len({key_of(recipe, one) for one in others}) == len(others)


def test_a_clip_counts_for_what_is_cloned_from_it(options: dict[str, Any]) -> None:
    def key(emotion: str | None, *, happy: str = "h1") -> str:
        clips = {name: Reference("kal16", f"{name}.wav", name, None, None, Path(name)) for name in ("own", happy)}
        voice = replace(clips["own"], emotions={"happy": clips[happy]})
        return key_of(cloning(recipe, voice), replace(ONE, emotion=None if emotion is None else Affect(emotion)))

    recipe = able(recipe_of(options), frozenset({"happy", "neutral"}))
    alone = Reference("kal16", "own.wav", "own", None, None, Path("own"))
    assert key(None) == key(None, happy="h2") == key_of(cloning(recipe, alone), ONE)
    assert key("neutral") == key("neutral", happy="h2") != key(None)
    assert key("happy") != key("happy", happy="h2")


def cloning(recipe: Recipe, voice: Reference) -> Recipe:
    """Return a recipe of which every role has a voice that is cloned."""
    profiles = recipe.profiles.profiles
    roles = {role: replace(profile, references=(voice,)) for role, profile in profiles.roles.items()}
    return replace(recipe, profiles=replace(recipe.profiles, profiles=replace(profiles, roles=roles)))


def able(recipe: Recipe, emotions: frozenset[str]) -> Recipe:
    """Return a recipe whose voices speak emotions."""

    def able_pool(pool: VoicePool) -> VoicePool:
        voices = [replace(one, controls=replace(one.controls, emotions=emotions)) for one in pool.voices]
        return replace(pool, voices=tuple(voices))

    pools = {
        role: {split: able_pool(pool) for split, pool in by_split.items()}
        for role, by_split in recipe.profiles.pools.items()
    }
    return replace(recipe, profiles=replace(recipe.profiles, pools=pools))


@pytest.mark.parametrize("change", ["version", "model", "revision", "sample_rate", "numeric_mode", "name", "watermark"])
def test_another_engine_is_another_entry(options: dict[str, Any], change: str) -> None:
    recipe = recipe_of(options)
    (info,) = recipe.engines.values()
    value = 22050 if change == "sample_rate" else "another"
    other = replace(recipe, engines={key: replace(info, **{change: value}) for key in recipe.engines})
    assert key_of(recipe, ONE) != key_of(other, ONE)
    same = replace(recipe, engines={key: replace(info, licence="another") for key in recipe.engines})
    assert key_of(recipe, ONE) == key_of(same, ONE)


def test_another_voice_gate_or_version_is_another_entry(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = recipe_of(options, profiles="flite")
    assert key_of(shipped, ONE) != key_of(shipped, replace(ONE, voice="slt"))
    before = key_of(shipped, ONE)
    monkeypatch.setattr("askqa_builder.build.recall.__version__", "another")
    assert key_of(shipped, ONE) != before
    monkeypatch.undo()
    pytest.importorskip("pocketsphinx", reason="the asr extra is not installed")
    keys = set()
    for gate in ("{wer: 0.4, asr: pocketsphinx}", "{wer: 0.5, asr: pocketsphinx}"):
        path = tmp_path / "gated.yaml"
        path.write_text(Path(options["profiles"]).read_text("utf-8") + f"gate: {gate}\n")
        keys.add(key_of(recipe_of(options, profiles=str(path)), ONE))
    assert len(keys | {key_of(recipe_of(options), ONE)}) == 3


def test_prosody_that_is_added_later_needs_no_other_entry(options: dict[str, Any]) -> None:
    """The voice rms has no control of pitch: PSOLA does all of it."""
    recipe = recipe_of(options, profiles="flite")
    rms = replace(ONE, voice="rms")
    assert key_of(recipe, rms) == key_of(recipe, replace(rms, pitch=-2.0))


class Mute:
    """Engine of a build that must find all its speech."""

    voices: Mapping[str, Voice] = MappingProxyType({})

    def __init__(self, info: EngineInfo) -> None:
        self.info = info

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        raise AssertionError(f"{batch[0].text!r} was spoken before")

    def close(self) -> None:
        """Nothing to close."""


def made_rows(source: Path, recipe: Recipe, *, mute: bool = False) -> dict[str, str]:
    """What a worker makes of a corpus: the digest of each row's samples."""
    plan = make_plan(read_corpus(find_sources(source, None)).conversations, ["test"], recipe, 10**9)
    with open_worker(recipe, None, speaking=True) as worker:
        if mute:
            worker = replace(worker, engines={key: Mute(info) for key, info in recipe.engines.items()})
        rows = [row for block in plan.blocks for made in worker.make(block, {}).rows.values() for row in made]
    return {row["id"]: row["pcm_sha256"] for row in rows}


def test_the_second_build_speaks_nothing_and_is_the_same(
    demo_file: Path, options: dict[str, Any], demo_dataset: Path, tmp_path: Path
) -> None:
    build(demo_file, tmp_path / "first", workers=1, **options)
    assert digests(tmp_path / "first") == digests(demo_dataset)
    assert "cache" not in json.dumps(manifest(tmp_path / "first"))
    assert made_rows(demo_file, recipe_of(options), mute=True) == samples(demo_dataset)
    assert made_rows(demo_file, recipe_of(options, seed=8), mute=True) == {}  # what is not there cannot be told


def test_damaged_entries_are_spoken_again(
    demo_file: Path, options: dict[str, Any], demo_dataset: Path, tmp_path: Path
) -> None:
    made_rows(demo_file, recipe_of(options))
    found = sorted((tmp_path / "cache").rglob("*.utterance"))
    assert len(found) > 30
    for number, entry in enumerate(found):
        data = bytearray(entry.read_bytes())
        data[len(data) * (number % 9) // 9] ^= 4
        entry.write_bytes(data)
    assert made_rows(demo_file, recipe_of(options)) == samples(demo_dataset)
    assert made_rows(demo_file, recipe_of(options), mute=True) == samples(demo_dataset)


def test_failures_are_never_kept(options: dict[str, Any], tmp_path: Path) -> None:
    recipe = recipe_of(options)
    (engine,) = recipe.engines
    recall = Recall(recipe, UtteranceCache(CacheSettings(tmp_path / "cache", 10**9)))
    speech = Speech(np.full(100, 0.25, np.float32), 16000)
    recall.keep(engine, [ONE, replace(ONE, seed=6)], [SpeechError("hoarse"), speech])
    known, unknown = recall.split({engine: [ONE, replace(ONE, seed=6)]})
    assert unknown == {engine: [ONE]}
    assert list(known[engine]) == [replace(ONE, seed=6)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cache", "{file}/cache"], "cannot be written to"),
        (["--cache", ""], "the folder's name is empty"),
        (["--cache-size", "lots"], "cache size: 'lots' is not a size"),
    ],
)
def test_wrong_options_are_one_line(
    arguments: list[str], said: str, demo_file: Path, quick_profile: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    filled = [argument.format(file=tmp_path / "file") for argument in arguments]
    result = run_askqa("build", demo_file, tmp_path / "out", "--profiles", quick_profile, *filled)
    assert result.returncode == 2
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_without_a_usable_folder_of_the_user_s_own_a_build_goes_on(
    demo_file: Path, quick_profile: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    environment = {"ASKQA_CACHE": "", "ASKQA_CACHE_DIR": str(tmp_path / "file")}
    result = run_askqa(
        "build", demo_file, tmp_path / "out", "--limit", "1", "--profiles", quick_profile, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert "nothing is cached" in result.stderr.splitlines()[0]
