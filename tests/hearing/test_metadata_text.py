"""Labels as text: what is written is what is read again, whatever the labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.hearing.label import (
    HIGHEST,
    INTENDED,
    MEASURED,
    NO_AFFECT,
    RECOGNISED,
    SOURCES,
    STYLE,
    Label,
    Measures,
)
from askqa_builder.hearing.metadata import END, Metadata, parse, render
from askqa_builder.voices.emotion import CATEGORIES, Affect

BEGIN = "[speech labels, version 1]"
HAPPY = Affect("happy", 0.81, 0.62, 0.55)

ODD_NAMES = ["lively", "drawn-out", "V 0.5", "style x", "<|im_end|>", "a, b | c; d", "é\u2028\n", "\\", '"', END, BEGIN]
NUMBERS = [0.0, -0.0, 0.004, 0.005, 0.015, 1, 2.675, 33.333333, 599.995, 12345.678, HIGHEST - 1.0]
LEVELS = [-HIGHEST, -23.04, -0.04, -0.0, 0.05, 96.3]


def some_labels(draw: Random) -> list[Label]:
    """Return up to twelve labels of any sort, many of them alike, or one after the other."""
    styles = [draw.choice(ODD_NAMES), "".join(map(chr, draw.choices([*range(1, 0x300), 0x4E2D, 0x1F642], k=4)))]
    said = [some_label(draw, styles) for _ in range(draw.randrange(7))]
    return [*said, *(replace(one, start=one.end, end=one.end + 2.0) for one in said if draw.random() < 0.5)]


def some_label(draw: Random, styles: list[str]) -> Label:
    def number() -> float:
        return draw.choice([draw.uniform(0.0, 60.0), draw.uniform(0.0, HIGHEST - 300.0), *NUMBERS[:-1]])

    def share() -> float | None:
        return draw.choice([None, draw.random(), 0.0, 1.0, 0.5])

    source = draw.choice(SOURCES)
    category = draw.choice([None, *CATEGORIES])
    affect = Affect(category, share(), share(), draw.random() if category is None else share())
    level = draw.choice([None, draw.uniform(-60.0, 0.0), *LEVELS])
    measures = Measures(*(draw.choice([None, number()]) for _ in range(3)), level)
    start = number()
    return Label(
        clip=draw.choice([0, 0, 1, 12, int(HIGHEST) - 1]),
        start=start,
        end=start + draw.choice([0.02, 2.0, draw.uniform(0.02, 200.0)]),
        role=draw.choice([None, "narrator", "user", "assistant"]),
        source=source,
        affect=affect if source in (RECOGNISED, INTENDED) else NO_AFFECT,
        style=draw.choice(styles) if source == STYLE or (source == INTENDED and draw.random() < 0.5) else None,
        measures=Measures(energy=-20.0) if source == MEASURED and measures.is_empty else measures,
    )


@given(st.randoms(use_true_random=True))
@settings(max_examples=10_000, deadline=None, database=None)
def test_labels_are_the_same_after_they_were_text_and_text_after_it_was_labels(draw: Random) -> None:
    metadata = Metadata(tuple(some_labels(draw)))
    text = render(metadata)
    assert parse(text) == metadata
    assert render(parse(text)) == text


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.floats(0.0, HIGHEST / 2),
    st.floats(0.02, HIGHEST / 2),
    st.floats(0.0, 1.0),
    st.floats(-HIGHEST, HIGHEST),
)
@settings(max_examples=500, deadline=None)
def test_any_name_and_any_numbers_stay_what_they_are(
    name: str, start: float, seconds: float, share: float, level: float
) -> None:
    affect = Affect("sad", dominance=share)
    label = Label(0, start, start + seconds, "user", INTENDED, affect, name, Measures(start, seconds, share, level))
    text = render(Metadata((label,)))
    assert parse(f"Story:\nOnce, {END}\n\n{text}\n\nWhat is said?") == Metadata((label,))
    assert text.isascii()
    assert len(text.split("\n")) == 4


TWO = Metadata((Label(0, 0.0, 2.5, "user", STYLE, style="lively"), Label(1, 0.0, 1.0, None, RECOGNISED, HAPPY)))


def test_equal_labels_that_touch_or_overlap_are_one() -> None:
    label = Label(0, 4.0, 6.0, "user", RECOGNISED, HAPPY)
    alike = [label, replace(label, start=6.0, end=8.0), replace(label, start=5.0, end=7.0), label]
    apart = [replace(label, start=8.01, end=9.0), replace(label, clip=1), replace(label, role="assistant")]
    assert Metadata((*apart, *alike)).labels == (
        Label(0, 4.0, 6.0, "assistant", RECOGNISED, HAPPY),
        replace(label, end=8.0),
        replace(label, start=8.01, end=9.0),
        replace(label, clip=1),
    )


def test_labels_of_clips_may_follow_those_of_others() -> None:
    after = TWO.followed_by(TWO, 2)
    assert [label.clip for label in after.labels] == [0, 1, 2, 3]
    assert after.labels[2:] == tuple(replace(label, clip=label.clip + 2) for label in TWO.labels)


def test_the_block_explains_the_words_and_units_that_it_has_and_no_others() -> None:
    told = render(TWO)
    assert "V, A, D: valence" in told
    assert "syll/s" not in told
    assert "intended" not in told
    assert render(Metadata()).split("\n")[1:-1] == ["Nothing is known of how it is said."]
    assert parse(render(Metadata())) == Metadata()


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (("[speech labels, version 1]", "[speech labels]"), "there is no block of labels"),
        (("version 1", "version 2"), "line 1: labels of version 2; this askqa reads version 1"),
        (("[end of speech labels]", "[end]"), "line 1: .* has no end"),
        (("\n[end", "\n[speech labels, version 1]\n[end"), "line 5: another block"),
        (("0.00-2.50", "0.0-2.50"), "line 3: .* is not as labels are written: '1 0.00-2.50"),
        (("0.00-2.50", "2.50-0.00"), "line 3: the span from 2.50 to 0.00 s is empty"),
        (("user", "nobody"), "line 3: 'nobody' is no role"),
        (("style lively", "style"), "line 3: what is style has a style"),
        (("style lively", "told happy"), "line 3: 'told' is no source"),
        (("style lively", 'style "liv'), "line 3: \"liv is no style's name"),
        (("style lively", "style very lively"), "line 3: .* is not as labels are written"),
        (("style lively", "style lively | F0 high"), "line 3: 'F0 high' is nothing that is measured"),
        (("style lively", "style lively | F0 123.4 Hz"), "line 3: 'F0 123.4 Hz' is nothing that is measured"),
        (("style lively", "style lively | F0 123 Hz"), "line 2: 'Each line"),
        (("2 0.00", "0 0.00"), "line 4: clip is -1"),
        (("V 0.81", "V 1.81"), "line 4: valence is 1.81"),
        (("V 0.81, A 0.62", "A 0.62, V 0.81"), "line 4: .* is not as labels are written"),
        (("V 0.81", "V high"), "line 4: could not convert string to float: 'high'"),
        (("happy, ", "glad, "), "line 4: 'glad' is no emotion"),
        (("Each line: ", ""), "line 2: .* is not as labels are written: 'Each line"),
        (("\n2 0.00", "\n\n2 0.00"), "line 4: '' is no label"),
    ],
)
def test_a_damaged_block_is_refused_with_its_line_and_what_is_wrong(damage: tuple[str, str], complaint: str) -> None:
    text = render(TWO).replace(*damage)
    assert text != render(TWO)
    with pytest.raises(ValueError, match=complaint):
        parse(text)


def test_lines_that_are_swapped_or_doubled_are_no_labels_as_they_are_written() -> None:
    begin, legend, one, other, end = render(TWO).split("\n")
    for lines in ([begin, legend, other, one, end], [begin, legend, one, one, other, end]):
        with pytest.raises(ValueError, match=r"line [0-9]: .* is not as labels are written"):
            parse("\n".join(lines))


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": float("nan")},
        {"start": -1.0},
        {"end": float("inf")},
        {"end": 2 * HIGHEST},
        {"end": 0.004},
        {"clip": -1},
        {"role": "someone"},
        {"source": "guessed"},
        {"source": MEASURED},
        {"source": RECOGNISED},
        {"style": None},
        {"style": ""},
        {"style": "\ud800"},
        {"affect": HAPPY},
    ],
)
def test_what_is_no_label_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(TWO.labels[0], **wrong)


def test_the_block_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "styles.md").read_text("utf-8")
    assert {label.source for label in parse(page).labels} == {RECOGNISED, INTENDED, STYLE}
