"""Styles in whole builds: what is heard of them, what rows tell, and that everything else stays as it was."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from harness import digests, manifest, rows, samples
from verify.mutations import in_format

from askqa_builder import build, regenerate, verify
from askqa_builder.build.estimating import estimate_build
from askqa_builder.build.recorded import is_shared, recording_name
from askqa_builder.build.voicing.line import Line, SpokenLine
from askqa_builder.build.voicing.longer_row import longer_row
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.errors import UsageError
from askqa_builder.recording.encode import audio_format
from askqa_builder.recording.turn_measures import measure_turn
from askqa_builder.speech.syllables import count_syllables
from askqa_builder.voices.limits import GAP
from askqa_builder.voices.style_files import shipped_styles

Row = dict[str, Any]

NOTHING = {"name", "draw", "text_label", "pitch", "pitch_range", "rate", "loudness", "pauses", "native"}
NUMBERS = ("pitch", "pitch_range", "rate", "loudness", "pauses")
OWN = {"slow": {"rate": 0.8, "pauses": 2.0}, "quiet": {"loudness": -4.0, "pitch": 1.0}}


def profile(path: Path, styles: Mapping[str, object], section: object = None, voice: str = "kal16") -> Path:
    """A set of one voice; styles: of roles. The turns of a role then differ by their styles alone."""
    roles = {
        role.value: {"voices": [voice], **({"styles": styles[role.value]} if role.value in styles else {})}
        for role in Role
    }
    told = {"engine": "flite", "demo": True, "roles": roles, "distinct_voices": False}
    told |= {} if section is None else {"styles": section}
    path.write_text(json.dumps(told), "utf-8")  # which is YAML
    return path


def everyone(styles: list[str]) -> dict[str, object]:
    return {role.value: styles for role in Role}


def built(source: Path, out: Path, profiles: Path, **options: Any) -> Path:
    build(source, out, **{"profiles": str(profiles), "workers": 1, "seed": 7, "limit": 4, **options})
    return out


def turns(dataset: Path, role: str = "user") -> list[Row]:
    """The turns of a role in rows of the first stage."""
    return [turn for row in rows(dataset, "initial") for turn in row["turns"] if turn["role"] == role]


def whole_rows(dataset: Path) -> list[Row]:
    return [row for file in sorted(dataset.glob("data/*/*.parquet")) for row in pq.read_table(file).to_pylist()]


def heard(row: Row, place: int) -> np.ndarray:
    pcm = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0]
    turn, rate = row["turns"][place], row["sampling_rate"]
    return np.asarray(pcm[round(turn["start"] * rate) : round(turn["end"] * rate)])


@pytest.fixture(scope="module")
def plain(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    return built(demo_file, folder / "out", profile(folder / "plain.yaml", {}))


@pytest.fixture(scope="module")
def styled_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = ["neutral", "lively", "subdued", "soft", "slow"]
    styles = {"user": drawn, "assistant": {"answer": {"neutral": 1, "flat": 3}}}
    return profile(tmp_path_factory.mktemp("sets") / "styled.yaml", styles, {"define": {"slow": OWN["slow"]}})


@pytest.fixture(scope="module")
def styled(demo_file: Path, styled_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(demo_file, tmp_path_factory.mktemp("styled") / "out", styled_set)


def test_neutral_sounds_as_nothing_does(demo_file: Path, plain: Path, tmp_path: Path) -> None:
    """Every sample of both configurations, and all that rows say beside the style's own columns."""
    everybody = everyone(["neutral"])
    out = built(demo_file, tmp_path / "out", profile(tmp_path / "neutral.yaml", everybody))
    assert samples(out) == samples(plain)
    for before, after in zip(rows(plain, "clarified"), rows(out, "clarified"), strict=True):
        for one, other in zip(before["turns"], after["turns"], strict=True):
            assert other["style"]["name"] == "neutral"
            assert {**other, "style": None} == {**one, "style": None}
        assert {**after, "turns": None} == {**before, "turns": None}


