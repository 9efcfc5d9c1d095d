"""Where in a story the support of an answer stands."""

from __future__ import annotations

from askqa_builder.corpus.conversation import Evidence, is_answerable


def find_evidence(story: str, text: str | None, start: int | None, end: int | None) -> Evidence | None:
    """Return the evidence `text`, at the characters that the corpus names if it stands there.

    Where it does not, it is looked for: if it stands in the story exactly once, that is its place, else it is unknown.
    None too where there is no text, and for the "unknown" of unanswerable questions, which is no quotation.
    """
    if text is None:
        return None
    if start is not None and end is not None and 0 <= start < end and story[start:end] == text:
        return Evidence(text, start, end)
    if not is_answerable(text):
        return None
    place = story.find(text)
    if place < 0 or story.find(text, place + 1) >= 0:
        return None
    return Evidence(text, place, place + len(text))
