"""What a profile set says of paragraphs, of single turns and of aligners, heard in whole builds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import rows, samples

from askqa_builder import build
from askqa_builder.speech.engine import Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine

Row = dict[str, Any]


def profile(path: Path, engine: str = "flite", voice: str = "kal16", extra: str = "", **role: object) -> Path:
    roles = {name: {"voices": [voice], **role} for name in ("narrator", "user", "assistant")}
    path.write_text(
        f"engine: {engine}\ndemo: true\nroles: {json.dumps(roles)}\ndistinct_voices: false\n{extra}\n", encoding="utf-8"
    )
    return path


def built(source: Path, out: Path, profiles: Path, **options: Any) -> list[Row]:
    build(source, out, profiles=str(profiles), workers=1, stages=("initial",), **options)
    return rows(out, "initial")


def gaps(row: Row, source_gap: str) -> list[float]:
    """Silences between the words of the story on either side of a piece of its text."""
    words = [word for word in row["words"] if word["turn"] == 0]
    return [
        min(word["start"] for word in words if word["char_start"] >= match.end())
        - max(word["end"] for word in words if word["char_end"] <= match.start())
        for match in re.finditer(source_gap, row["story"])
    ]


@pytest.fixture(scope="module")
def story_file(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One conversation over a story of three paragraphs."""
    document = json.loads(demo_file.read_text("utf-8"))
    item = next(item for item in document["data"] if item["ambiguity"] == "non_ambiguous")
    item["story"] = (
        "The boat left at noon. It was late again. Nobody complained\n\n"
        "My aunt sold bread. She sold it warm. People came early.\n\nThen the rain began. It did not stop."
    )
    item["target_turn"]["rationale"] = "She sold it warm."
    path = tmp_path_factory.mktemp("story") / "one_test.json"
    path.write_text(json.dumps({**document, "data": [item]}), encoding="utf-8")
    return path


@pytest.mark.parametrize(("engine", "voice"), [("flite", "kal16"), ("flite", "rms"), ("espeak", "en-us+f3")])
def test_a_paragraph_ends_with_a_longer_pause_than_a_sentence(
    story_file: Path, tmp_path: Path, engine: str, voice: str
) -> None:
    if engine == "espeak":
        pytest.importorskip("espeakng_loader")
    pauses = "pauses: {between_paragraphs: 1.0}"
    for rate in (1.0, 1.4):
        name = f"{rate}.yaml"
        (row,) = built(story_file, tmp_path / f"{rate}", profile(tmp_path / name, engine, voice, pauses, rate=rate))
        between_paragraphs, between_sentences = gaps(row, r"\n\n"), gaps(row, r"(?<=[a-z])\. ")
        # from word to word: some of a word's fading out and in belongs to the pause
        assert all(-0.03 <= pause - 1.0 / rate <= 0.15 for pause in between_paragraphs)
        assert len(between_sentences) == 5
        assert max(between_sentences) < 0.7 * min(between_paragraphs)


def test_words_and_evidence_stay_true_across_paragraphs(story_file: Path, tmp_path: Path) -> None:
    (row,) = built(story_file, tmp_path / "out", profile(tmp_path / "plain.yaml"))
    heard = [row["story"][word["char_start"] : word["char_end"]] for word in row["words"] if word["turn"] == 0]
    assert heard == re.findall(r"\w+", row["story"])
    evidence = row["evidence"]
    inside = [
        row["story"][word["char_start"] : word["char_end"]]
        for word in row["words"]
        if word["turn"] == 0 and evidence["start"] <= word["start"] < evidence["end"]
    ]
    assert inside == ["She", "sold", "it", "warm"]


def test_offsets_of_turns_are_told_and_heard(story_file: Path, tmp_path: Path) -> None:
    same = built(story_file, tmp_path / "same", profile(tmp_path / "same.yaml", rate=1.1, pitch=1.0))
    offset = profile(
        tmp_path / "offset.yaml", rate=1.1, pitch=1.0, turn_rate=["uniform", 0.7, 1.3], turn_pitch=["uniform", -2, 2]
    )
    varied = built(story_file, tmp_path / "varied", offset)
    for plain, row in zip(same, varied, strict=True):
        assert {(turn["rate"], turn["pitch"]) for turn in plain["turns"]} == {(1.1, 1.0)}
        assert len({(turn["rate"], turn["pitch"]) for turn in row["turns"]}) == len(row["turns"]) > 2
        for before, after in zip(plain["turns"], row["turns"], strict=True):
            faster = after["rate"] / before["rate"]
            assert 0.7 <= faster <= 1.3
            took = (before["end"] - before["start"]) / (after["end"] - after["start"])
            assert took == pytest.approx(faster, rel=0.06)  # short turns: what fades at their ends is not stretched


