"""The JSON of SQuAD, which QuAC and others have taken over: articles, their paragraphs, questions about each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from askqa_builder.corpus.conversation import Evidence
from askqa_builder.corpus.evidence import find_evidence
from askqa_builder.corpus.fields import Fields, ItemError
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError

Found = tuple[str, object]
"""A place in the file, for messages, and what stands there."""


def has_paragraphs(document: object) -> bool:
    """Tell whether parsed JSON has articles with paragraphs; one recognisable article is enough."""
    articles = document.get("data") if isinstance(document, dict) else None
    return isinstance(articles, list) and any(isinstance(item, dict) and "paragraphs" in item for item in articles)


def question_keys(document: Any) -> set[str]:
    """Return the names of fields that the questions of a document with paragraphs have, as far as they can be read."""
    found: set[str] = set()
    for article in document["data"]:
        for paragraph in _list(article, "paragraphs"):
            for question in _list(paragraph, "qas"):
                found |= question.keys() if isinstance(question, dict) else set()
    return found


def paragraphs_of(file: SourceFile, title: str) -> Iterator[Found | ItemError]:
    """Yield the paragraphs of a file in order; for an article that has no list of them, an error.

    title: of the corpus. Raises UsageError where the file has no articles with paragraphs.
    """
    document: Any = parse_json(file.read(), file.path)
    if not has_paragraphs(document):
        raise UsageError(f"{shown_path(file.path)} is not {title}: no item has paragraphs; give another file")
    for index, article in enumerate(document["data"]):
        try:
            paragraphs = Fields(article, f"data[{index}]").elements("paragraphs")
        except ItemError as error:
            yield error
            continue
        yield from paragraphs


def answer_texts(question: Fields) -> list[str]:
    """Return the texts of `answers`, which may be absent; those that are blank are left out."""
    answers = (Fields(element, place) for place, element in question.optional_elements("answers"))
    return [text for answer in answers if (text := answer.optional_text("text")) is not None]


def span_evidence(story: str, answer: Fields) -> Evidence | None:
    """Return where an answer {text, answer_start} stands in the story."""
    text, start = answer.optional_text("text"), answer.optional_integer("answer_start")
    return find_evidence(story, text, start, None if start is None or text is None else start + len(text))


def _list(value: object, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
