"""Labels of rows: what is told of what is heard, when it is heard, and who says so."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spoken_rows import Spoken, spoken_rows

from askqa_builder.errors import UsageError
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.label import Label, Measures
from askqa_builder.hearing.labelling import metadata_of
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.metadata import parse, render
from askqa_builder.hearing.options import CONTEXTS, LAYOUTS, Hearing
from askqa_builder.hearing.unheard import HearingCheck
from askqa_builder.voices.emotion import Affect

TOLERANCE = 0.0051  # seconds: times are told to a hundredth

hearings = st.builds(
    Hearing,
    context=st.sampled_from(list(CONTEXTS)),
    layout=st.sampled_from(list(LAYOUTS)),
    segments=st.none() | st.floats(3, 40),
    metadata=st.just(True),
)


@pytest.fixture(scope="module")
def styled_rows(styled_dataset: Path) -> list[Spoken]:
    return spoken_rows(styled_dataset)


@pytest.fixture(scope="module")
def annotated_rows(annotated_dataset: Path) -> list[Spoken]:
    return spoken_rows(annotated_dataset)


def labels_of(spoken: Spoken, **options: Any) -> tuple[Label, ...]:
    """What the block of a row tells, read from its text."""
    told = spoken.hear(metadata=True, **options).metadata
    assert told is not None
    return parse(told).labels


def test_each_turn_has_its_style_or_what_was_measured(styled_rows: list[Spoken]) -> None:
    for spoken in styled_rows:
        labels = labels_of(spoken)
        turns = spoken.row["turns"]
        assert [label.role for label in labels] == [turn["role"] for turn in turns]
        for turn, label in zip(turns, labels, strict=True):
            assert label.source == ("style" if turn["role"] == "user" else "measured")
            assert label.style == (turn["style"]["name"] if turn["role"] == "user" else None)
            assert label.measures == Measures(**turn["measured"])
            assert label.measures.f0_mean == round(turn["measured"]["f0_mean"])
            assert (label.start, label.end) == pytest.approx((turn["start"], turn["end"]), abs=TOLERANCE)
    assert {label.style for spoken in styled_rows for label in labels_of(spoken)} == {
        None, "neutral", "lively", "subdued"
    }  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), hearing=hearings)
def test_labels_lie_in_the_clips_where_their_speech_is(
    annotated_rows: list[Spoken], data: st.DataObject, hearing: Hearing
) -> None:
    spoken = data.draw(st.sampled_from(annotated_rows))
    heard = hear(spoken.row, hearing)
    labels = metadata_of(spoken.row, heard).labels
    assert heard.metadata == render(metadata_of(spoken.row, heard))
    for label in labels:
        length = heard.clips[label.clip].samples / heard.sampling_rate
        assert label.end <= length + TOLERANCE
        spans = list(said_alike(spoken, heard, label))
        covered = sum(max(0.0, min(end, label.end) - max(start, label.start)) for start, end in spans)
        assert covered == pytest.approx(label.end - label.start, abs=len(spans) * 2 * TOLERANCE)


def said_alike(spoken: Spoken, heard: Heard, label: Label) -> Iterator[tuple[float, float]]:
    """When whatever has the same label is heard in the label's clip, by the row."""
    turns = spoken.row["turns"]
    kept = [window for window in spoken.row["affect"] if window["kept"]]
    if label.source == "recognised":
        alike = [one for one in kept if one["category"] == label.affect.category]
        alike = [one for one in alike if turns[one["turn"]]["role"] == label.role]
    else:
        alike = [one for one in turns if one["role"] == label.role]
    for one in alike:
        for moment in heard.moments(spoken.span(one)):
            if moment.clip == label.clip:
                yield moment.start, moment.end