def test_no_offset_is_the_default(story_file: Path, tmp_path: Path) -> None:
    built(story_file, tmp_path / "a", profile(tmp_path / "a.yaml"))
    built(story_file, tmp_path / "b", profile(tmp_path / "b.yaml", turn_rate=1.0, turn_pitch=0.0))
    assert samples(tmp_path / "a") == samples(tmp_path / "b")


class Wordless(FliteEngine):
    """flite that does not say when words are spoken."""

    def speak(self, batch: Sequence[Utterance]) -> list[Any]:
        return [
            Speech(answer.samples, answer.sample_rate) if isinstance(answer, Speech) else answer
            for answer in super().speak(batch)
        ]


def test_an_aligner_finds_the_words_that_an_engine_does_not_tell(story_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("pocketsphinx", reason="the align extra is not installed")
    from askqa_builder.build.options import BuildOptions
    from askqa_builder.build.plan import make_plan
    from askqa_builder.build.recipe import describe_recipe, make_recipe
    from askqa_builder.build.steps import finish_block, plan_block, speak_block
    from askqa_builder.corpus.conversation import Stage
    from askqa_builder.corpus.selection import read_corpus
    from askqa_builder.corpus.sources import find_sources

    found: dict[str, list[list[dict[str, Any]]]] = {}
    corpus = read_corpus(find_sources(story_file, None))
    for name, engine, extra in (
        ("own", FliteEngine(), ""),
        ("none", Wordless(), ""),
        ("aligned", Wordless(), "align: pocketsphinx"),
    ):
        path = profile(tmp_path / f"{name}.yaml", voice="rms", extra=extra, rate=1.1, pitch=1.0)
        recipe = make_recipe(BuildOptions(profiles=str(path)))
        assert ("aligner" in describe_recipe(recipe)) == bool(extra)
        (block,) = make_plan(corpus.conversations, ["test"], recipe, 10**9).blocks
        planned, _ = plan_block(block, recipe)
        finished = finish_block(planned, speak_block(planned, {"flite": engine}), recipe)
        assert finished.rejects == []
        found[name] = [row["words"] for row in finished.rows[Stage.INITIAL]]
    assert found["none"] == [[]]
    (own,), (aligned,) = found["own"], found["aligned"]
    places = [(word["turn"], word["char_start"], word["char_end"]) for word in own]
    assert [(word["turn"], word["char_start"], word["char_end"]) for word in aligned] == places
    errors = [abs(one["start"] - other["start"]) for one, other in zip(own, aligned, strict=True)]
    assert np.median(errors) <= 0.015


def test_evidence_of_the_real_corpus_is_what_is_narrated(
    abg_coqa_folder: Path, quick_profile: Path, tmp_path: Path
) -> None:
    made = built(abg_coqa_folder / "coqa_abg_test.json", tmp_path / "out", quick_profile, limit=30)
    timed = 0
    for row in made:
        evidence = row["evidence"]
        if evidence["text"] is None:
            assert evidence["start"] is evidence["end"] is None
            continue
        assert evidence["start"] is not None, row["id"]
        assert row["story"][evidence["char_start"] : evidence["char_end"]] == evidence["text"]
        covered = {
            place
            for word in row["words"]
            if word["turn"] == 0 and evidence["start"] <= word["start"] and word["end"] <= evidence["end"]
            for place in range(word["char_start"], word["char_end"])
        }
        wanted = {
            place
            for place in range(evidence["char_start"], evidence["char_end"])
            if row["story"][place].isascii() and row["story"][place].isalnum()
        }
        # a rationale may begin or end inside a word, and some marks are read as words
        assert len(wanted - covered) <= 0.02 * len(wanted), row["id"]
        outside = {place for place in covered - wanted if row["story"][place].isalnum()}
        assert len(outside) <= 24, row["id"]
        timed += 1
    assert timed >= 15
