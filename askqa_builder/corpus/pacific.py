"""PACIFIC (Deng, Lei, Zhang, Lam, Chua: EMNLP 2022): dialogues about financial reports with clarifying questions.

Files `train.json`, `validation.json`, `test.json` (without answers): a list of {table, paragraphs[] {order, text},
questions[]}, made from TAT-QA. A question has `uid`, `order`, `question`, `answer` (texts, or a number), `scale`,
`answer_type`, `answer_from` (`table`, `text`, `table-text`), `rel_paragraphs`, `req_clari`, `original_question`. Where
`req_clari` is true the answer is a clarifying question, and the next question is the user's reply to it.

Decisions where the format leaves a choice:

- Tables cannot be narrated, so every question whose answer, or whose reply's answer, is not from the text alone is
  rejected (`needs_table`). Earlier turns may be about the table: they are heard, and need no answer.
- The story is the paragraphs in their order, with blank lines between them.
- Every ambiguous question that text alone answers is a conversation: `clarify`, with one branch, the reply and its
  answer. A reply is no conversation of its own: it is the `clarified` row of the question before it. Of the clear
  questions that text alone answers `Reading.targets` chooses, by default the last. `ambiguous` is never null: PACIFIC
  judges every question.
- A conversation's id is the question's `uid`, its `target_turn_id` the question's `order`.
- An answer of several texts is spoken as a list, "a, b and c"; a scale (thousand, million, billion, percent) is spoken
  behind it.
- Evidence is the relevant paragraph of a clear question, where there is one alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for
from askqa_builder.corpus.conversation import (
    Act,
    Action,
    Branch,
    Clarification,
    Conversation,
    Evidence,
    Response,
    Role,
    Turn,
    answer_response,
    story_id,
)
from askqa_builder.corpus.dialogue import turns_until
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError, check_length, check_pronounceable
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError

SOURCE = "pacific"

_CONTEXT_KEYS = frozenset({"table", "paragraphs", "questions"})
_QUESTION_KEYS = frozenset({"req_clari", "original_question"})
"""What PACIFIC's questions have and TAT-QA's, which are no dialogues, have not."""

_SCALES = frozenset({"thousand", "million", "billion", "percent"})
_FROM_TEXT = "text"
_WITH_TABLE = ("table", "table-text")


def is_pacific(document: object) -> bool:
    """Tell whether parsed JSON has PACIFIC's shape; one recognisable question is enough."""
    contexts = document if isinstance(document, list) else []
    dialogues = [item["questions"] for item in contexts if isinstance(item, dict) and item.keys() >= _CONTEXT_KEYS]
    questions = chain.from_iterable(dialogue for dialogue in dialogues if isinstance(dialogue, list))
    return any(isinstance(question, dict) and _QUESTION_KEYS & question.keys() for question in questions)


