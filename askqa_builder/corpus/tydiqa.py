"""TyDi QA's primary task (Clark et al.: TACL 2020) as JSON Lines, and SD-QA (Faisal et al.: Findings of EMNLP 2021),
which has the same form with questions as a recogniser heard them from speakers of many dialects.

Each line: `example_id`, `language`, `question_text`, `document_plaintext` (a whole article of Wikipedia),
`passage_answer_candidates[]` {plaintext_start_byte, plaintext_end_byte}, `annotations[]` {passage_answer
{candidate_index}, minimal_answer {plaintext_start_byte, plaintext_end_byte}, yes_no_answer}. Bytes count in UTF-8; −1
stands for none.

Decisions where the format leaves a choice:

- The story is the passage that most annotators chose (of two, the one chosen first): a whole article would take an hour
  to narrate. A question for which nobody chose one is rejected, so nothing here is unanswerable.
- The answers are the minimal answers, or yes and no, of those who chose that passage, the most frequent first. A
  question without any is rejected: the whole passage is no answer to be spoken.
- Every question is a conversation without history. Its id is `example_id`; SD-QA's files of several dialects repeat the
  same ids, so that only one of them can be read in one build. `ambiguous` is null: nobody has judged.
- Only English is read, as nothing else is read aloud well. Evidence is the place of the answer in the passage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from askqa_builder.corpus.accounting import BadBranches, Outcome, Place, account_for_lines
from askqa_builder.corpus.conversation import Conversation, Evidence, answer_response, story_id
from askqa_builder.corpus.dialogue import turns_until
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import Fields, ItemError, check_length, check_pronounceable
from askqa_builder.corpus.languages import require_english
from askqa_builder.corpus.licences import licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.source_file import SourceFile

SOURCE = "tydiqa"

_KEYS = frozenset({"document_plaintext", "question_text", "annotations"})
_YES_NO = {"YES": "yes", "NO": "no", "NONE": None}

_Span = tuple[int, int]


@dataclass(frozen=True)
class _Annotation:
    """What one person found: the place of a passage among the candidates, −1 for none, and a short answer in it.

    answer: bytes of the article, or "yes" or "no"; None where there is none.
    """

    passage: int
    answer: _Span | str | None


def is_tydiqa(value: object) -> bool:
    """Tell whether the value of a line has TyDi QA's shape."""
    return isinstance(value, dict) and value.keys() >= _KEYS


def read_tydiqa(file: SourceFile, seen: set[str], reading: Reading = AS_IT_IS) -> Iterator[Outcome]:
    """Read a file as `reading.Reader` says: every line is one conversation or one reject."""
    return account_for_lines(file, seen, _identify, _conversation)


def _identify(value: object) -> str:
    number = Fields(value).optional_integer("example_id")
    if number is None:
        raise ItemError("missing_field", "example_id is missing")
    return str(number)


def _conversation(value: object, place: Place, identifier: str) -> tuple[Conversation, BadBranches]:
    example = Fields(value)
    require_english("language", example.text("language"))
    article = example.long_text("document_plaintext").encode("utf-8")
    annotations = [_annotation(Fields(element, where)) for where, element in example.elements("annotations")]
    passage = _chosen_passage(annotations)
    start, end = _candidate(example, passage)
    story = _slice(article, start, end, f"passage_answer_candidates[{passage}]")
    check_length("the passage", "story", story)
    check_pronounceable("the passage", story)
    answers = _answers(article, (start, end), [note.answer for note in annotations if note.passage == passage])
    conversation = Conversation(
        id=identifier,
        file=place.file,
        index=place.index,
        story_id=story_id(story),
        source=SOURCE,
        language="en",
        licence=licence_of(SOURCE).name,
        target_turn_id=None,
        ambiguous=None,
        turns=turns_until(story, (), example.spoken_text("question_text")),
        response=answer_response([text for text, _ in answers]),
        evidence=_evidence(article, story, start, *answers[0]),
        clarifications=(),
    )
    return conversation, ()


def _annotation(fields: Fields) -> _Annotation:
    passage = fields.nested("passage_answer").integer("candidate_index")
    span = _span(fields.nested("minimal_answer"))
    word = fields.text("yes_no_answer")
    if word not in _YES_NO:
        allowed = ", ".join(_YES_NO)
        raise ItemError("unknown_answer", f"{fields.place('yes_no_answer')} is {quote(word)}, not one of {allowed}")
    return _Annotation(passage, _YES_NO[word] or (span if min(span) >= 0 else None))


def _span(fields: Fields) -> _Span:
    return fields.integer("plaintext_start_byte"), fields.integer("plaintext_end_byte")


def _chosen_passage(annotations: list[_Annotation]) -> int:
    votes = Counter(note.passage for note in annotations if note.passage >= 0)
    if not votes:
        raise ItemError("no_passage", f"none of {len(annotations)} annotators found a passage that answers")
    return votes.most_common(1)[0][0]


def _candidate(example: Fields, index: int) -> _Span:
    candidates = example.elements("passage_answer_candidates")
    if index >= len(candidates):
        raise ItemError("bad_number", f"candidate_index is {index}, but there are {len(candidates)} candidates")
    where, element = candidates[index]
    return _span(Fields(element, where))


def _answers(article: bytes, passage: _Span, found: list[_Span | str | None]) -> list[tuple[str, _Span | None]]:
    """Return the wordings of the answer, the most frequent first, with the bytes where each stands.

    What does not stand in the passage is left out: nobody hears it.
    """
    places: dict[str, _Span | None] = {}
    counts: Counter[str] = Counter()
    for answer in found:
        if answer is None or not (isinstance(answer, str) or passage[0] <= answer[0] < answer[1] <= passage[1]):
            continue
        text = answer if isinstance(answer, str) else _slice(article, *answer, "minimal_answer")
        counts[text] += 1
        places.setdefault(text, None if isinstance(answer, str) else answer)
    texts = [text for text, _ in counts.most_common() if text.strip()]
    if not texts:
        raise ItemError("no_answer", "no annotator gave a short answer out of the passage")
    return [(text, places[text]) for text in texts]


def _evidence(article: bytes, story: str, story_start: int, text: str, span: _Span | None) -> Evidence | None:
    if span is None:
        return None
    start = len(article[story_start : span[0]].decode("utf-8"))  # both lie between characters
    return find_evidence(story, text, start, start + len(text))


def _slice(article: bytes, start: int, end: int, place: str) -> str:
    if not 0 <= start < end <= len(article):
        raise ItemError("bad_number", f"{place} is bytes {start} to {end} of {len(article)}")
    try:
        return article[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ItemError("bad_number", f"{place} is bytes {start} to {end}, which cut a character in two") from error
