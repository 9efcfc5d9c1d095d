"""Which label a response means: by rules alone, the same for every model.

A label is looked for among the labels of its task and kind that are of its own sort: single letters; yes and no;
whole numbers; words. Beside a label itself count the answers of the set that have it and no other one, of up to
`MOST_WORDS` words, or as their question offers them. Case and punctuation do not matter, but where it says so; "man's"
is "man".

1. The whole response is one of these: that is it.
2. Otherwise it is the one label that occurs. What counts as an occurrence:
   letters - a capital standing alone ("It is B."), but no "A" that begins a sentence as an article ("A dog barks",
   unlike "A is …"); any letter in brackets, before a closing bracket, or before a stop with which the response begins
   ("(b)", "b)", "b.");
   yes and no - before punctuation or the end ("I would say no."), or as the first word: "yes" before anything, "no"
   before a pronoun, an article, "there" or "not" ("no it is not", but not "no idea");
   numbers - in digits, or as a word up to twenty;
   words - as whole words, the longest first, unless a negation stands right before them ("not sad", "rather than sad").
3. Where several occur, it is the one with which the response begins, if punctuation follows ("Yes, although …"), else
   the first after the last "answer is" or "answer:".
4. Otherwise the response means none: it is wrong, and counted.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from askqa_builder.evaluation.task_sets.item import TaskItem

MOST_WORDS = 12
"""Of an answer that stands for its label, where its question does not offer it."""

Sort = Literal["letters", "polar", "numbers", "words"]

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_STANDS_ALONE = re.compile(r"(?<![\w'’])([A-Z])(?![\w'’])")
_ARTICLE = re.compile(r"(?:^|[.!?]\s+)\W*A(?=\s+(?!(?:is|was|comes|because|since|as)\b)\w)")
_MARKED = re.compile(r"\(([A-Za-z])\)|(?<![\w'’])([A-Za-z])\)|^\W*([A-Za-z])[.:,;]")
_ANSWER = re.compile(r"\banswer(?:\s+is\b|\s*:)", re.IGNORECASE)
_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NOT = frozenset(
    {"not", "never", "neither", "nor", "isnt", "arent", "wasnt", "werent", "doesnt", "dont", "didnt", "cant", "cannot"}
)
_NOT_PAIRS = frozenset({("rather", "than"), ("instead", "of")})
_NOT_ARTICLES = frozenset({"a", "an", "the", "in"})
"""May stand between a negation and what it denies."""

_AFTER_NO = frozenset(
    {"it", "its", "he", "hes", "she", "they", "this", "that", "these", "those", "i", "we", "you"}
    | {"the", "a", "an", "there", "not", "nobody", "nothing"}
)

_Place = tuple[str, int, int]
"""A label with where it begins and ends in the response."""


class LabelParser:
    """Reads labels out of responses. items: whose labels there are; those of other splits do not matter."""

    def __init__(self, items: Iterable[TaskItem]) -> None:
        labels: dict[str, dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
        for item in items:
            if item.label is not None:
                forms = labels[item.of_kind]
                forms[_words(item.label)].add(item.label)
                answer = _words(item.references[0]) if item.references else ()
                if len(answer) <= MOST_WORDS or (item.offered and item.references[0] in item.offered):
                    forms[answer].add(item.label)
        self._forms: dict[tuple[str, Sort], dict[tuple[str, ...], str]] = defaultdict(dict)
        for kind, forms in labels.items():
            own = {_words(label): label for meant in forms.values() for label in meant}
            for form, meant in forms.items():
                label = own.get(form) or (next(iter(meant)) if len(meant) == 1 else None)
                if form and label is not None:
                    self._forms[kind, sort_of(label)][form] = label

    def label(self, item: TaskItem, response: str) -> str | None:
        """Return the label that a response to an item means; None where it means none. item: has a label."""
        assert item.label is not None
        sort = sort_of(item.label)
        forms = self._forms.get((item.of_kind, sort), {})
        whole = forms.get(_words(response, sort))
        if whole is not None:
            return whole
        found = _letters(response, forms) if sort == "letters" else _occurrences(response, forms, sort)
        places = sorted(found, key=lambda place: place[1])
        if len({label for label, _, _ in places}) == 1:
            return places[0][0]
        return _first(response, places) or _after_answer(response, places)


def sort_of(label: str) -> Sort:
    """Return of what sort a label is."""
    words = _words(label)
    if len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
        return "letters"
    if words in (("yes",), ("no",)):
        return "polar"
    return "numbers" if len(words) == 1 and words[0].isdigit() else "words"


def _words(text: str, sort: Sort = "words") -> tuple[str, ...]:
    return tuple(_plain(match[0], sort) for match in _TOKEN.finditer(text))


def _plain(word: str, sort: Sort) -> str:
    bare = re.sub(r"['’]s$", "", word.lower()).replace("'", "").replace("’", "")
    return str(_NUMBERS.index(bare)) if sort == "numbers" and bare in _NUMBERS else bare


def _letters(response: str, forms: Mapping[tuple[str, ...], str]) -> Iterator[_Place]:
    articles = {match.end() - 1 for match in _ARTICLE.finditer(response)}
    for pattern in (_STANDS_ALONE, _MARKED):
        for match in pattern.finditer(response):
            letter = next(group for group in match.groups() if group)
            start = match.start(match.lastindex or 0)
            label = forms.get((letter.lower(),))
            if label is not None and not (pattern is _STANDS_ALONE and start in articles):
                yield label, start, start + 1


def _occurrences(response: str, forms: Mapping[tuple[str, ...], str], sort: Sort) -> Iterator[_Place]:
    tokens = list(_TOKEN.finditer(response))
    words = [_plain(token[0], sort) for token in tokens]
    longest = max(map(len, forms), default=0)
    place = 0
    while place < len(words):
        sizes = range(min(longest, len(words) - place), 0, -1)
        size = next((size for size in sizes if tuple(words[place : place + size]) in forms), 0)
        if size:
            start, end = tokens[place].start(), tokens[place + size - 1].end()
            label = forms[tuple(words[place : place + size])]
            if sort == "polar":
                begins = place == 0 and (words[0] == "yes" or words[1] in _AFTER_NO) if len(words) > 1 else False
                counts = begins or _stops(response, end)
            else:
                counts = sort == "numbers" or not _is_denied(words[:place])
            if counts:
                yield label, start, end
        place += max(size, 1)


def _is_denied(before: list[str]) -> bool:
    """Tell whether the words before something deny it."""
    rest = before[:-1] if before and before[-1] in _NOT_ARTICLES else before
    return bool(rest) and (rest[-1] in _NOT or tuple(rest[-2:]) in _NOT_PAIRS)


def _first(response: str, places: list[_Place]) -> str | None:
    """Return the label with which a response begins, if punctuation follows it."""
    if places and not _TOKEN.search(response[: places[0][1]]) and _stops(response, places[0][2]):
        return places[0][0]
    return None


def _after_answer(response: str, places: list[_Place]) -> str | None:
    told = [match.end() for match in _ANSWER.finditer(response)]
    return next((label for label, start, _ in places if told and start >= told[-1]), None)


def _stops(response: str, end: int) -> bool:
    return re.match(r"\s*(?:$|[^\w\s]|\n)", response[end:]) is not None
