"""From a row and the way it is heard to the clips: planned on times alone, no audio is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from askqa_builder.corpus.conversation import Act
from askqa_builder.errors import AskqaError
from askqa_builder.hearing.cutting import Cuts
from askqa_builder.hearing.heard import Clip, Heard, Span
from askqa_builder.hearing.labelling import metadata_of
from askqa_builder.hearing.metadata import render
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import Row, gaps_between, turn_samples, words_of
from askqa_builder.hearing.story_part import relevant_paragraph
from askqa_builder.recording.timeline import to_samples

LEAD_SECONDS = 0.25
"""Of the pause that is kept before the first turn that is heard."""


class TooLongError(AskqaError):
    """A clip would be longer than the target's window."""


class UntimedStoryError(AskqaError):
    """Which part of the recording a paragraph is cannot be told: its words have no times."""


def hear(row: Row, hearing: Hearing) -> Heard:
    """Return what is heard of a row; its audio is not needed.

    Raises TooLongError where a clip is longer than the window, CannotCutError where nobody knows where to cut, and
    UntimedStoryError where a part of the story is wanted and its words have no times, and UnlabelledError where labels
    are wanted and the row has none.
    """
    cuts = Cuts(row) if hearing.segments is not None else None
    together = [_spans(row, hearing)] if hearing.layout != "turns" else [[span] for span in _turn_spans(row, hearing)]
    clips = [clip for spans in together for clip in _clips(spans, cuts, hearing.segments)]
    heard = Heard(
        clips=tuple(clips),
        sampling_rate=row["sampling_rate"],
        characters=tuple(_characters(row, hearing, turn) for turn in range(len(row["turns"]))),
        stereo=hearing.layout == "stereo",
        story=row["story"] if hearing.context == "text" else None,
    )
    if hearing.window is not None and heard.longest > hearing.window:
        raise TooLongError(
            f"{row['id']}: a clip of {heard.longest:.1f} s, where the target hears {hearing.window:g} s at once"
        )
    return replace(heard, metadata=render(metadata_of(row, heard))) if hearing.metadata else heard


def _clips(spans: Sequence[Span], cuts: Cuts | None, longest: float | None) -> Iterator[Clip]:
    """Yield the spans as one clip, or as several where that would be longer than `longest` seconds."""
    if cuts is None or longest is None:
        yield Clip(tuple(spans))
        return
    most = to_samples(longest, cuts.sampling_rate)
    pieces: list[Span] = []
    for part in (part for span in spans for part in cuts.cut(span, longest)):
        if pieces and Clip((*pieces, part)).samples > most:
            yield Clip(tuple(pieces))
            pieces = []
        if pieces and pieces[-1][1] == part[0]:
            part = pieces.pop()[0], part[1]
        pieces.append(part)
    yield Clip(tuple(pieces))


def _spans(row: Row, hearing: Hearing) -> list[Span]:
    """Return what is heard of the recording, in order."""
    whole = (0, row["num_samples"])
    story = _story_turn(row)
    if hearing.context == "audio" or story is None:
        return [whole]
    if hearing.context == "evidence":
        return _joined([_paragraph(row, story), (turn_samples(row, story)[1], whole[1])])
    end, start = turn_samples(row, story)[1], turn_samples(row, story + 1)[0]
    return [(max(end, start - to_samples(LEAD_SECONDS, row["sampling_rate"])), whole[1])]


def _turn_spans(row: Row, hearing: Hearing) -> Iterator[Span]:
    """Yield the spans of the turns that are heard."""
    story = _story_turn(row)
    for turn in range(len(row["turns"])):
        if turn != story or hearing.context == "audio":
            yield turn_samples(row, turn)
        elif hearing.context == "evidence":
            yield _paragraph(row, turn)


def _characters(row: Row, hearing: Hearing, turn: int) -> tuple[int, int] | None:
    """Return the characters of a turn's text that are heard."""
    if turn != _story_turn(row) or hearing.context == "audio":
        return 0, len(row["turns"][turn]["text"])
    return relevant_paragraph(row) if hearing.context == "evidence" else None


def _story_turn(row: Row) -> int | None:
    return next((i for i, turn in enumerate(row["turns"]) if turn["act"] == Act.STORY.value), None)


def _paragraph(row: Row, story: int) -> Span:
    """Return the samples of the paragraph that the question is about, with half the pauses around it."""
    first, last = relevant_paragraph(row)
    start, end = turn_samples(row, story)
    if not row["story"][:first].strip() and not row["story"][last:].strip():
        return start, end
    words = words_of(row, story)
    if not any(first <= word.char_start < last for word in words):
        raise UntimedStoryError(
            f"{row['id']}: its story has no word times, so one paragraph of it cannot be found in the recording; build "
            "with align: pocketsphinx in the profile set, or take another context"
        )
    gaps = gaps_between(words)
    before = [gap.sample for gap in gaps if gap.char_start <= first]
    after = [gap.sample for gap in gaps if gap.char_end >= last]
    return max(before, default=start), min(after, default=end)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Make one of two spans that touch."""
    (start, end), (after, last) = spans
    return [(start, last)] if end == after else [(start, end), (after, last)]