def test_where_no_style_is_drawn_all_is_there_and_null(plain: Path) -> None:
    for row in rows(plain, "initial"):
        assert row["affect"] == []
        for turn in row["turns"]:
            assert turn["style"] == dict.fromkeys(NOTHING)
            assert set(turn["emotion"]["intended"].values()) == {None}
            assert set(turn["emotion"]["recognised"].values()) == {None}
            assert turn["emotion"]["congruent"] is None
        assert all(word["emotion"] is None and word["valence"] is None for word in row["words"])


def test_what_is_measured_is_measured_of_the_turn_that_is_heard(plain: Path) -> None:
    for row in whole_rows(plain)[:3]:
        for place, turn in enumerate(row["turns"]):
            syllables = count_syllables(turn["spoken_text"])
            again = measure_turn(heard(row, place), row["sampling_rate"], syllables)
            assert turn["measured"] == again.to_json()
            assert turn["measured"]["energy"] < 0
            assert turn["measured"]["articulation_rate"] >= syllables / (turn["end"] - turn["start"]) * (1 - 1e-9)


def test_it_is_measured_before_the_channel(demo_file: Path, plain: Path, tmp_path: Path) -> None:
    set_of_plain = profile(tmp_path / "plain.yaml", {})
    out = built(demo_file, tmp_path / "out", set_of_plain, channel="telephone", stages=("initial",))
    assert [turn["measured"] for turn in turns(out)] == [turn["measured"] for turn in turns(plain)]


def test_rows_tell_the_style_and_what_it_came_to(styled: Path, plain: Path) -> None:
    known = {name: style.to_json() for name, style in shipped_styles().items()}
    known["slow"] = {"pitch": 0.0, "pitch_range": 1.0, "rate": 0.8, "loudness": 0.0, "pauses": 2.0}
    told = turns(styled)
    names = {turn["style"]["name"] for turn in told}
    assert len(names) > 2
    assert names <= {"neutral", "lively", "subdued", "soft", "slow"}
    for turn, before in zip(told, turns(plain), strict=True):
        style = turn["style"]
        assert {name: style[name] for name in NUMBERS} == {name: known[style["name"]][name] for name in NUMBERS}
        assert (style["draw"], style["native"], style["text_label"]) == ("independent", False, None)
        assert turn["rate"] == pytest.approx(before["rate"] * style["rate"])
        assert turn["pitch"] == pytest.approx(before["pitch"] + style["pitch"])
        assert turn["seed"] == before["seed"]
    assert {turn["style"]["name"] for turn in turns(styled, "assistant")} == {"neutral", "flat"}
    assert {turn["style"]["name"] for turn in turns(styled, "narrator")} == {None}
    asked = [turn for row in rows(styled, "clarified") for turn in row["turns"] if turn["act"] == "clarifying_question"]
    assert asked
    assert {turn["style"]["name"] for turn in asked} == {None}  # the set says nothing of this act


def test_who_has_no_style_sounds_as_before(styled: Path, plain: Path) -> None:
    for row, before in zip(whole_rows(styled), whole_rows(plain), strict=True):
        for place, turn in enumerate(row["turns"]):
            same = np.array_equal(heard(row, place), heard(before, place))
            assert same is (turn["style"]["name"] in (None, "neutral"))


