"""Labels as text: what is written is what is read again, whatever the labels."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askqa_builder.hearing.label import HIGHEST, INTENDED, MEASURED, RECOGNISED, STYLE, Label, Measures
from askqa_builder.hearing.metadata import END, Metadata, parse, render
from askqa_builder.voices.emotion import CATEGORIES, Affect

BEGIN = "[speech labels, version 1]"
HAPPY = Affect("happy", 0.81, 0.62, 0.55)

numbers = st.one_of(st.floats(0.0, 60.0), st.integers(0, 3), st.floats(0.0, HIGHEST), st.sampled_from([0.005, -0.0]))
shares = st.none() | st.floats(0.0, 1.0)
names = st.one_of(
    st.sampled_from(["lively", "drawn-out", "neutral", "V 0.5", "style x", "<|im_end|>", "a, b | c; d", END, BEGIN]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
measures = st.builds(
    Measures,
    f0_mean=st.none() | numbers,
    f0_range=st.none() | numbers,
    articulation_rate=st.none() | numbers,
    energy=st.none() | st.floats(-HIGHEST, HIGHEST) | st.floats(-60.0, 0.0),
)
affects = st.builds(Affect, st.none() | st.sampled_from(CATEGORIES), shares, shares, shares)


@st.composite
def labels(draw: st.DrawFn) -> Label:
    start = draw(numbers)
    source, affect, style, measured = draw(
        st.one_of(
            st.tuples(st.just(RECOGNISED), affects.filter(lambda one: not one.is_empty), st.none(), measures),
            st.tuples(st.just(INTENDED), affects.filter(lambda one: not one.is_empty), st.none() | names, measures),
            st.tuples(st.just(STYLE), st.just(Affect()), names, measures),
            st.tuples(st.just(MEASURED), st.just(Affect()), st.none(), measures.filter(lambda one: not one.is_empty)),
        )
    )
    return Label(
        clip=draw(st.integers(0, 3) | st.integers(0, int(HIGHEST) - 1)),
        start=min(start, HIGHEST - 1.0),
        end=min(start + draw(st.sampled_from([0.01, 1.0, 2.0]) | st.floats(0.02, 100.0)), HIGHEST),
        role=draw(st.sampled_from([None, "narrator", "user", "assistant"])),
        source=source,
        affect=affect,
        style=style,
        measures=measured,
    )


@given(st.lists(labels(), max_size=6))
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_labels_are_the_same_after_they_were_text_and_text_after_it_was_labels(said: list[Label]) -> None:
    metadata = Metadata(tuple(said))
    text = render(metadata)
    assert parse(text) == metadata
    assert render(parse(text)) == text
    assert parse(f"Story:\nOnce, {END}\n\n{text}\n\nWhat is said?") == metadata
