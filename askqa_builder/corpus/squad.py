"""SQuAD 1.1 and 2.0 (Rajpurkar et al.: EMNLP 2016, ACL 2018) and what has its JSON: a passage, single questions.

`data[].paragraphs[]` with `context` and `qas[]` {id, question, answers[] {text, answer_start}, is_impossible}. Of the
same form are Spoken-SQuAD (Lee et al.: Interspeech 2018), whose passages are what a recogniser heard, and TyDi QA's
gold passage task (Clark et al.: TACL 2020), whose ids begin with a language.

Decisions where the format leaves a choice:

- Every question is a conversation of its own without history: the same passage is narrated for each of them. Its id is
  the question's; `target_turn_id` is null.
- `ambiguous` is null: nobody has judged.
- The first of `answers` is the answer, the others are references. Where `is_impossible` is true, "unknown" stands
  instead, as in CoQA, and is not answerable; `plausible_answers` are not read. No answer otherwise, as in a hidden test
  set, rejects the question.
- Evidence is the place of the first answer, which is a quotation.
- The source is `squad`, of files `spoken_*` `spoken-squad`, of files `tydiqa*` `tydiqa`. Of TyDi QA's languages only
  English is read, as nothing else is read aloud well.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for
from askqa_builder.corpus.conversation import UNANSWERABLE, Conversation, Evidence, Response, answer_response, story_id
from askqa_builder.corpus.dialogue import turns_until
from askqa_builder.corpus.fields import MAX_NAME_CHARACTERS, Fields, ItemError
from askqa_builder.corpus.json_file import shown_path
from askqa_builder.corpus.languages import require_english
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.squad_json import Found, answer_texts, has_paragraphs, paragraphs_of, span_evidence
from askqa_builder.corpus.tydiqa import SOURCE as TYDI_QA
from askqa_builder.errors import UsageError

SQUAD = "squad"
SPOKEN_SQUAD = "spoken-squad"

_SOURCE_OF_PREFIX = {"spoken": SPOKEN_SQUAD, "tydiqa": TYDI_QA}


def is_squad(document: object) -> bool:
    """Tell whether parsed JSON has SQuAD's shape; QuAC's has it too."""
    return has_paragraphs(document)


def read_squad(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every question is one conversation or one reject.

    The place of a question is counted over the whole file; what is no list of questions counts as one.
    """
    name = file.name.lower()
    source = next((source for prefix, source in _SOURCE_OF_PREFIX.items() if name.startswith(prefix)), SQUAD)
    index = -1
    for index, entry in enumerate(_questions(file)):
        place = Place(file.name, index)
        if isinstance(entry, ItemError):
            yield place.reject(None, entry)
            continue
        paragraph, question = entry
        yield from account_for(
            place, seen, partial(_identify, question), partial(_conversation, paragraph, question, source, place)
        )
    if index < 0:
        raise UsageError(f"{shown_path(file.path)} holds no question; give another file")


def _questions(file: SourceFile) -> Iterator[tuple[Fields, Found] | ItemError]:
    for found in paragraphs_of(file, "SQuAD"):
        try:
            if isinstance(found, ItemError):
                raise found
            paragraph = Fields(found[1], found[0])
            questions = paragraph.elements("qas")
        except ItemError as error:
            yield error
            continue
        for question in questions:
            yield paragraph, question


def _identify(question: Found) -> str:
    return Fields(question[1], question[0]).text("id", MAX_NAME_CHARACTERS)


def _conversation(
    paragraph: Fields, found: Found, source: str, place: Place, identifier: str
) -> tuple[Conversation, BadBranches]:
    if source == TYDI_QA:
        require_english("the language in its id", identifier.partition("-")[0])
    question = Fields(found[1], found[0])
    story = paragraph.spoken_text("context")
    response, evidence = _answer(story, question)
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=story_id(story),
        source=source,
        language="en",
        licence=licence_of(source).name,
        target_turn_id=None,
        ambiguous=None,
        turns=turns_until(story, (), question.spoken_text("question")),
        response=response,
        evidence=evidence,
        clarifications=(),
    )
    return conversation, ()


def _answer(story: str, question: Fields) -> tuple[Response, Evidence | None]:
    if question.optional_truth("is_impossible"):
        return answer_response([UNANSWERABLE]), None
    answers = answer_texts(question)
    if not answers:
        raise ItemError("no_answer", f"{question.place('answers')} has no answer")
    where, first = question.elements("answers")[0]
    return answer_response(answers), span_evidence(story, Fields(first, where))
