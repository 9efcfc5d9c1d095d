"""What a user means, as a statement: from an annotator's clarifying question and the reply to it, and nothing else.

"Do you mean the blue kettle?" – "Yes." is "I mean the blue kettle."; "No, I mean the red one." is what it says
without the "No"; of a bare "No" it is "I do not mean the blue kettle."
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from askqa_builder.evaluation.actions.rule import is_clarifying_question
from askqa_builder.evaluation.item import Intent
from askqa_builder.evaluation.user.words import content, sentences

_AUXILIARY = (
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|may|might|must|"
    r"don't|doesn't|didn't|isn't|aren't|wasn't|weren't|can't|couldn't|won't|wouldn't)"
)
_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_PRONOUN = r"(?:he|she|it|they|there|this|that|these|those|we)"
_DETERMINER = r"(?:the|a|an|his|her|its|their|my|your|this|that|these|those)"

_POLAR = re.compile(
    r"^(?P<yes>yes|yeah|yep|yup|correct|exactly|right|sure|indeed)\b"
    r"|^(?P<no>not (?:really|exactly|quite)|nope|nah|no)\b",
    re.IGNORECASE,
)
_AFTER_POLAR = re.compile(rf"^(?:\s*[,.;:!–—-]+\s*|\s*$|\s+(?=(?:i|it|not|the|{_WH}|{_AUXILIARY})\b))", re.IGNORECASE)

_HEDGE = r"(?:(?:perhaps|maybe|still|just|actually|really|by any chance) )?"
_LEAD = r"^(?P<lead>(?:by|in|with|at|for|about) [^?]{1,60}?,? )?(?:.*\b)??"
_FRAMES = tuple(
    (re.compile(_LEAD + pattern + r"\b[,:]?\s*(?P<rest>.*)$", re.IGNORECASE), affirmed, denied)
    for pattern, affirmed, denied in (
        (rf"(?:do|did) you {_HEDGE}mean", "I mean", "I do not mean"),
        (rf"(?:are|were) (?:your? )?{_HEDGE}(?P<verb>[a-z]+ing|interested)", "I am {verb}", "I am not {verb}"),
        (rf"(?:do|did) you {_HEDGE}(?P<verb>[a-z]+)", "I {verb}", "I do not {verb}"),
        (r"would you like", "I would like", "I would not like"),
        (r"you(?: are|'re) (?P<verb>[a-z]+ing)", "I am {verb}", "I am not {verb}"),
        (r"you (?P<verb>mean|want|ask)", "I {verb}", "I do not {verb}"),
    )
)
"""Ways to ask for what the user means, and how he says and denies it; the first that fits counts."""

_INVERTED = re.compile(rf"^(?:so |and |or )?(?P<verb>{_AUXILIARY}) (?P<rest>.+)$", re.IGNORECASE)
_SUBJECT = re.compile(
    rf"^(?P<subject>{_PRONOUN}|{_DETERMINER}(?: (?!of\b)[\w'-]+){{1,4}}?(?: of (?:{_DETERMINER} )?[\w'-]+)?) "
    r"(?P<rest>(?:(?:about|in|on|at|for|from|with|by|after|before|during|not|a|an|the)\b|\w+(?:ing|ed)\b).*)$"
    rf"|^(?P<pronoun>{_PRONOUN}) (?P<more>.+)$",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"^(?:(?:so|and|or|but|oh|sorry|okay|by \S+,?) )*(?:\w+ )?{_WH}\b", re.IGNORECASE)
_OWN_SENTENCE = re.compile(rf"^(?:i\b|{_PRONOUN} (?:is|was|were|are|has|had|did|does|would|could)\b)", re.IGNORECASE)
_LOWERED = re.compile(
    rf"^(?:{_WH}|{_AUXILIARY}|{_DETERMINER}|{_PRONOUN}|in|on|at|for|from|with|by|to|of|about|after|before|during|"
    r"when|while|as|according|other|another|besides|both|all|not|no|some|any|inside|outside|under|first|\w+ly)\b",
    re.IGNORECASE,
)
_SIDES = re.compile(r"\b(?P<one>[a-z]+) or (?P<other>[a-z]+) (?P<rest>[^?]+)", re.IGNORECASE)
_SIDE = frozenset({"before", "after", "during", "inside", "outside", "above", "below", "with", "without"})
_SWAPPED = {"you": "I", "your": "my", "yours": "mine", "yourself": "myself"}
_SECOND_PERSON = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Meaning:
    """statement: what is meant, as the user says it. words: that say it; none where it only says what is not meant."""

    statement: str
    words: frozenset[str]


def meaning(intent: Intent) -> Meaning | None:
    """Return what is meant by an intent; None where its request has one reading."""
    if intent.clarifying_question is None or intent.reply is None:
        return None
    yes, rest = polarity(intent.reply)
    question = intent.clarifying_question
    if yes is None or (yes is False and rest):
        statement = _own_words(rest, question)
        return Meaning(statement, content(statement))
    if yes is False:
        return Meaning(as_statement(question, denied=True), frozenset())
    if _OWN_SENTENCE.match(rest) and content(rest):
        return Meaning(_ended(rest), content(rest))
    statement = as_statement(question)
    if content(rest) - content(question):
        statement = f"{statement} {_ended(rest)}"
    return Meaning(statement, content(statement))


def polarity(reply: str) -> tuple[bool | None, str]:
    """Return whether a reply begins with yes, with no, or with neither (None), and the rest of it."""
    reply = " ".join(reply.split())
    found = _POLAR.match(reply)
    after = found and _AFTER_POLAR.match(reply[found.end() :])
    if not found or not after:
        return None, reply
    return found["yes"] is not None, reply[found.end() + after.end() :]


def as_statement(question: str, denied: bool = False) -> str:
    """Return a question about the user's meaning as he says, or denies, that he means it."""
    question = " ".join(question.replace("’", "'").split())
    asked = [one for one in sentences(question) if is_clarifying_question(one)] or [question]
    for sentence in asked:
        for pattern, affirmed, denying in _FRAMES:
            found = pattern.match(sentence)
            if found and found["rest"].strip(" ?.!") and not _OPEN.match(sentence):
                frame = (denying if denied else affirmed).format(**found.groupdict())
                return _ended(f"{found['lead'] or ''}{frame} {_swapped(found['rest'].rstrip(' ?'))}")
    return _turned(asked[-1], denied)


