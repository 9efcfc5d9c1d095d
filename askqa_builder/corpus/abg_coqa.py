"""Abg-CoQA (Guo, Zhang, Reddy, Alikhani: AKBC 2021): conversations about a story, some of them ambiguous.

Decisions where the format leaves a choice:

- The label rules. A clear item's clarifications are not read, nor an ambiguous item's target answer and
  evidence. Fields that no row needs are not read at all.
- A branch of `clarification_turn` that cannot be used is rejected alone; the others keep their index. An item
  of which no branch is left is rejected whole.
- `clarification_turn_2` and the alternative answers are only references: blank ones are taken as absent, a
  wrong type rejects the item (or the branch that it belongs to).
- Evidence whose span is wrong is looked for: if the rationale stands in the story exactly once, that is its
  place, else it is unknown. The rationale "unknown" of unanswerable targets is no quotation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import chain

from askqa_builder.corpus.conversation import (
    Act,
    Action,
    Branch,
    Clarification,
    Conversation,
    Evidence,
    Response,
    Role,
    Stage,
    Turn,
    answer_response,
    is_answerable,
    row_suffix,
    unique,
)
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.corpus.sources import SourceFile, is_abg_coqa
from askqa_builder.errors import UsageError
from askqa_builder.seeds import short_hash

_AMBIGUOUS = {"ambiguous": True, "non_ambiguous": False}
_OTHER_CORPORA = {"paragraphs": "SQuAD", "questions": "CoQA"}
"""Keys by which an item of a related corpus is recognised, for a better message."""

_BadBranches = list[tuple[int, ItemError]]


def read_abg_coqa(file: SourceFile, seen: set[str]) -> Iterator[Conversation | Reject]:
    """Yield the conversations of a file and what is rejected, in file order, item by item.

    seen: the ids of the conversations read so far in this build, over all its files; added to. A second
    conversation with the same id is rejected.
    Every item yields one conversation or one reject. Rejects of single branches (their id is the row's,
    `<conversation_id>#clarified-<index>`) come just *before* their conversation, so that whoever stops at
    the n-th conversation has seen all that was rejected up to it.
    Raises UsageError, at the first item, where the file as a whole cannot be used.
    """
    for index, item in enumerate(_items(file)):
        yield from _read_item(item, file.name, index, seen)


def story_id(story: str) -> str:
    """Hash a story for grouping; case, white space and compatibility forms of characters do not count."""
    return short_hash("story", " ".join(unicodedata.normalize("NFKC", story).casefold().split()))


def _items(file: SourceFile) -> list[object]:
    document = parse_json(file.read(), file.path)
    shown = shown_path(file.path)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise UsageError(f'{shown} is not Abg-CoQA: it has no list "data"; give a coqa_abg_*.json file')
    items: list[object] = document["data"]
    if not items:
        raise UsageError(f'{shown} holds no conversation: its list "data" is empty; give another file')
    if not is_abg_coqa(document):
        keys = items[0].keys() if isinstance(items[0], dict) else ()
        other = next((f", it looks like {name}" for key, name in _OTHER_CORPORA.items() if key in keys), "")
        raise UsageError(f"{shown} is not Abg-CoQA{other}; give a coqa_abg_*.json file")
    return items


def _read_item(item: object, file: str, index: int, seen: set[str]) -> Iterator[Conversation | Reject]:
    identifier = None
    try:
        fields = Fields(item)
        identifier = fields.text("id", MAX_NAME_CHARACTERS)
        if identifier in seen:
            raise ItemError("duplicate_id", f"the id {quote(identifier)} was read before")
        conversation, bad_branches = _conversation(identifier, file, index, fields)
    except ItemError as error:
        yield Reject(identifier, file, index, "read", error.reason, error.detail)
        return
    for branch, why in bad_branches:
        yield Reject(f"{identifier}{row_suffix(Stage.CLARIFIED, branch)}", file, index, "read", why.reason, why.detail)
    seen.add(identifier)
    yield conversation


def _conversation(identifier: str, file: str, index: int, item: Fields) -> tuple[Conversation, _BadBranches]:
    source = item.text("source", MAX_NAME_CHARACTERS)
    story = item.spoken_text("story")
    target = item.nested("target_turn")
    ambiguous = _label(item)
    clarifications: tuple[Clarification, ...] = ()
    bad_branches: _BadBranches = []
    evidence = None
    if ambiguous:
        response, clarifications, bad_branches = _ask_back(item)
    else:
        response = answer_response([target.text("answer")])
        evidence = _evidence(story, target)
    conversation = Conversation(
        id=identifier,
        file=file,
        index=index,
        story_id=story_id(story),
        source=source,
        language="en",
        licence=licence_of(source).name,
        target_turn_id=target.count("turn_id"),
        ambiguous=ambiguous,
        turns=_turns(story, item, target),
        response=response,
        evidence=evidence,
        clarifications=clarifications,
    )
    return conversation, bad_branches


def _label(item: Fields) -> bool:
    label = item.text("ambiguity")
    if label not in _AMBIGUOUS:
        raise ItemError("unknown_ambiguity", f"ambiguity is {quote(label)}, not one of {', '.join(_AMBIGUOUS)}")
    return _AMBIGUOUS[label]


def _turns(story: str, item: Fields, target: Fields) -> tuple[Turn, ...]:
    history = [Fields(element, place) for place, element in item.elements("history_turns")]
    exchanges = (
        (
            Turn(Role.USER, Act.QUESTION, turn.spoken_text("question")),
            Turn(Role.ASSISTANT, Act.ANSWER, turn.spoken_text("answer")),
        )
        for turn in history
    )
    return (
        Turn(Role.NARRATOR, Act.STORY, story),
        *chain.from_iterable(exchanges),
        Turn(Role.USER, Act.QUESTION, target.spoken_text("question")),
    )


def _ask_back(item: Fields) -> tuple[Response, tuple[Clarification, ...], _BadBranches]:
    asked = item.nested("clarification_turn")
    question = asked.spoken_text("question")
    branches, bad_branches = _branches(asked)
    clarifications = [Clarification(question, branches)]
    questions = [question]
    alternative = item.optional_nested("clarification_turn_2")
    other_question = alternative.optional_text("question") if alternative else None
    if alternative and other_question:
        questions.append(other_question)
        other_branches = _alternative_branches(alternative)
        if other_branches:
            clarifications.append(Clarification(other_question, other_branches))
    return Response(Action.CLARIFY, question, unique(questions), None), tuple(clarifications), bad_branches


def _branches(clarification: Fields) -> tuple[tuple[Branch, ...], _BadBranches]:
    good: list[Branch] = []
    bad: _BadBranches = []
    for index, (place, element) in enumerate(clarification.elements("answers")):
        try:
            good.append(_branch(index, Fields(element, place)))
        except ItemError as error:
            bad.append((index, error))
    if not good:
        why = f": {bad[0][1].detail}" if bad else ""
        raise ItemError("no_branch", f"none of the {len(bad)} clarifying answers can be used{why}")
    return tuple(good), bad


def _branch(index: int, branch: Fields) -> Branch:
    reply = branch.spoken_text("clr_ans")
    others = (branch.optional_text(key) for key in ("org_ans_2", "org_ans_3"))
    answers = (branch.text("org_ans"), *(answer for answer in others if answer))
    return Branch(index, reply, unique(answers))


def _alternative_branches(clarification: Fields) -> tuple[Branch, ...]:
    branches = []
    for index, (place, element) in enumerate(clarification.optional_elements("answers")):
        branch = Fields(element, place)
        reply, answer = branch.optional_text("clr_ans"), branch.optional_text("org_ans")
        if reply and answer:
            branches.append(Branch(index, reply, (answer,)))
    return tuple(branches)


def _evidence(story: str, target: Fields) -> Evidence | None:
    rationale = target.optional_text("rationale")
    start, end = target.optional_integer("span_start"), target.optional_integer("span_end")
    if rationale is None:
        return None
    if start is not None and end is not None and 0 <= start < end and story[start:end] == rationale:
        return Evidence(rationale, start, end)
    if not is_answerable(rationale):
        return None
    place = story.find(rationale)
    if place < 0 or story.find(rationale, place + 1) >= 0:
        return None
    return Evidence(rationale, place, place + len(rationale))
