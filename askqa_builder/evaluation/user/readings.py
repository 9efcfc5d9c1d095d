"""Which of an item's readings a question proposes, told from the words in which they differ.

Where a question shares such words with two readings, brings in an order, a time or a negation of its own, or is mostly
about something else, nothing is taken to be proposed: a wrong "Yes" would send the model another way.
"""

from __future__ import annotations

from askqa_builder.evaluation.item import Intent, Item
from askqa_builder.evaluation.user.asked import Asked
from askqa_builder.evaluation.user.meaning import Meaning, meaning
from askqa_builder.evaluation.user.words import content, contrasts, sorts

_LEAST_SHARE = 0.5
"""Of the words that set a reading apart, those that a question must name to propose it, if it names no others."""

_MOST_FOREIGN = 0.5
"""Words of a question about something else, to one that is about a reading."""


class Readings:
    """The meanings of an item's intents, by their place among them; none where its request has one reading."""

    def __init__(self, item: Item) -> None:
        told = ((intent, meaning(intent)) for intent in item.intents)
        self.meanings: dict[int, Meaning] = {i.branch: m for i, m in told if i.branch is not None and m is not None}
        known = {branch: one.words for branch, one in self.meanings.items() if one.words}
        shared = frozenset.intersection(*known.values()) if len(known) > 1 else frozenset()
        self._words = known
        self._apart = {branch: words - shared for branch, words in known.items()}
        self._vocabulary = frozenset().union(*self._apart.values())
        asked = {intent.clarifying_question or "" for intent in item.intents}
        self._request = content(" ".join([item.question, *sorted(asked)]))

    def of(self, intent: Intent) -> Meaning | None:
        """Return what an intent means; None where its request has one reading."""
        return None if intent.branch is None else self.meanings.get(intent.branch)

    def proposed(self, asked: Asked) -> int | None:
        """Return the branch that a question proposes; None where it proposes none, several, or that is in doubt."""
        if asked.kind != "proposal":
            return None
        named = asked.words & self._vocabulary
        fitting = [branch for branch, apart in self._apart.items() if named == apart and self._is_about(branch, asked)]
        if not fitting and named:
            within = [branch for branch, apart in self._apart.items() if named < apart]
            fitting = [one for one in within if self._names_enough(one, asked)] if len(within) == 1 else []
        branch = fitting[0] if len(fitting) == 1 else None
        return None if branch is None or self._strays(branch, asked) else branch

    def offered(self, asked: Asked) -> list[int]:
        """Return the branches that a choice names by what only they mean; none where it is about something else."""
        about = asked.words & self._request.union(*self._words.values())
        if asked.kind != "choice" or len(asked.words - about) >= len(about):
            return []
        return [branch for branch, words in self._words.items() if asked.words & words - self._of_others(branch)]

    def contradicts(self, intent: Intent, asked: Asked) -> bool:
        """Tell whether a question proposes another place in an order, or another time, than an intent's."""
        told = self.of(intent)
        if asked.kind != "proposal" or told is None or contrasts(asked.words) - frozenset().union(*sorts(asked.words)):
            return False
        pairs = zip(sorts(told.words), sorts(asked.words), strict=True)
        return any(own and other and not own & other for own, other in pairs)

    def _of_others(self, branch: int) -> frozenset[str]:
        return frozenset().union(*(words for other, words in self._words.items() if other != branch))

    def _is_about(self, branch: int, asked: Asked) -> bool:
        """Whether a question that names all that sets a reading apart, if there is anything, is about that reading."""
        words = self._words[branch]
        return bool(asked.words & words) if self._apart[branch] else words <= asked.words

    def _names_enough(self, branch: int, asked: Asked) -> bool:
        apart = self._apart[branch]
        return not self._foreign(branch, asked) and len(asked.words & apart) >= _LEAST_SHARE * len(apart)

    def _strays(self, branch: int, asked: Asked) -> bool:
        """Whether too much of a question is about something else, or turns a meaning into another one."""
        foreign = self._foreign(branch, asked)
        return bool(contrasts(foreign)) or len(foreign) > _MOST_FOREIGN * (len(asked.words) - len(foreign))

    def _foreign(self, branch: int, asked: Asked) -> frozenset[str]:
        return asked.words - self._words[branch] - self._request
