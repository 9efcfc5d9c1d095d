"""Filters, and the way from windows to turns and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.styles.agreement import Rule
from askqa_builder.styles.consistency import PLEASANT, UNPLEASANT, is_consistent
from askqa_builder.styles.labelling import LabelledWindow, Settings, label, of_word, overall
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS, Affect

values = st.none() | st.floats(0.0, 1.0)
affects = st.builds(Affect, st.none() | st.sampled_from(CATEGORIES), values, values, values)
votes = st.dictionaries(st.sampled_from("abc"), st.builds(Verdict, affects), min_size=1)


@st.composite
def turns(draw: st.DrawFn) -> list[LabelledWindow]:
    """Windows one after the other, as of a turn."""
    settings = Settings(rule=draw(st.sampled_from(list(Rule))), margin=draw(st.floats(0.0, 0.5)))
    lengths = draw(st.lists(st.floats(0.1, 3.0), min_size=1, max_size=8))
    start, windows = 1.0, []
    for length in lengths:
        windows.append(label(start, start + length, draw(votes), settings))
        start += length
    return windows


def window(start: float, end: float, category: str | None, *, kept: bool = True, **values: float) -> LabelledWindow:
    found = {"one": Verdict(Affect(category)), "two": Verdict(Affect(category))}
    return LabelledWindow(start, end, Affect(category, **values), kept, found)


def test_category_and_valence_must_not_contradict_each_other() -> None:
    assert not is_consistent(Affect("happy", valence=0.4))
    assert is_consistent(Affect("happy", valence=0.5))
    assert all(not is_consistent(Affect(name, valence=0.6)) for name in ("angry", "disgusted", "fearful", "sad"))
    assert is_consistent(Affect("sad", valence=0.5))
    assert is_consistent(Affect("sad", valence=0.6), margin=0.1)
    for name in set(CATEGORIES) - PLEASANT - UNPLEASANT:
        assert is_consistent(Affect(name, valence=0.0))
        assert is_consistent(Affect(name, valence=1.0))
    assert is_consistent(Affect("sad"))
    assert is_consistent(Affect(valence=1.0))


@given(affects, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_a_wider_margin_keeps_no_less(affect: Affect, one: float, other: float) -> None:
    narrow, wide = sorted((one, other))
    assert not is_consistent(affect, narrow) or is_consistent(affect, wide)
    assert is_consistent(affect, 0.5)


@given(votes)
def test_a_window_is_kept_where_it_is_decided_and_consistent(found: dict[str, Verdict]) -> None:
    labelled = label(0.0, 2.0, found, Settings())
    told_any = any(verdict.affect.category is not None for verdict in found.values())
    assert labelled.kept == ((labelled.affect.category is not None or not told_any) and is_consistent(labelled.affect))


@given(turns(), st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_turn_s_category_occurs_often_enough_in_it(windows: list[LabelledWindow], one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = overall(windows, low)
    kept = [window for window in windows if window.kept]
    assert (found is None) == (not kept)
    if found is None:
        return
    total = sum(window.seconds for window in windows)
    seconds = {name: sum(w.seconds for w in kept if w.affect.category == name) for name in CATEGORIES}
    if found.affect.category is not None:
        assert seconds[found.affect.category] >= low * total - 1e-6
        assert seconds[found.affect.category] >= max(seconds.values()) - 1e-6
    else:
        assert max(seconds.values()) < low * total + 1e-6
    strict = overall(windows, high)
    assert strict is not None
    assert strict.affect.category in (None, found.affect.category)
    for name in DIMENSIONS:
        known = [value for w in kept if (value := getattr(w.affect, name)) is not None]
        mean = getattr(found.affect, name)
        assert (mean is None) == (not known)
        assert mean is None or min(known) <= mean <= max(known)
    assert found.agreement is None or 0.0 <= found.agreement <= 1.0


def test_agreement_of_a_turn_is_weighted_by_time() -> None:
    dissent = {"one": Verdict(Affect("sad")), "two": Verdict(Affect("sad")), "three": Verdict(Affect("happy"))}
    windows = [window(0, 2, "sad"), LabelledWindow(2, 3, Affect("sad"), True, dissent)]
    found = overall(windows, 0.5)
    assert found is not None
    assert found.agreement == pytest.approx((2 * 1 + 1 * 2 / 3) / 3)
    alone = overall([LabelledWindow(0, 2, Affect("sad"), True, {"one": Verdict(Affect("sad"))})], 0.5)
    assert alone is not None
    assert alone.agreement is None


@given(turns(), st.floats(0.0, 20.0), st.floats(0.0, 2.0))
def test_a_word_has_the_labels_of_the_window_it_lies_in(
    windows: list[LabelledWindow], start: float, length: float
) -> None:
    end = start + length
    found = of_word(start, end, windows)
    overlaps = [
        (min(end, window.end) - max(start, window.start), window.affect)
        for window in windows
        if window.kept and min(end, window.end) - max(start, window.start) > 1e-9
    ]
    if not overlaps:
        assert found.is_empty
    else:
        most = max(overlap for overlap, _ in overlaps)
        assert found in [affect for overlap, affect in overlaps if overlap >= most - 1e-6]


def test_a_word_on_a_border_belongs_where_most_of_it_is() -> None:
    windows = [window(0, 2, "sad"), window(2, 4, "happy"), window(4, 6, "angry", kept=False)]
    assert of_word(1.8, 2.1, windows).category == "sad"
    assert of_word(1.9, 2.2, windows).category == "happy"
    assert of_word(1.9, 2.1, windows).category == "sad"
    assert of_word(4.2, 5.0, windows).is_empty
    assert of_word(3.9, 5.0, windows).category == "happy"


@pytest.mark.parametrize(("name", "value"), [("margin", -0.1), ("margin", 0.6), ("least_share", 0), ("least_share", 2)])
def test_settings_are_checked(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"{name}: .* is not allowed"):
        Settings(**{name: value})