def test_what_recognisers_agree_in_stands_beside_what_is_known_of_the_turn(annotated_rows: list[Spoken]) -> None:
    for spoken in annotated_rows:
        labels = labels_of(spoken)
        by_role = {role: {label.source for label in labels if label.role == role} for role in ("narrator", "user")}
        assert by_role == {"narrator": {"measured", "recognised"}, "user": {"style", "recognised"}}
        assert all(label.source == "measured" for label in labels if label.role == "assistant")
        kept = [window for window in spoken.row["affect"] if window["kept"]]
        assert len([label for label in labels if label.source == "recognised"]) < len(kept)  # neighbours are one
        assert {label.affect for label in labels if label.source == "recognised"} <= {
            Affect("happy", 0.8, 0.6, 0.5), Affect("sad", 0.2, 0.3, 0.4)
        }  # fmt: skip


def test_what_is_not_heard_has_no_label(styled_rows: list[Spoken]) -> None:
    for spoken in styled_rows:
        assert "narrator" not in {label.role for label in labels_of(spoken, context="none")}
        turns = labels_of(spoken, context="text", layout="turns")
        assert [label.clip for label in turns] == list(range(len(spoken.row["turns"]) - 1))
        assert {label.start for label in turns} == {0.0}


def test_an_intended_emotion_is_told_as_such_and_its_style_where_that_has_another_name(
    styled_rows: list[Spoken],
) -> None:
    row = copy.deepcopy(styled_rows[0].row)
    happy = {"category": "happy", "valence": 0.85, "arousal": 0.7, "dominance": None}
    row["turns"][-1]["emotion"] = {"intended": happy, "recognised": None, "congruent": None}
    for name, told in (("happy", None), ("mine", "mine")):
        row["turns"][-1]["style"]["name"] = name
        label = parse(hear(row, Hearing(metadata=True)).metadata or "").labels[-1]
        assert (label.source, label.affect, label.style) == ("intended", Affect("happy", 0.85, 0.7), told)


def test_the_label_of_a_text_is_never_told(styled_rows: list[Spoken]) -> None:
    row = copy.deepcopy(styled_rows[0].row)
    row["turns"][-1]["style"] |= {"text_label": "negative", "draw": "incongruent"}
    row["turns"][-1]["emotion"] = {"intended": None, "recognised": None, "congruent": False}
    assert hear(row, Hearing(metadata=True)).metadata == styled_rows[0].hear(metadata=True).metadata


def test_a_row_whose_windows_were_all_dropped_says_that_nothing_is_known(annotated_rows: list[Spoken]) -> None:
    row = copy.deepcopy(annotated_rows[0].row)
    for window in row["affect"]:
        window["kept"] = False
    for turn in row["turns"]:
        turn |= {"style": None, "emotion": None, "measured": None}
    assert (hear(row, Hearing(metadata=True)).metadata or "").split("\n")[1] == "Nothing is known of how it is said."


@pytest.mark.parametrize("earlier", [False, True])
def test_rows_without_labels_are_refused_with_what_to_do(demo_rows: list[Spoken], earlier: bool) -> None:
    rows = [copy.deepcopy(spoken.row) for spoken in demo_rows]
    for row in rows if earlier else []:  # as a build before format 1.2 wrote them
        del row["affect"]
        for turn in row["turns"]:
            del turn["style"], turn["emotion"], turn["measured"]
    check = HearingCheck(Hearing(metadata=True))
    for row in rows:
        with pytest.raises(UsageError, match="askqa styles annotate"):
            hear(row, Hearing(metadata=True))
        assert hear(row, Hearing()).metadata is None
        check.listen(row)
    with pytest.raises(UsageError, match=rf"{len(rows)} of {len(rows)} rows .* askqa styles annotate"):
        check.check()


def test_a_manifest_without_labels_is_as_it_was_before_there_were_any() -> None:
    assert Hearing().to_json() == {"context": "audio", "layout": "joined", "segments": None, "window": None}
    hearing = Hearing(metadata=True)
    assert hearing.to_json()["metadata"] is True
    assert Hearing(**hearing.to_json()) == hearing  # type: ignore[arg-type]
