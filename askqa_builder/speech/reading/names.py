"""Rules for what stands for words: roman numerals, titles, abbreviations, initialisms, words in capitals."""

from __future__ import annotations

import re
from functools import lru_cache

from askqa_builder.speech.reading import tables
from askqa_builder.speech.reading.rule import BEFORE_A_SENTENCE, Rule, any_of, rule, shortened
from askqa_builder.speech.reading.words import cardinal, ordinal

_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_CANONICAL = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_LETTERS = "A-Z"
_VOWELS = re.compile("[AEIOUY]")
_SYLLABLES = re.compile(
    r"(?:(?:B[LR]?|C[HLR]?|D[RW]?|F[LR]?|G[HLR]?|H|J|K[NLR]?|L|M|N|P[HLR]?|QU|R|S[CHKLMNPQTW]?[LRH]?|T[HRW]?|V|W[HR]?|"
    r"Y|Z)?[AEIOUY]{1,2}(?:[BCDFGKLMNPRSTXZ]{0,2}(?=[BCDFGHJKLMNPQRSTVWYZ][AEIOUY]|$)))+"
)
"""What may be read as English syllables."""


def roman_value(numeral: str) -> int | None:
    """Return what a roman numeral stands for, None for letters that are none."""
    if not numeral or not _CANONICAL.fullmatch(numeral):
        return None
    values = [_ROMAN[letter] for letter in numeral]
    return sum(-one if one < following else one for one, following in zip(values, [*values[1:], 0], strict=True))


def _after_a_name(match: re.Match[str]) -> str:
    """Read the numeral of a ruler as an ordinal, that of a chapter, a war and the like as a number."""
    value = roman_value(match[1])
    before = match.string[max(match.start() - 24, 0) : match.start()]
    if value is None:
        return match.group()
    if _COUNTED_BEFORE.search(before):
        return f" {cardinal(str(value))}"
    if _RULER_BEFORE.search(before) and not (match[1] == "I" and _VERB_AFTER.match(match.string, match.end())):
        return f" the {ordinal(str(value))}"
    return match.group()


def _world_war(match: re.Match[str]) -> str:
    return f"World War {'one' if match[1] in ('I', '1', 'one') else 'two'}"


def _heading(match: re.Match[str]) -> str:
    value = roman_value(match[1])
    return match.group() if value is None else f"{cardinal(str(value))}. "


def _bare(match: re.Match[str]) -> str:
    value = roman_value(match.group())
    return match.group() if value is None else cardinal(str(value))


def _title(match: re.Match[str]) -> str:
    title = tables.TITLES[match[1].capitalize()]
    return title.upper() if match[1].isupper() else title


def _saint(match: re.Match[str]) -> str:
    return "Saint"


def _abbreviation(match: re.Match[str]) -> str:
    return tables.ABBREVIATIONS[match[1]] + ("." if match["stop"] is not None else "")


def _spelled(match: re.Match[str]) -> str:
    """Read a dotted initialism letter by letter; a full stop that also ends the sentence stays."""
    letters = " ".join(re.findall("[A-Z]", match[1].upper()))
    return letters + (match["plural"] or "") + ("." if match["stop"] is not None else "")


def _initial(match: re.Match[str]) -> str:
    return match.group().replace(".", "")


def is_spelled(word: str) -> bool:
    """Tell whether a word in capitals is read letter by letter."""
    if word in tables.LETTER_BY_LETTER:
        return True
    if word in tables.WORDS_IN_CAPITALS or word.lower() in tables.COMMON_WORDS or len(word) > 5:
        return False
    return len(word) <= 3 or not _SYLLABLES.fullmatch(word) or not _VOWELS.search(word)


def _in_capitals(match: re.Match[str]) -> str:
    """Read a word in capitals by its neighbours: among others it is loud or in a heading, alone an initialism."""
    word = match.group()
    if "&" in match.string[max(match.start() - 1, 0) : match.end() + 1]:
        return " ".join(word)
    others = _neighbours(match)
    if word in tables.WORDS_IN_CAPITALS or not others:
        return _alone(word, match.string)
    if word in tables.LETTER_BY_LETTER and word.lower() not in tables.COMMON_WORDS:
        return " ".join(word)
    loud = [other for other in (word, *others) if len(other) > 1 and not is_spelled(other)]
    if not loud:
        return _alone(word, match.string)
    return " ".join(word) if not _VOWELS.search(word) else word.capitalize()


def _neighbours(match: re.Match[str]) -> list[str]:
    """Return the words in capitals that stand directly before and after one."""
    before = _CAPITALS_BEFORE.search(match.string, max(match.start() - _NEAR, 0), match.start())
    after = _CAPITALS_AFTER.match(match.string, match.end(), match.end() + _NEAR)
    return [word for found in (before, after) if found for word in re.findall(r"[A-Z']+", found.group())]


