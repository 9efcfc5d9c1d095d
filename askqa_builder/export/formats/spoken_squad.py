"""Spoken-SQuAD: SQuAD 1.1's JSON with a sound for each passage, and when in it the answer is heard.

The form is SQuAD's (Rajpurkar et al., EMNLP 2016), as Spoken-SQuAD (Lee et al., Interspeech 2018) takes it over: the
document is spoken, the question is text. Answers also have their seconds in the sound under the names of NMSQA (Lin et
al., Interspeech 2022), where the story has word times.

Decisions where a conversation is more than the format holds:

- Each story stands there once, with the first recording of it that has a question; other rows on it add questions.
- A row's question is what the user asks last. What was said before it, without which it may not be understood, is in
  `history`, a key that SQuAD does not have.
- An answer is a span of the story. It is the response where that stands, as whole words, in the evidence (in the story,
  once, where there is no evidence); else it is the evidence. "Yes" and "no" are never looked for.
- Of a question's renditions the first is taken: they differ in sound that is not there.
- Left out, and listed in `left_out.jsonl` with the reason: rows whose response is a clarifying question or follows one
  (the question alone has no one answer), unanswerable ones, those whose answer has no place, those without a story.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from askqa_builder.export.first_rows import FirstRows
from askqa_builder.export.format import Export, Format, RowItem, SoundRules, Wrapping
from askqa_builder.export.formats.squad_answers import answers_of, quoted_answers, why_left_out
from askqa_builder.export.json_lines import json_line
from askqa_builder.export.sorting import sorted_lines
from askqa_builder.export.spoken_turns import spoken_spans
from askqa_builder.hearing.heard import Clip, Heard
from askqa_builder.hearing.options import Hearing
from askqa_builder.hearing.row_times import Row, turn_samples

LEFT_OUT = "left_out.jsonl"


class SpokenSquad(Format[RowItem]):
    """`<split>.json` with the stories and questions, and `left_out.jsonl`."""

    name = "spoken-squad"
    title = "Spoken-SQuAD: SQuAD 1.1 with spoken passages"
    documentation = "https://github.com/Chia-Hsuan-Lee/Spoken-SQuAD"
    prompted = False
    sound = SoundRules(sampling_rate=None, contexts=("audio",), layouts=("joined",), whole=True)
    left_out = LEFT_OUT

    def __init__(self) -> None:
        self._rows = FirstRows()

    def hear(self, row: Row, split: str, hearing: Hearing) -> Heard:
        """Return the narration of the row's story where it is the first with a question on it, else nothing."""
        nothing = (None,) * len(row["turns"])
        if self._left_out(row, split) is not None or not self._rows.is_first(_story(row, split), row["id"]):
            return Heard((), row["sampling_rate"], nothing)
        characters = ((0, len(row["turns"][0]["text"])), *nothing[1:])
        return Heard((Clip((turn_samples(row, 0),)),), row["sampling_rate"], characters)

    def lines(self, item: RowItem) -> Iterator[tuple[str, str]]:
        """Yield the row's question, before it the story where its narration is this row's."""
        row = item.row
        reason = self._left_out(row, item.split)
        if reason is not None:
            yield LEFT_OUT, json_line({"id": row["id"], "split": item.split, "reason": reason})
            return
        place = self._rows.place(_story(row, item.split))
        if item.audio:
            yield f"{item.split}.json", json_line([place, story(item)])
        yield f"{item.split}.json", json_line([place, question(row)])

    def _left_out(self, row: Row, split: str) -> str | None:
        """Return why a row's question is not listed; of several renditions the first is."""
        reason = why_left_out(row)
        if reason is None and not self._rows.is_first(("asked", split, row["conversation_id"]), row["id"]):
            return "rendition"
        return reason

    def arrange(self, file: str, lines: Iterable[str], scratch: Path) -> Iterable[str]:
        """Put the questions of each story together: an article with one paragraph a line."""
        if file == LEFT_OUT:
            return lines
        return map(_article, _groups(sorted_lines(lines, _place, scratch)))

    def wrapping(self, file: str) -> Wrapping:
        """Return SQuAD's head around the articles."""
        if file == LEFT_OUT:
            return super().wrapping(file)
        return Wrapping('{"version": "1.1", "data": [\n', ",\n", "\n]}\n")

    def usage(self, made: Export) -> str:
        """Tell what is in there and what is not."""
        left_out = made.files.get(LEFT_OUT, 0)
        rows = sum(made.splits.values()) + left_out
        return f"""\
`<split>.json` is SQuAD 1.1's JSON: each story is a passage (`context`) with its narration (`audio`, a path in this
folder, and `duration` in seconds), and the questions on it. Beside SQuAD's keys:

- answers have `audio_full_answer_start` and `audio_full_answer_end`, seconds in that sound, where the story has word
  times;
- questions have `history`, what the user and the assistant said before: a question may not be understood without it;
- `response` is the answer as the corpus has it, and `quoted` tells whether the answer is its words; where not, as with
  "yes", the answer is the evidence.

Of {rows} rows {left_out} are left out: those that ask back or have been asked back, since their question alone has no
one answer, those without an answer, those whose answer is no span of the story, and further renditions. `{LEFT_OUT}`
has each with its reason."""


def story(item: RowItem) -> dict[str, Any]:
    """Return a passage with its narration. words: characters of the story and seconds of the sound."""
    file = item.audio[0]
    return {
        "title": item.row["story_id"],
        "context": item.row["story"],
        "audio": file.path,
        "duration": file.seconds,
        "words": [[*characters, *times] for characters, times in spoken_spans(item.row, 0, item.heard, file)],
    }


def question(row: Row) -> dict[str, Any]:
    """Return a row's question and its answers."""
    *before, asked = row["turns"][1:]
    return {
        "id": row["id"],
        "question": asked["text"],
        "history": [{"role": turn["role"], "text": turn["text"]} for turn in before],
        "answers": [{"answer_start": start, "text": row["story"][start:end]} for start, end in answers_of(row)],
        "response": row["response"]["text"],
        "quoted": bool(quoted_answers(row)),
    }


def answer_times(answer: Mapping[str, Any], words: list[list[Any]]) -> dict[str, float]:
    """Return when an answer is heard in its story; nothing where no word of it has a time."""
    first, last = answer["answer_start"], answer["answer_start"] + len(answer["text"])
    heard = [(start, end) for char_start, char_end, start, end in words if char_start < last and first < char_end]
    if not heard:
        return {}
    starts, ends = zip(*heard, strict=True)
    return {"audio_full_answer_start": min(starts), "audio_full_answer_end": max(ends)}


def _story(row: Row, split: str) -> tuple[str, ...]:
    return "story", split, row["story"]


def _place(line: str) -> int:
    place: int = json.loads(line)[0]
    return place


def _groups(lines: Iterable[str]) -> Iterator[list[Any]]:
    for _, group in groupby(map(json.loads, lines), key=lambda entry: entry[0]):
        yield [entry for _, entry in group]


def _article(entries: list[Any]) -> str:
    passage, *questions = entries
    words = passage.pop("words")
    for asked in questions:
        asked["answers"] = [{**answer, **answer_times(answer, words)} for answer in asked["answers"]]
    title = passage.pop("title")
    return json_line({"title": title, "paragraphs": [{**passage, "qas": questions}]})