@pytest.mark.parametrize("style", ["hurried", "drawn-out", "soft", "loud", "lively", "subdued", "flat"])
def test_a_style_is_heard(demo_file: Path, tmp_path: Path, style: str) -> None:
    """Against the same turns without: rate, level, F0 and its range go where the style's numbers say."""
    numbers = shipped_styles()[style]
    options = {"stages": ("initial",), "limit": 5}
    told = {}
    for name in ("neutral", style):
        sets = profile(tmp_path / f"{name}.yaml", {"user": [name]}, voice="rms")
        told[name] = turns(built(demo_file, tmp_path / name, sets, **options))
    pairs = [
        (one["measured"], other["measured"])
        for one, other in zip(told["neutral"], told[style], strict=True)
        if one["measured"]["f0_mean"] is not None and other["measured"]["f0_mean"] is not None
    ]
    assert len(pairs) > 5
    rate = median(other["articulation_rate"] / one["articulation_rate"] for one, other in pairs)
    pitch = median(12 * np.log2(other["f0_mean"] / one["f0_mean"]) for one, other in pairs)
    width = median(other["f0_range"] / one["f0_range"] for one, other in pairs)
    energy = median(other["energy"] - one["energy"] for one, other in pairs)
    assert rate == pytest.approx(numbers.rate, rel=0.08)
    assert pitch == pytest.approx(numbers.pitch, abs=0.5)
    assert energy == pytest.approx(numbers.loudness, abs=2.0)  # of which the peak limit may take some
    if numbers.pitch_range != 1:
        assert (width > 1.1) is (numbers.pitch_range > 1)
        assert (width < 0.9) is (numbers.pitch_range < 1)


def test_the_silence_before_a_turn_is_longer_or_shorter_within_its_limits(
    demo_file: Path, plain: Path, tmp_path: Path
) -> None:
    styles = {"user": ["slow"]}
    out = built(demo_file, tmp_path / "out", profile(tmp_path / "slow.yaml", styles, {"define": {"slow": OWN["slow"]}}))
    for row, before in zip(rows(out, "initial"), rows(plain, "initial"), strict=True):
        for place, turn in enumerate(row["turns"]):
            if place and turn["role"] == "user":
                silence, was = (one["turns"][place]["start"] - one["turns"][place - 1]["end"] for one in (row, before))
                assert silence == pytest.approx(min(was * 2.0, GAP[1]), abs=1e-4)


def test_workers_do_not_count(demo_file: Path, styled: Path, styled_set: Path, tmp_path: Path) -> None:
    assert digests(built(demo_file, tmp_path / "out", styled_set, workers=2)) == digests(styled)


def test_a_shared_narration_has_one_style(demo_file: Path, tmp_path: Path) -> None:
    document = json.loads(demo_file.read_text("utf-8"))
    items = [{**item, "id": f"{item['id']}-{n}"} for item in document["data"][:3] for n in range(2)]
    source = tmp_path / "twice_test.json"
    source.write_text(json.dumps({**document, "data": items}), "utf-8")
    sets = profile(tmp_path / "told.yaml", {"narrator": ["lively", "subdued", "flat", "slow"]}, {"define": OWN})
    out = built(source, tmp_path / "out", sets, share_narration=True, limit=None, stages=("initial",))
    told: dict[str, set[tuple[str, bytes]]] = {}
    for row in whole_rows(out):
        told.setdefault(row["story_id"], set()).add((row["turns"][0]["style"]["name"], heard(row, 0).tobytes()))
    assert {len(ways) for ways in told.values()} == {1}
    assert len(told) < len(items)


