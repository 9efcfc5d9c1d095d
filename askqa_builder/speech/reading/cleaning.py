"""Rules that mend a source text: encoding, spaces, quotes, brackets, dashes, and what is written but not read."""

from __future__ import annotations

import html
import re

from anyascii import anyascii

from askqa_builder.speech.reading import tables
from askqa_builder.speech.reading.rule import Rule, any_of, beyond_ascii, rule

_QUOTES = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "´": "'", "`": "'", "′": "'"}

_MONTH = any_of(tables.MONTH_NAMES)

_FOREIGN = "\u0250-\u02ff\u0300-\u036f\u0370-\u1dff\u2c00-\u2c5f\u2c80-\u2dff\u2e80-\ua6ff\ua800-\ufaff\ufb13-\ufdff\ufe70-\uff00"  # noqa: E501
"""Characters of other scripts than Latin, and of the International Phonetic Alphabet."""

_FOREIGN_CHARACTER = re.compile(f"[{_FOREIGN}]")
_LABEL = r"(?:audio\b|help\s?·|tr\.|lit\.|romani[sz]ed|pronounced|pronunciation|IPA|transliterated|listen)"


def _has_foreign(text: str) -> bool:
    return not text.isascii() and _FOREIGN_CHARACTER.search(text) is not None


def _mended(match: re.Match[str]) -> str:
    from ftfy import fix_encoding

    mended: str = fix_encoding(match.group())
    return mended


def _folded(match: re.Match[str]) -> str:
    letters = anyascii(match.group())
    among_capitals = match.string[match.end() : match.end() + 1].isupper() and match.group().isupper()
    return letters.upper() if among_capitals else letters


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _white_space(match: re.Match[str]) -> str:
    return "\n\n" if match.group().count("\n") > 1 else " "


def _dropped_in_brackets(match: re.Match[str]) -> str:
    """Drop parts of a bracket that cannot be read: "(Russian: Лев; 1828-1910)" is "(; 1828-1910)"."""
    before = match.string[max(match.start() - 300, 0) : match.start()]
    return "" if max(map(before.rfind, "([")) > max(map(before.rfind, ")]")) else match.group()


def _foreign_word(match: re.Match[str]) -> str:
    letter = tables.GREEK.get(match.group())
    return letter or ""


def _beside_quotation(match: re.Match[str]) -> str:
    """Put the space before a quotation mark that opens, and after one that closes."""
    paragraph = match.string.rfind("\n\n", 0, match.start()) + 1
    return ' "' if match.string.count('"', paragraph, match.start()) % 2 == 0 else '" '


def _dateline(match: re.Match[str]) -> str:
    place, agency = match["place"], match["agency"]
    return f"{place.rstrip(' ,')}, {agency}, " if place else f"{agency}, "


def _web(match: re.Match[str]) -> str:
    address = re.sub(r"^https?://", "", match.group()).rstrip("/")
    address = re.sub(r"^www\.", "W W W dot ", address)
    for sign, word in ((".", " dot "), ("/", " slash "), ("@", " at "), ("_", " underscore "), ("-", " dash ")):
        address = address.replace(sign, word)
    return address


def _exclaimed(match: re.Match[str]) -> str:
    return "?" if "?" in match.group() else "!"