@lru_cache(maxsize=1)
def _capitalised_words(text: str) -> frozenset[str]:
    """Return the words of a text that have a capital at their beginning only."""
    return frozenset(re.findall(r"\b[A-Z][a-z]*\b", text))


def _alone(word: str, text: str) -> str:
    if "'" not in word and is_spelled(word) and word.capitalize() not in _capitalised_words(text):
        return " ".join(word)
    return word.capitalize()  # engines spell out what is all capitals


def _plural(match: re.Match[str]) -> str:
    word = match[1]
    return f"{' '.join(word)}'s" if is_spelled(word) else f"{word.capitalize()}s"


_NEAR = 60
"""Characters on each side among which neighbours are looked for: a text all in capitals must not take for ever."""

_CAPITALS_BEFORE = re.compile(r"(?:\b[A-Z']+[ ,]{1,2})+$")
_CAPITALS_AFTER = re.compile(r"(?:[ ,]{1,2}[A-Z']+\b)+")
_TITLES = (*tables.TITLES, "MR", "MRS", "DR")
_NUMERAL = "[IVXLCM]+"
_COUNTED_BEFORE = re.compile(rf"\b(?i:{any_of(tables.NUMBERED)})$")
_RULER_BEFORE = re.compile(rf"\b{any_of((*tables.RULERS, *map(str.upper, tables.RULERS)))}$")
_VERB_AFTER = re.compile(rf" {any_of(tables.VERBS_AFTER_I)}\b")
_ABBREVIATION_STOP = rf"\.(?P<stop>{BEFORE_A_SENTENCE})?"

NAMES: tuple[Rule, ...] = (
    rule(
        "heading in roman numerals", rf"(?:^|(?<=\n\n))({_NUMERAL})(?:\.\s?|(?=\n)|$)", _heading, r"[IVXLCM](?:\.|\n|$)"
    ),
    rule("world war", r"\bWW ?(II|I|2|1|two|one)\b", _world_war, "WW"),
    rule("roman numeral after a name", rf" ({_NUMERAL})\b(?!'(?:m|ve|ll|d)\b)", _after_a_name, f" {_NUMERAL}\\b"),
    rule(
        "roman numeral",
        r"\b(?:II|III|IV|VI|VII|VIII|IX|XI{1,3}|XI?V|XVI{1,3}|XI?X|XXI{0,3}|XXI?V|XXVI{1,3}|XXX?I?X)\b",
        _bare,
        "[IVX]{2}",
    ),
    rule("saint", r"\bSt\.? (?=[A-Z][a-z])", "Saint ", r"St\.? "),
    rule("street", r"\b(?:St)\.(?=\s|,|$)", "Street", r"St\."),
    rule("title", rf"\b({any_of(_TITLES)})\.(?=\s[A-Z]|,|\s|$)", _title, shortened(_TITLES)),
    rule(
        "title without its stop",
        rf"\b({any_of(tables.TITLES_WITHOUT_STOP)})(?=\s[A-Z][a-z])",
        _title,
        "(?:Mr|Mrs|Ms|Dr|Prof|Sgt|Lt|Capt|Jr|Sr) ",
    ),
    rule(
        "latin", rf"\b({any_of(tables.LATIN)})(?![a-z])", lambda match: tables.LATIN[match[1]], r"[ieg]\.[ge]|a\.?k\.?a"
    ),
    rule(
        "abbreviation",
        rf"\b({any_of(tables.ABBREVIATIONS)}){_ABBREVIATION_STOP}",
        _abbreviation,
        shortened(tables.ABBREVIATIONS),
    ),
    rule(
        "dotted initialism",
        rf"\b((?:[A-Za-z]\.){{2,}}[A-Za-z]?|[A-Z][a-z]\.[A-Z]\.)(?P<plural>'?s\b)?(?P<stop>(?<=\.){BEFORE_A_SENTENCE})?",
        _spelled,
        r"\.[A-Za-z]",
    ),
    rule("initial", r"(?<![A-Z] )\b[A-Z]\.(?= ?[A-Z])", _initial, r"[A-Z]\. ?[A-Z]"),
    rule("plural of an initialism", r"\b([A-Z]{2,5})s\b", _plural, "[A-Z]{2}s"),
    rule(
        "word in capitals",
        r"[A-Z](?<![A-Za-z'].)(?:[A-Z]+(?:'[A-Z]+)*(?![A-Za-z])|'[A-Z]+\b)",
        _in_capitals,
        r"[A-Z]'?[A-Z]",
    ),
)