def test_styles_that_suit_the_words(demo_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("vaderSentiment")
    suits = {"positive": ["lively"], "neutral": ["neutral"], "negative": ["subdued", "flat"]}
    section = {"draw": "congruent", "text_label": "vader", "suits": suits}
    drawn = everyone(["neutral", "lively", "subdued", "flat"])
    out = built(demo_file, tmp_path / "out", profile(tmp_path / "suiting.yaml", drawn, section), limit=None)
    told = [turn for row in rows(out, "initial") for turn in row["turns"]]
    assert {turn["style"]["text_label"] for turn in told} == set(suits)
    for turn in told:
        assert turn["style"]["name"] in suits[turn["style"]["text_label"]]
        assert turn["emotion"]["congruent"] is True
        assert turn["style"]["draw"] == "congruent"
    assert manifest(out)["text_labeller"].startswith("3.")
    assert manifest(out)["profiles"]["styles"]["suits"]["negative"] == ["flat", "subdued"]
    assert verify(out, workers=1).exit_code == 0
    card = (out / "README.md").read_text("utf-8")
    assert "drawn to suit what the words suggest" in card
    assert "a label of the text, never of the speech" in card


def test_card_and_last_line_tell_the_styles(demo_file: Path, styled: Path, plain: Path, styled_set: Path) -> None:
    card = (styled / "README.md").read_text("utf-8")
    assert "## How it is said" in card
    assert "They are no emotion" in card
    assert "| assistant | answer | flat (weight 3), neutral (weight 1) |" in card
    assert "| slow | +0 | 1 | 0.8 | +0 | 2 | the maker of the profile set |" in card
    assert "How it is said" not in (plain / "README.md").read_text("utf-8")
    estimate = estimate_build(demo_file, profiles=str(styled_set), limit=2, workers=1)
    assert estimate.voices.endswith("6 styles (drawn independently of the words)")


def test_a_slow_style_is_planned_for(demo_file: Path, tmp_path: Path) -> None:
    everybody = everyone(["slow"])
    hours = [
        estimate_build(demo_file, profiles=str(sets), limit=2, workers=1, stages=("initial",)).hours
        for sets in (profile(tmp_path / "a.yaml", {}), profile(tmp_path / "b.yaml", everybody, {"define": OWN}))
    ]
    assert 1.15 < hours[1] / hours[0] < 1.25  # all but the pauses takes 1.25 times as long


class TestRegenerating:
    def test_kept_turns_keep_their_styles(self, styled: Path, plain: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        regenerate(styled, out, roles="user", workers=1)
        told = ("style", "emotion", "measured", "rate", "pitch")
        for role in ("narrator", "assistant"):
            kept, before = (
                [{key: turn[key] for key in told} for turn in turns(dataset, role)] for dataset in (out, styled)
            )
            assert kept == before
        assert [turn["style"]["name"] for turn in turns(out)] != [turn["style"]["name"] for turn in turns(styled)]
        assert manifest(out)["profiles"]["styles"] == manifest(styled)["profiles"]["styles"]
        assert verify(out, workers=1).exit_code == 0

    def test_nothing_is_drawn_from_a_set_without_styles(self, styled: Path, tmp_path: Path) -> None:
        regenerate(styled, tmp_path / "out", roles="user", profiles=str(profile(tmp_path / "p.yaml", {})), workers=1)
        assert {turn["style"]["name"] for turn in turns(tmp_path / "out")} == {None}
        told = manifest(tmp_path / "out")["profiles"]
        assert "styles" not in told["roles"]["user"]
        assert sorted(told["styles"]["define"]) == ["flat", "neutral"]
        assert verify(tmp_path / "out", workers=1).exit_code == 0

    def test_new_styles_stand_beside_old_ones(self, styled: Path, tmp_path: Path) -> None:
        sets = profile(tmp_path / "p.yaml", {"user": ["quiet"]}, {"define": OWN})
        regenerate(styled, tmp_path / "out", roles="user", profiles=str(sets), workers=1)
        assert {turn["style"]["name"] for turn in turns(tmp_path / "out")} == {"quiet"}
        assert sorted(manifest(tmp_path / "out")["profiles"]["styles"]["define"]) == ["flat", "neutral", "quiet"]
        assert verify(tmp_path / "out", workers=1).exit_code == 0

    @pytest.mark.parametrize(
        ("section", "said"),
        [
            ({"define": {"slow": {"rate": 0.9}}}, "its style slow is another one than this profile set's"),
            ({"define": OWN, "text_label": "vader"}, "styles of kept turns were drawn otherwise"),
        ],
    )
    def test_what_one_manifest_cannot_say_is_refused(
        self, styled: Path, tmp_path: Path, section: object, said: str
    ) -> None:
        pytest.importorskip("vaderSentiment")
        sets = profile(tmp_path / "p.yaml", {"assistant": ["slow"]}, section)
        with pytest.raises(UsageError, match=f"{said}.*redraw narrator, user too"):
            regenerate(styled, tmp_path / "out", roles="assistant", profiles=str(sets), workers=1)
        assert not (tmp_path / "out").exists()

    def test_what_was_not_measured_is(self, plain: Path, tmp_path: Path) -> None:
        """In a dataset of an earlier format."""
        old = in_format(plain, tmp_path / "old", "1.1")
        regenerate(old, tmp_path / "out", workers=1)
        for role in ("narrator", "user", "assistant"):
            assert turns(tmp_path / "out", role) == turns(plain, role)
        assert verify(tmp_path / "out", workers=1).exit_code == 0


class TestNewLines:
    def test_a_row_s_own_turns_come_out_as_they_were(self, styled: Path) -> None:
        with RowVoices(styled) as voices:
            for row in whole_rows(styled):
                lines = [
                    Line(row, Role(turn["role"]), Act(turn["act"]), turn["text"], i)
                    for i, turn in enumerate(row["turns"])
                ]
                for line, again in zip(lines, _spoken(voices.speak(lines)), strict=True):
                    turn = row["turns"][line.index]
                    assert np.array_equal(again.pcm, heard(row, line.index))
                    assert again.measured.to_json() == turn["measured"]
                    assert (None if again.style is None else again.style.style.name) == turn["style"]["name"]

    def test_the_next_turn_is_what_the_build_made_of_it(self, styled: Path) -> None:
        """The clarifying question and the reply of a branch, for the row that ends before them."""
        shorter = {row["conversation_id"]: row for row in whole_rows(styled) if row["stage"] == "initial"}
        with RowVoices(styled) as voices:
            longer = next(row for row in whole_rows(styled) if row["stage"] == "clarified")
            row = shorter[longer["conversation_id"]]
            places = [len(row["turns"]), len(row["turns"]) + 1]
            lines = [
                Line(row, Role(turn["role"]), Act(turn["act"]), turn["text"], i)
                for i, turn in enumerate(longer["turns"])
                if i in places
            ]
            spoken = _spoken(voices.speak(lines))
            made = longer_row(row, spoken, voices.go_on(row, spoken), audio_format("flac", row["sampling_rate"]))
        assert made["turns"] == longer["turns"]
        assert made["pcm_sha256"] == longer["pcm_sha256"]
        assert made["words"] == longer["words"]

    def test_new_text_draws_a_style_of_its_role_and_act(self, styled: Path) -> None:
        row = whole_rows(styled)[0]
        lines = [Line(row, Role.USER, Act.QUESTION, f"And where did the other {n} go?") for n in range(12)]
        lines += [Line(row, Role.ASSISTANT, Act.CLARIFYING_QUESTION, "Which one?")]
        with RowVoices(styled) as voices:
            *questions, asked = _spoken(voices.speak(lines))
        names = {line.style.style.name for line in questions if line.style is not None}
        assert len(names) > 2
        assert names <= {"neutral", "lively", "subdued", "soft", "slow"}
        assert asked.style is None


def _spoken(answers: Sequence[object]) -> list[SpokenLine]:
    assert all(isinstance(answer, SpokenLine) for answer in answers)
    return [answer for answer in answers if isinstance(answer, SpokenLine)]


def test_recordings_of_people_have_no_style(demo_file: Path, styled: Path, styled_set: Path, tmp_path: Path) -> None:
    """Nobody's own speech is processed; the others are styled as the set says."""
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    (recorded / "recordings.yaml").write_text("licence: CC-BY-4.0\nspeakers:\n  user: {name: uwe}\n")
    for row in whole_rows(styled):
        for place, turn in enumerate(row["turns"]):
            if turn["role"] == "user":
                branch = None if is_shared(Act(turn["act"])) else row["branch"]
                name = recording_name(row["conversation_id"], 0, branch, place, Role.USER)
                soundfile.write(recorded / f"{name}.wav", heard(row, place), row["sampling_rate"])
    out = built(demo_file, tmp_path / "out", styled_set, recordings=str(recorded), recorded_roles="user")
    assert {turn["style"]["name"] for turn in turns(out)} == {None}
    assert turns(out, "assistant")[0]["style"] == turns(styled, "assistant")[0]["style"]
    assert list(manifest(out)["profiles"]["styles"]["define"]) == ["flat", "neutral"]
    assert verify(out, workers=1).exit_code == 0