CLEANING: tuple[Rule, ...] = (
    rule("mojibake", r"[^\x00-\x7f]{2,}", _mended, beyond_ascii),
    rule("character entity", r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});", _entity, "&"),
    rule(
        "letter with a mark",
        "[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff\ufb00-\ufb06]",
        _folded,
        beyond_ascii,
    ),
    rule("digit of another script", r"(?![0-9])\d", lambda match: str(int(match.group())), beyond_ascii),
    rule("lost apostrophe", r"(?<=[a-z])\ufffd+(?=[a-z])", "'", "\ufffd"),
    rule(
        "invisible character",
        "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u00ad\ufffd]+",
        "",
        "[\u00ad\u200b-\ufffd]",
    ),
    # every later rule meets two characters of white space at most: patterns that begin with it are quadratic in runs
    rule("white space", r"\s{2,}|[^\S ]", _white_space),
    rule("quotation mark", "[" + "".join(_QUOTES) + "]", lambda match: _QUOTES[match.group()], f"[{''.join(_QUOTES)}]"),
    rule("doubled apostrophe", r"''+", '"', "''"),
    rule("escaped character", r"\\+[nrt](?![a-z])|\\+(?![\"'])", " ", r"\\"),
    rule("escaped quotation mark", r"\\+", "", r"\\"),
    rule("tag", r"</?[a-zA-Z][^<>\n]{0,60}>", " ", "<"),
    rule("reference mark", r"\[(?:\d{1,3}|[a-z]|edit|citation needed|note \d+|sic)\]", "", r"\["),
    rule("phonemes", rf"/[^/\s]{{0,40}}[{_FOREIGN}][^/\n]{{0,40}}/", "", _has_foreign),
    rule(
        "foreign part of a bracket",
        rf"(?<=[(\[;,])[^()\[\];,\n]{{0,120}}[{_FOREIGN}][^()\[\];,\n]{{0,120}}",
        _dropped_in_brackets,
        _has_foreign,
    ),
    rule("foreign label", rf"(?<=[(\[;,])\s?{_LABEL}[^()\[\];,\n]{{0,120}}", _dropped_in_brackets, r"[(\[]"),
    rule("foreign word", rf"[^\s\x00-\x7f]*[{_FOREIGN}][^\s\x00-\x7f]*", _foreign_word, _has_foreign),
    rule("empty bracket", r"[ ]?\([\s,;:.\"'-]*(?:\b(?:or|and)\b[\s,;:.\"'-]*)?\)|[ ]?\[\s*\]", "", r"[(\[]"),
    rule(
        "missing space after a sentence",
        r"(?<=[a-z0-9][.?!])(?=[A-Z][a-z])|(?<=[a-z][?!])(?=[a-z])",
        " ",
        "[.?!][A-Za-z]",
    ),
    rule("letter l as a digit", r"(?<=[a-z])1(?=[a-z])|\b1(?=(?!st)[a-z]{3})", "l", "1[a-z]"),
    rule("missing space after an ordinal", r"(?<=\d(?:st|nd|rd|th))(?=[a-z]{3})", " ", "[0-9](?:st|nd|rd|th)"),
    rule(
        "missing space beside a quotation mark",
        r"(?<=[a-z][.?!,])\"(?=[A-Za-z])",
        _beside_quotation,
        r"[.?!,]\"[A-Za-z]",
    ),
    rule("missing space after a comma", r"(?<=[A-Za-z)\"][,;])(?=[A-Za-z\"(])(?!\"(?:\s|$))", " ", r"[,;][A-Za-z\"(]"),
    rule("split word", r"(?<=[a-z])- (?=(?:less|ness|ment|ing|tion|sion|able|ful|ly|ed)\b)", "", "- "),
    rule("split hyphen", r"(?<=[a-z]{2})- (?=(?!and\b|or\b|to\b)[a-z]{2})", "-", "- "),
    rule("dates run together", rf"(?<=\d\d\d\d)(?=\d{{1,2}} {_MONTH} \d{{4}})", " to ", "[0-9]{5}"),
    rule(
        "dash between dates",
        rf"(?<=\d\d\d)\s?(?:[–—-]|--)\s?(?={_MONTH} \d|\d{{1,2}} {_MONTH}\b)",
        " to ",
        "[0-9]\\s?[–—-]",
    ),
    rule("dash between numbers", r"(?<=\d)\s?(?:[–—−]|--)\s?(?=\d)", "-", "[0-9]\\s?(?:--|[–—−])"),
    rule(
        "dateline",
        r"(?:^|(?<=\n\n))\"?(?P<place>[A-Z][A-Za-z.,' /-]{0,60}?)?"
        rf"\s?\((?P<agency>{any_of(tables.AGENCIES)})\)\s?(?:--?|[—–])?\s?",
        _dateline,
        r"\((?:C|A|R|U|B)",
    ),
    rule("bullet", r"\s{0,2}[•·▪●◦‣]\s{0,2}|(?<=\n)\*\s", ", ", "[•·▪●◦‣*]"),
    rule("dash", r"[—–―-](?:(?<!-)|-+|(?<=\s-)(?=\s)|(?<=[a-z]\s-)(?=[a-z]))\s{0,2}", ", ", "[—–―]|-[-\\s]|\\s-"),
    rule("web address", r"\b(?:https?://|www\.)[\w./@-]+[\w/]|\b[\w.-]+@[\w-]+\.[\w.]*\w", _web, "@|://|www"),
    rule(
        "web name",
        rf"\b[A-Za-z][\w-]*(?:\.[\w-]+)?\.{any_of(tables.WEB_ENDINGS)}\b(?!\.\w)",
        _web,
        rf"\.{any_of(tables.WEB_ENDINGS)}\b",
    ),
    rule("cloze blank", r"(?<!\S)_+(?![^\s.,;:!?'\")])|(?<=[\"'(])_+(?=[\s.,;:!?'\")])", "blank", "_"),
    rule("emphasis mark", r"_+", " ", "_"),
    rule("optional plural", r"(?<=[a-z])\((e?s)\)", lambda match: match[1], r"\("),
    rule("opening bracket", r"\s?\(\s?", ", ", r"\("),
    rule("closing bracket", r"\s?\)(?=\s?[A-Za-z0-9$£€\"'])", ", ", r"\)"),
    rule("closing bracket before a stop", r"\s?\)", "", r"\)"),
    rule("ellipsis before a sentence", r"(?:\.{2,}|…|\. \.(?: \.)*)(?=\s?(?:[A-Z\"]|$))", ".", r"\.\s?\.|…"),
    rule("ellipsis", r"(?:\.{2,}|…|\. \.(?: \.)*)\s?", ", ", r"\.\s?\.|…"),
    rule("repeated mark", r"[!?](?:\s?[!?])+", _exclaimed, r"[!?]\s?[!?]"),
)
