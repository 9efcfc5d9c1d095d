"""Abg-CoQA (Guo, Zhang, Reddy, Alikhani: AKBC 2021): conversations about a story, some of them ambiguous.

Decisions where the format leaves a choice:

- The label rules. A clear item's clarifications are not read, nor an ambiguous item's target answer and
  evidence. Fields that no row needs are not read at all.
- A branch of `clarification_turn` that cannot be used is rejected alone; the others keep their index. An item
  of which no branch is left is rejected whole.
- `clarification_turn_2` and the alternative answers are only references: blank ones are taken as absent, a
  wrong type rejects the item (or the branch that it belongs to).
- Evidence whose span is wrong is looked for in the story.
- With CoQA at hand (`reading.dialogues`) the history is all turns before the target; an item whose dialogue is not
  there, or is another one, is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for, usable_branches
from askqa_builder.corpus.conversation import (
    Action,
    Branch,
    Clarification,
    Conversation,
    Response,
    Role,
    Turn,
    answer_response,
    story_id,
    unique,
)
from askqa_builder.corpus.dialogue import exchange, turns_until
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError

_AMBIGUOUS = {"ambiguous": True, "non_ambiguous": False}
_KEYS = frozenset({"target_turn", "history_turns", "clarification_turn", "ambiguity"})


def is_abg_coqa(document: object) -> bool:
    """Tell whether parsed JSON has Abg-CoQA's shape; one recognisable item is enough."""
    items = document.get("data") if isinstance(document, dict) else None
    return isinstance(items, list) and any(isinstance(item, dict) and _KEYS & item.keys() for item in items)


def read_abg_coqa(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every item is one conversation or one reject."""
    for index, item in enumerate(_items(file)):
        place = Place(file.name, index)
        yield from account_for(place, seen, partial(_identify, item), partial(_conversation, item, place, reading))


def _items(file: SourceFile) -> list[object]:
    document = parse_json(file.read(), file.path)
    shown = shown_path(file.path)
    if not isinstance(document, dict) or not isinstance(document.get("data"), list):
        raise UsageError(f'{shown} is not Abg-CoQA: it has no list "data"; give a coqa_abg_*.json file')
    items: list[object] = document["data"]
    if not items:
        raise UsageError(f'{shown} holds no conversation: its list "data" is empty; give another file')
    if not is_abg_coqa(document):
        raise UsageError(f"{shown} is not Abg-CoQA: no item has its fields; give a coqa_abg_*.json file")
    return items


def _identify(item: object) -> str:
    return Fields(item).text("id", MAX_NAME_CHARACTERS)


def _conversation(content: object, place: Place, reading: Reading, identifier: str) -> tuple[Conversation, BadBranches]:
    item = Fields(content)
    source = item.text("source", MAX_NAME_CHARACTERS)
    story = item.spoken_text("story")
    target = item.nested("target_turn")
    ambiguous = _label(item)
    clarifications: tuple[Clarification, ...] = ()
    bad_branches: BadBranches = []
    evidence = None
    if ambiguous:
        response, clarifications, bad_branches = _ask_back(item)
    else:
        response = answer_response([target.text("answer")])
        evidence = find_evidence(
            story,
            target.optional_text("rationale"),
            target.optional_integer("span_start"),
            target.optional_integer("span_end"),
        )
    question = target.spoken_text("question")
    history = tuple(chain.from_iterable(_history(item)))
    turn_id = target.count("turn_id")
    if reading.dialogues is not None:
        asked = [turn.text for turn in history if turn.role is Role.USER] + [question]
        history = reading.dialogues.history(identifier.partition("|")[0], story, asked, turn_id)
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=story_id(story),
        source=source,
        language="en",
        licence=licence_of(source).name,
        target_turn_id=turn_id,
        ambiguous=ambiguous,
        turns=turns_until(story, history, question),
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


def _history(item: Fields) -> Iterator[tuple[Turn, Turn]]:
    for place, element in item.elements("history_turns"):
        turn = Fields(element, place)
        yield exchange(turn.spoken_text("question"), turn.spoken_text("answer"))


def _ask_back(item: Fields) -> tuple[Response, tuple[Clarification, ...], BadBranches]:
    asked = item.nested("clarification_turn")
    question = asked.spoken_text("question")
    branches, bad_branches = usable_branches(asked.elements("answers"), _branch, "clarifying answers")
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


def _branch(index: int, branch: Fields) -> Branch:
    reply = branch.spoken_text("clr_ans")
    others = (branch.optional_text(key) for key in ("org_ans_2", "org_ans_3"))
    answers = (branch.text("org_ans"), *(answer for answer in others if answer))
    return Branch(index, reply, answers)


def _alternative_branches(clarification: Fields) -> tuple[Branch, ...]:
    branches = []
    for index, (place, element) in enumerate(clarification.optional_elements("answers")):
        branch = Fields(element, place)
        reply, answer = branch.optional_text("clr_ans"), branch.optional_text("org_ans")
        if reply and answer:
            branches.append(Branch(index, reply, (answer,)))
    return tuple(branches)
