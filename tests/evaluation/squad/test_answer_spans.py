"""When answers are heard in a narration, and how that overlaps with when they should be."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.evaluation.metrics.answer_spans import (
    Narration,
    Overlap,
    Span,
    audio_overlapping_score,
    frame_f1,
    overlap,
)
from askqa_builder.evaluation.metrics.squad_scores import score_squad

STORY = "The mill grinds corn. In 1820 the mill burned down; the Stone-Hills mill, Ann's, grinds corn today."


def row_of(story: str, evidence: str | None, *, spoken: bool = True) -> dict[str, Any]:
    """A row whose word n is heard from n + 1 to n + 1.5 seconds, and 1820 as two words; a lead-in turn is not there."""
    words: list[dict[str, Any]] = []
    for number, token in enumerate(re.finditer(r"\S+", story)):
        halves = [(0.0, 0.25), (0.25, 0.5)] if token.group() == "1820" else [(0.0, 0.5)]
        for start, end in halves if spoken else []:
            told = {"turn": 0, "word": "?", "char_start": token.start(), "char_end": token.end()}
            words.append({**told, "start": number + 1 + start, "end": number + 1 + end})
    words.append({"turn": 1, "word": "mill", "start": 90.0, "end": 91.0, "char_start": 0, "char_end": 4})
    place = -1 if evidence is None else story.index(evidence)
    inside = [w for w in words[:-1] if w["char_start"] < place + len(evidence or "") and w["char_end"] > place]
    return {
        "turns": [{"act": "story", "text": story}, {"act": "question", "text": "mill ?"}],
        "words": words,
        "evidence": {
            "text": evidence,
            "char_start": None if evidence is None else place,
            "start": inside[0]["start"] if inside else None,
            "end": inside[-1]["end"] if inside else None,
        },
    }


def narrated(evidence: str, story: str = STORY) -> Narration:
    found = Narration.of(row_of(story, evidence))
    assert found is not None
    return found


def test_places_are_where_the_words_are_heard_one_after_the_other() -> None:
    story = narrated("corn")
    assert story.places("mill") == [(2.0, 2.5), (8.0, 8.5), (13.0, 13.5)]
    assert story.places("Corn") == [(4.0, 4.5), (16.0, 16.5)]
    assert story.places("the mill grinds corn!") == [(2.0, 4.5)]  # the article is no word that has to be said
    assert story.places("in the 1820") == [(5.0, 6.5)]
    assert story.places("1820") == [(6.0, 6.5)]  # both halves
    assert story.places("Ann") == story.places("Ann’s") == [(14.0, 14.5)]
    assert story.places("Hills Mill") == [(12.0, 13.5)]  # of Stone-Hills, whose parts have one time
    assert story.places("mill corn") == story.places("windmill") == story.places("") == story.places("the") == []


def test_evidence_that_begins_within_a_word_is_a_place() -> None:
    assert narrated("ills").places("ills") == [(12.0, 12.5)]  # of Stone-Hills
    assert narrated("corn").places("ills") == []


def test_what_squad_finds_the_same_is_heard_at_the_same_time() -> None:
    story = narrated("the Stone-Hills mill")
    assert story.places("StoneHills mill") == [(11.0, 13.5)]  # it is the evidence
    assert overlap(narrated("Stone-Hills mill, Ann's"), "StoneHills mill", ["Stone-Hills mill"]) == Overlap(1, 1, True)
    assert overlap(story, "Anns", ["the Stone-Hills mill"]) == Overlap(0.0, 0.0, False)


def test_right_places_are_quotations_in_the_evidence() -> None:
    assert narrated("1820 the mill burned").right_places(["mill"]) == [(8.0, 8.5)]  # not one of the two others
    assert narrated("mill burned").right_places(["mill burned", "burned down"]) == [(8.0, 9.5), (9.0, 10.5)]
    assert narrated("mill burned").right_places(["grinds corn today"]) == [(15.0, 17.5)]  # elsewhere, but once
    assert narrated("mill burned").right_places(["grinds corn"]) == []  # elsewhere, and who knows where
    assert narrated("mill burned").right_places(["yes", "No.", "the", "a fire", "unknown"]) == []


def test_overlap_is_by_hand() -> None:
    story = narrated("mill burned down;")
    assert overlap(story, "the mill burned down", ["mill burned down"]) == Overlap(1.0, 1.0, True)
    # (8.0, 8.5) of (8.0, 10.5)
    assert overlap(story, "mill", ["mill burned down"]) == Overlap(0.5 / 2.5, 2 * 0.5 / 3.0, True)
    # (9.0, 10.5) of (8.0, 10.5), and the whole of (9.0, 10.5): the better
    assert overlap(story, "burned down", ["mill burned down"]) == Overlap(1.5 / 2.5, 2 * 1.5 / 4.0, True)
    assert overlap(story, "burned down", ["mill burned down", "burned down"]) == Overlap(1.0, 1.0, True)
    assert overlap(story, "corn", ["mill burned down"]) == Overlap(0.0, 0.0, True)  # quotes the wrong place
    assert overlap(story, "It burned down.", ["mill burned down"]) == Overlap(0.0, 0.0, False)
    assert overlap(story, None, ["mill burned down"]) == Overlap(0.0, 0.0, False)
    assert overlap(story, "mill burned down", ["a fire"]) is None


def test_without_times_or_evidence_there_is_no_narration() -> None:
    assert Narration.of(row_of(STORY, "corn", spoken=False)) is None
    assert Narration.of(row_of(STORY, None)) is None


SPANS = st.tuples(st.integers(0, 200), st.integers(1, 100)).map(lambda found: (found[0] / 100, sum(found) / 100))


@given(SPANS, SPANS)
def test_both_scores_are_those_of_frames(one: Span, other: Span) -> None:
    frames = np.arange(0, 300) / 100  # of 10 ms, as the times are made of
    x, y = ((frames >= span[0] - 1e-9) & (frames < span[1] - 1e-9) for span in (one, other))
    both, either = int((x & y).sum()), int((x | y).sum())
    assert audio_overlapping_score(one, other) == pytest.approx(both / either)
    precision, recall = both / x.sum(), both / y.sum()
    assert frame_f1(one, other) == pytest.approx(0 if not both else 2 * precision * recall / (precision + recall))


@given(SPANS, SPANS)
def test_frame_f1_follows_from_the_overlapping_score(one: Span, other: Span) -> None:
    aos = audio_overlapping_score(one, other)
    assert 0 <= aos <= 1
    assert frame_f1(one, other) == pytest.approx(2 * aos / (1 + aos))


WORDS = st.lists(st.sampled_from(["mill", "corn", "the", "grinds", "Ann's"]), min_size=1, max_size=12)


@given(WORDS, st.data())
def test_what_is_quoted_from_the_evidence_is_heard_there(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    story = " ".join(words)
    row = row_of(story, story)
    quoted = " ".join(words[first:last])
    offset = sum(len(word) + 1 for word in words[:first])
    inside = [word for word in row["words"] if word["turn"] == 0][first:last]
    row["evidence"] = {"text": quoted, "char_start": offset, "start": inside[0]["start"], "end": inside[-1]["end"]}
    found = Narration.of(row)
    assert found is not None
    if not quoted.replace("the", "").strip():
        return
    assert overlap(found, quoted, [quoted]) == Overlap(1.0, 1.0, True)
    said = data.draw(st.sampled_from([f"{quoted}.", f"The {quoted.upper()}!", quoted.replace("'", ""), f'"{quoted}",']))
    assert score_squad(said, [quoted]).exact
    assert overlap(found, said, [quoted]) == Overlap(1.0, 1.0, True)