def _turned(question: str, denied: bool) -> str:
    """Put the verb of a question behind its subject; where that cannot be told, the question stands in the reply."""
    bare = question.rstrip(" ?.!")
    found = _INVERTED.match(bare)
    parts = found and _SUBJECT.match(found["rest"])
    if found and parts:
        verb = found["verb"].lower() + (" not" if denied else "")
        subject, rest = parts["subject"] or parts["pronoun"], parts["rest"] or parts["more"]
        return _ended(_swapped(f"{subject} {verb} {rest}"))
    return _ended(f"{'It is not' if denied else 'It is'} this that I mean: {lowered(bare)}")


def _own_words(reply: str, question: str) -> str:
    if _OWN_SENTENCE.match(reply):
        return _ended(reply)
    whole = _whole(reply, question)
    first = whole.partition(" ")[0].strip(" ,.")
    plain = first.lower() in re.findall(r"\w+", question) and first not in question  # no name: the question has it
    return _ended(f"I mean {whole[0].lower() + whole[1:] if plain else lowered(whole)}")


def _whole(reply: str, question: str) -> str:
    """Return a reply that names one side of a choice ("Before.") with what the question says of both."""
    side = reply.strip(" .!?").lower()
    found = _SIDES.search(question)
    if side in _SIDE and found and side in (found["one"].lower(), found["other"].lower()):
        return f"{side} {found['rest']}"
    return reply


def lowered(text: str) -> str:
    """Return a text as it goes on inside a sentence; names keep their capitals."""
    return text[:1].lower() + text[1:] if _LOWERED.match(text) and not text[:2].isupper() else text


def _swapped(text: str) -> str:
    return _SECOND_PERSON.sub(lambda found: _SWAPPED[found[0].lower()], text)


def _ended(text: str) -> str:
    """Return a text as a sentence of its own."""
    text = text.strip().rstrip(",;:")
    text = text if re.search(r"[.!?][\"”')]*$", text) else f"{text}."
    return text[:1].upper() + text[1:]
