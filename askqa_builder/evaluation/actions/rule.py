"""Tell a clarifying question from an answer, by rule: no model, no network, the same everywhere.

It does not go by question marks: some people write none, recognisers hear none, and answers quote questions. What
counts is what is said: either the user's own meaning is asked for ("do you mean", "which book are you referring to"),
or a sentence is built as a question ("when did what happen", "which one", "other than what position"). Only of a bare
choice ("the cake or the soup") nothing but its mark tells whether it asks. Quoted words are not the assistant's own
and are left out, and so are the offers with which chat models end their answers ("is there anything else"). For
English.

Written with the clarifying questions and answers of Abg-CoQA's test split in view; benchmarks/action_rule.py measures
how far it agrees with them.
"""

from __future__ import annotations

import re

from askqa_builder.corpus.conversation import Action

_QUOTED = re.compile(r"\"[^\"]*\"|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|''[^']*''|(?<!\w)'[^']*'(?!\w)|(?<!\w)‘[^‘’]*’(?!\w)")
"""None goes on over another opening mark: a text of nothing else would be read to its end from each of them."""
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s+|\n+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

_WH = r"(?:what|which|who|whom|whose|when|where|why|how)"
_AUXILIARY = (
    r"(?:do|does|did|is|are|am|was|were|has|have|had|can|could|will|would|shall|should|may|might|must|"
    r"don't|doesn't|didn't|isn't|aren't|wasn't|weren't|can't|couldn't|won't|wouldn't)"
)
_PRONOUN = r"(?:i|you|he|she|it|we|they|this|that|these|those|there)"
_MEANING = (
    r"(?:mean|meaning|asking|ask|want|wanting|referring|refer|talking|looking|interested|wondering|inquiring|"
    r"thinking|saying|speaking|after)"
)
_BETWEEN = ".{0,300}"
"""Not any number of characters: of a text of many thousand, each word would be looked at from each word."""

# a meaning of the user's that is asked for
_ASKS_FOR_THE_MEANING = re.compile(
    rf"\b{_AUXILIARY} you (?:perhaps |maybe |still |just |actually |really |by any chance )?{_MEANING}\b"
    rf"|\b(?:are|is|were) your? asking\b|^(?:so |or )?(?:are|were) asking\b"  # slips of annotators
    rf"|^(?:so |or |oh |and )?you (?:mean|are asking|want to know)\b"
    rf"|\b{_WH}\b{_BETWEEN} (?:do|did|are|were) you {_MEANING}\b"
    r"|\b(?:could|can|would|will) you (?:please |kindly )?(?:be (?:a (?:bit|little) )?more (?:specific|precise|clear)"
    r"|clarify|specify|elaborate|rephrase|explain what you|explain which"
    r"|tell me (?:more|which|what|who|whose|if|whether)|provide more|give me more|say which|repeat)\b"
    r"|^(?:please |kindly )(?:clarify|specify|elaborate|rephrase|be more specific|provide more"
    r"|tell me (?:which|what|who))\b"
    r"|\b(?:not|n't) (?:quite |entirely |really |completely )?(?:sure|certain|clear|know|understand|tell)\b"
    rf"(?: to me)? (?:exactly )?(?:about )?{_WH}\b{_BETWEEN} you\b"
    rf"|\b(?:unclear|ambiguous) (?:to me )?{_WH}\b{_BETWEEN} you\b"
    r"|\bneed (?:more|further|some|a bit more|a little more) (?:information|context|details?|clarification)\b"
    r"|^(?:your|the|this|that) question (?:is|seems) (?:unclear|ambiguous|not clear|a bit unclear)\b"
)

# a sentence built as a question
_BUILT_AS_A_QUESTION = re.compile(
    rf"^(?:(?:and|or|but|so|oh|sorry|okay|well|hmm) )*(?:"
    rf"(?:(?:in|on|at|by|to|of|from|for|with|about|according to|other than|besides|since|until) )?{_WH}\b"
    rf"(?: (?!if\b)\w+){{0,3}}? {_AUXILIARY} (?:{_PRONOUN}|the|a|an|his|her|its|their|my|your|what|who|which)\b"
    rf"|(?:who|what|which(?: \w+)?) (?:did|does|do|is|was|were|are) (?:what|who|whom|which)\b"  # two at once
    rf"|{_AUXILIARY} {_PRONOUN}\b(?! (?:is|was|are|were)\b)"
    rf"|(?:is|was|are|were) the \w+ (?:about|of|in|on|for)\b"
    rf"|{_WH}(?: (?:one|ones|kind|sort|type|time|part|person|else))?$"
    rf"|which \w+(?: \w+)?$"
    rf"|when (?:who|what|which)\b.*|{_WH} \w+ {_WH}$"
    rf")"
    # an echo: all but what is asked for is said again
    rf"|^(?:another|the other|other than|besides|according to|after|before|since|in|on|at|with|about|of|from|to|by|for)"
    rf"(?: \w+)? (?:{_WH}|{_WH} \w+)$"
)

_CHOICE = re.compile(r"^(?:\w+ ){1,5}or(?: \w+){1,5}$")

_OFFER = re.compile(
    r"\b(?:anything|something) else\b.{0,300}\b(?:help|assist|know|do for you|like)\b|\bwould you like me to\b"
    r"|\b(?:would you like|do you want|want) to (?:know|hear|learn) (?:more|anything)\b|\blet me know\b"
    r"|\b(?:does|did) (?:that|this) (?:help|answer)\b|\bhow (?:can|may) i (?:help|assist)\b"
    r"|\bhave (?:any )?(?:other|more|further) questions\b"
)


def is_clarifying_question(response: str) -> bool:
    """Tell whether an assistant's response asks what the user means, in any of its sentences."""
    return any(_asks(sentence) for sentence in _SENTENCE_END.split(_without_quotes(response)))


def action_of(response: str) -> Action:
    """Return what an assistant's response does."""
    return Action.CLARIFY if is_clarifying_question(response) else Action.ANSWER


def _without_quotes(response: str) -> str:
    """Leave quoted words out; a term in quotes inside a sentence leaves its place to be seen."""
    return _QUOTED.sub(" quoted ", response)


def _asks(sentence: str) -> bool:
    words = " ".join(_WORD.findall(sentence.replace("’", "'").lower()))
    if _OFFER.search(words):
        return False
    if sentence.rstrip().endswith("?") and _CHOICE.search(words):
        return True
    return bool(_ASKS_FOR_THE_MEANING.search(words) or _BUILT_AS_A_QUESTION.search(words))