def read_pacific(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every dialogue is one reject, or several conversations and rejects."""
    contexts = parse_json(file.read(), file.path)
    if not isinstance(contexts, list) or not is_pacific(contexts):
        raise UsageError(f"{shown_path(file.path)} is not PACIFIC: no question has its fields; give another file")
    for index, item in enumerate(contexts):
        place = Place(file.name, index)
        try:
            dialogue = _Dialogue.of(Fields(item))
            targets = dialogue.targets(reading)
        except ItemError as error:
            yield place.reject(None, error)
            continue
        for position in targets:
            yield from account_for(
                place, seen, partial(dialogue.identify, position), partial(_conversation, dialogue, position, place)
            )


@dataclass(frozen=True, eq=False)
class _Dialogue:
    context: Fields
    questions: tuple[Fields, ...]

    @classmethod
    def of(cls, context: Fields) -> _Dialogue:
        questions = [Fields(element, where) for where, element in context.elements("questions")]
        if not questions:
            raise ItemError("no_question", "questions is empty")
        return cls(context, tuple(sorted(questions, key=lambda question: question.count("order"))))

    def identify(self, position: int) -> str:
        return self.questions[position].text("uid", MAX_NAME_CHARACTERS)

    def targets(self, reading: Reading) -> list[int]:
        """Return the questions that become conversations or rejects: all but the clear ones that are not chosen.

        Raises ItemError where it is not clear which of them asks back, or is answered from the text.
        """
        replies = {i + 1 for i, question in enumerate(self.questions) if _asks_back(question)}
        judged = [i for i in range(len(self.questions)) if i not in replies]
        clear = [i for i in judged if not _asks_back(self.questions[i]) and _from_text(self.questions[i])]
        left_out = set(clear) - {clear[i] for i in reading.targets(len(clear))}
        return [i for i in judged if i not in left_out]

    def story(self) -> str:
        paragraphs = [Fields(element, where) for where, element in self.context.elements("paragraphs")]
        texts = [part.text("text") for part in sorted(paragraphs, key=lambda part: part.count("order"))]
        story = "\n\n".join(texts)
        check_length("paragraphs", "story", story)
        check_pronounceable("paragraphs", story)
        return story

    def history(self, position: int) -> Iterator[Turn]:
        """Yield the turns before a question; replies to clarifying questions and those are what they are."""
        asked_back = False
        for question in self.questions[:position]:
            yield Turn(Role.USER, Act.CLARIFICATION if asked_back else Act.QUESTION, question.spoken_text("question"))
            asked_back = _asks_back(question)
            yield Turn(Role.ASSISTANT, Act.CLARIFYING_QUESTION if asked_back else Act.ANSWER, _answer(question))


def _asks_back(question: Fields) -> bool:
    return bool(question.optional_truth("req_clari"))


def _from_text(question: Fields) -> bool:
    return question.optional_text("answer_from") == _FROM_TEXT


def _conversation(
    dialogue: _Dialogue, position: int, place: Place, identifier: str
) -> tuple[Conversation, BadBranches]:
    target = dialogue.questions[position]
    ambiguous = _asks_back(target)
    reply = _reply(dialogue, position) if ambiguous else None
    for question in (target, reply):
        if question is not None:
            _require_text(question)
    story = dialogue.story()
    answer = _answer(target)
    clarifications: tuple[Clarification, ...] = ()
    if reply is None:
        response = answer_response([answer])
    else:
        response = Response(Action.CLARIFY, answer, (answer,), None)
        branch = Branch(0, reply.spoken_text("question"), (_answer(reply),))
        clarifications = (Clarification(answer, (branch,)),)
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=story_id(story),
        source=SOURCE,
        language="en",
        licence=licence_of(SOURCE).name,
        target_turn_id=target.count("order"),
        ambiguous=ambiguous,
        turns=turns_until(story, dialogue.history(position), target.spoken_text("question")),
        response=response,
        evidence=None if ambiguous else _evidence(dialogue.context, story, target),
        clarifications=clarifications,
    )
    return conversation, ()


def _reply(dialogue: _Dialogue, position: int) -> Fields:
    if position + 1 == len(dialogue.questions):
        raise ItemError("no_branch", "nobody replies to the clarifying question")
    reply = dialogue.questions[position + 1]
    if _asks_back(reply):
        raise ItemError("no_branch", "the reply to the clarifying question is asked about in turn")
    return reply


def _require_text(question: Fields) -> None:
    origin = question.text("answer_from")
    if origin not in (_FROM_TEXT, *_WITH_TABLE):
        allowed = ", ".join((_FROM_TEXT, *_WITH_TABLE))
        raise ItemError("unknown_origin", f"{question.place('answer_from')} is {quote(origin)}, not one of {allowed}")
    if origin != _FROM_TEXT:
        raise ItemError("needs_table", f"{question.place('answer_from')} is {origin}: a table cannot be narrated")


def _answer(question: Fields) -> str:
    """Return an answer as it is spoken: a list of texts, or a number, and its scale."""
    texts = question.texts_or_number("answer")
    spoken = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
    scale = question.optional_text("scale")
    if scale in _SCALES and not (scale == "percent" and spoken.endswith("%")):
        spoken = f"{spoken} {scale}"
    check_pronounceable(question.place("answer"), spoken)
    return spoken


def _evidence(context: Fields, story: str, target: Fields) -> Evidence | None:
    relevant = {str(element) for _, element in target.optional_elements("rel_paragraphs")}
    if len(relevant) != 1:
        return None
    paragraphs = [Fields(element, where) for where, element in context.elements("paragraphs")]
    texts = [part.text("text") for part in paragraphs if str(part.count("order")) in relevant]
    return find_evidence(story, texts[0], None, None) if texts else None
