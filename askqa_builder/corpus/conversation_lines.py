"""People's own conversations: JSON Lines in a form of this package, one conversation a line.

`docs/sources.md` describes the fields with an example. It is meant to be written by hand or by a short script, so
nothing in it is passed over: a field that is not known, such as a misspelt one, rejects the line, and so does what
contradicts itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for_lines, usable_branches
from askqa_builder.corpus.conversation import (
    Action,
    Branch,
    Clarification,
    Conversation,
    Evidence,
    Response,
    Turn,
    answer_response,
    story_id,
    unique,
)
from askqa_builder.corpus.dialogue import exchange, turns_until
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError
from askqa_builder.corpus.languages import require_english
from askqa_builder.corpus.licences import UNKNOWN, licence_by_name
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.source_file import SourceFile

DEFAULT_SOURCE = "own"

_RECOGNISED_BY = frozenset({"story", "question"})
_KEYS = (
    "id",
    "story",
    "history",
    "question",
    "answer",
    "alternatives",
    "evidence",
    "ambiguous",
    "clarifications",
    "turn_id",
    "source",
    "licence",
    "language",
)
_OF_CLEAR_ONES = ("answer", "alternatives", "evidence")
"""Fields that say one answer, which an ambiguous question has not."""


def is_conversation_line(value: object) -> bool:
    """Tell whether the value of a line is meant as a conversation."""
    return isinstance(value, dict) and value.keys() >= _RECOGNISED_BY


def read_conversation_lines(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every line is one conversation or one reject, named by file and line."""
    return account_for_lines(file, seen, _identify, _conversation)


def _identify(value: object) -> str:
    return Fields(value).text("id", MAX_NAME_CHARACTERS)


def _conversation(value: object, place: Place, identifier: str) -> tuple[Conversation, BadBranches]:
    item = Fields(value)
    item.allow_only(*_KEYS)
    story = item.spoken_text("story")
    language = item.optional_text("language") or "en"
    require_english("language", language)
    asked = item.optional_nested_list("clarifications")
    ambiguous = _label(item, bool(asked))
    clarifications: tuple[Clarification, ...] = ()
    bad_branches: BadBranches = ()
    evidence = None
    if ambiguous:
        response, clarifications, bad_branches = _ask_back(asked)
    else:
        response, evidence = _answer(item, story)
    history = chain.from_iterable(map(_exchange, item.optional_nested_list("history")))
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=story_id(story),
        source=item.optional_name("source") or DEFAULT_SOURCE,
        language=language,
        licence=licence_by_name(item.optional_name("licence") or UNKNOWN.name),
        target_turn_id=item.optional_count("turn_id"),
        ambiguous=ambiguous,
        turns=turns_until(story, history, item.spoken_text("question")),
        response=response,
        evidence=evidence,
        clarifications=clarifications,
    )
    return conversation, bad_branches


def _exchange(said: Fields) -> tuple[Turn, Turn]:
    said.allow_only("user", "assistant")
    return exchange(said.spoken_text("user"), said.spoken_text("assistant"))


def _label(item: Fields, has_clarifications: bool) -> bool | None:
    """Return whether the question is ambiguous; clarifications say so, as well as the label."""
    label = item.optional_truth("ambiguous")
    if label is False and has_clarifications:
        raise ItemError("contradiction", "ambiguous is false, but there are clarifications; leave one of them out")
    if label and not has_clarifications:
        raise ItemError("no_branch", "ambiguous is true, but there are no clarifications; give one with its branches")
    ambiguous = True if has_clarifications else label
    extra = [key for key in _OF_CLEAR_ONES if key in item]
    if ambiguous and extra:
        raise ItemError("contradiction", f"an ambiguous question has no {extra[0]} of its own; its branches have")
    return ambiguous


def _answer(item: Fields, story: str) -> tuple[Response, Evidence | None]:
    response = answer_response([item.text("answer"), *item.optional_texts("alternatives")])
    text = item.optional_text("evidence")
    evidence = find_evidence(story, text, None, None)
    if text is not None and evidence is None:
        what = "more than once" if text in story else "not"
        raise ItemError("bad_evidence", f"evidence stands {what} in the story: {quote(text)}")
    return response, evidence


def _ask_back(asked: Sequence[Fields]) -> tuple[Response, tuple[Clarification, ...], BadBranches]:
    """Return the clarifying questions as response, those with branches, and the spoken branches that cannot be used.

    The first is spoken, so that each of its bad branches is a row that is missing; the others must be whole.
    """
    for clarification in asked:
        clarification.allow_only("question", "branches")
    questions = [clarification.spoken_text("question") for clarification in asked]
    spoken, bad_branches = usable_branches(asked[0].elements("branches"), _branch, "branches")
    others = [
        tuple(_branch(index, Fields(element, where)) for index, (where, element) in enumerate(branches))
        for branches in (clarification.optional_elements("branches") for clarification in asked[1:])
    ]
    response = Response(Action.CLARIFY, questions[0], unique(questions), None)
    pairs = zip(questions, (spoken, *others), strict=True)
    return response, tuple(Clarification(question, branches) for question, branches in pairs if branches), bad_branches


def _branch(index: int, branch: Fields) -> Branch:
    branch.allow_only("reply", "answers")
    answers = branch.texts("answers")
    if not answers:
        raise ItemError("no_answer", f"{branch.place('answers')} is empty")
    return Branch(index, branch.spoken_text("reply"), tuple(answers))
