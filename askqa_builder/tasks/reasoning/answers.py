"""Answers to other questions that could be answers to this one, and are surely none."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

from num2words import num2words

from askqa_builder.corpus.conversation import Act, Action, is_answerable
from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream, derive_seed
from askqa_builder.tasks.drawing import pick, shuffled
from askqa_builder.tasks.heard_row import plain, tidied
from askqa_builder.tasks.reasoning.sorts import EMPTY, YES_NO, answer_kind
from askqa_builder.tasks.sample import Sample

_KEPT = 256
_KEPT_OF_STORY = 16
_TRIES = 16
_LONGEST_NUMBER = 9

_DIGITS = re.compile(r"\d+")


def question_of(row: Row) -> str:
    """Return the question that the row's response is about: the user's last one."""
    questions: list[str] = [turn["text"] for turn in row["turns"] if turn["act"] == Act.QUESTION.value]
    return tidied(questions[-1])


def surely_differs(answer: str, references: Sequence[str]) -> bool:
    """Tell whether an answer is none of the references and no other wording of one: it shares no word that counts."""
    words = _words(answer)
    if words[:1] in (["yes"], ["no"]):
        return all(_words(one)[:1] in (["yes"], ["no"]) and _words(one)[0] != words[0] for one in references)
    ours = set(words) - EMPTY
    return bool(ours) and all(set(_words(one)) - EMPTY and not ours & set(_words(one)) for one in references)


class OtherAnswers:
    """The answers to other questions: a few of each story, and a bounded sample of each split, by their sort."""

    def __init__(self) -> None:
        self._of_story: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        self._samples: dict[tuple[str, str], Sample[tuple[str, str]]] = defaultdict(lambda: Sample(_KEPT))

    def survey(self, row: Row, split: str) -> None:
        """Take note of the answers that a row gives, and of its response where that is one."""
        response = row["response"]
        for before, turn in pairwise(row["turns"]):
            if (before["act"], turn["act"]) == (Act.QUESTION.value, Act.ANSWER.value):
                self._take(row, split, before["text"], turn["text"])
        if response["action"] == Action.ANSWER.value and response["answerable"]:
            self._take(row, split, question_of(row), response["text"])

    def of_story(self, story: str, references: Sequence[str], stream: Stream, kind: str | None = None) -> list[str]:
        """Return the answers to other questions about a story, in a drawn order, that surely differ from `references`.

        kind: only those of this sort; None for all but yes and no.
        """
        there = [text for sort, text in self._of_story[story].values() if sort == kind or (not kind and sort != YES_NO)]
        return [text for text in shuffled(stream, there) if surely_differs(text, references)]

    def elsewhere(self, story: str, split: str, kind: str, fits: Callable[[str], bool], stream: Stream) -> str | None:
        """Return an answer of this sort of another story of the split; None where none that fits is drawn."""
        others = [text for told, text in self._samples[split, kind].items() if told != story]
        drawn = (pick(stream, others) for _ in range(_TRIES if others else 0))
        return next((text for text in drawn if fits(text)), None)

    def _take(self, row: Row, split: str, question: str, answer: str) -> None:
        if not is_answerable(answer) or not plain(answer):
            return
        answer, kind, story = tidied(answer), answer_kind(question, answer), self._of_story[row["story_id"]]
        self._samples[split, kind].offer(derive_seed("answer", row["story_id"], answer), (row["story_id"], answer))
        if len(story) < _KEPT_OF_STORY:
            story.setdefault(plain(answer), (kind, answer))


def _words(answer: str) -> list[str]:
    """Return its words, numbers spelt out, so that "2" is "two"."""
    spelt = _DIGITS.sub(lambda m: num2words(int(m[0])) if len(m[0]) <= _LONGEST_NUMBER else m[0], answer)
    return plain(spelt).split()
