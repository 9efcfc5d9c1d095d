"""Rules for what has digits in it: dates, times, money, measures, ranges and scores, years, plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from askqa_builder.speech.reading import tables
from askqa_builder.speech.reading.rule import BEFORE_A_SENTENCE, Rule, any_of, rule
from askqa_builder.speech.reading.words import cardinal, decade, decimal, digit_by_digit, ordinal, year

_DIGITS = "[0-9]"
_WHOLE = r"\d{1,3}(?:,\d{3})+(?!\d|,\d)|\d+"
_NUMBER = rf"(?:(?:{_WHOLE})(?:\.\d+)?|\.\d+)"
_MONTH = any_of((*tables.MONTH_NAMES, *tables.MONTHS)) + r"\b\.?"
_YEAR = r"(?:1\d|20)\d\d(?![\d%])(?!,\d)(?!\.\d)"
_DAYS = r"(\d{1,2})(?:st|nd|rd|th)?(?:\s?[-–]\s?(\d{1,2})(?:st|nd|rd|th)?)?"
_MAGNITUDE = any_of(tables.MAGNITUDES)
_CURRENCY = any_of((*tables.CURRENCY_PREFIXES, *tables.CURRENCIES))
_UNIT = any_of(tables.UNITS)


def _month(name: str) -> str:
    return tables.MONTHS.get(name.rstrip("."), name.rstrip("."))


def _month_first(match: re.Match[str]) -> str:
    month, first, last, comma, when = match.groups()
    day = ordinal(first) + (f" to {ordinal(last)}" if last else "")
    return f"{_month(month)} {day}" + (f"{comma or ''} {year(when)}" if when else "")


def _day_first(match: re.Match[str]) -> str:
    article, first, last, month, comma, when = match.groups()
    day = ordinal(first) + (f" to {ordinal(last)}" if last else "")
    return f"{article or 'the '}{day} of {_month(month)}" + (f"{comma or ''} {year(when)}" if when else "")


def _slashed(match: re.Match[str]) -> str:
    month, day, when = int(match[1]), match[2], match[3]
    if not 1 <= month <= 12 or not 1 <= int(day) <= 31:
        return match.group()
    if len(when) == 2:
        when = f"{'20' if int(when) < 30 else '19'}{when}"
    return f"{tables.MONTH_NAMES[month - 1]} {ordinal(day)}, {year(when)}"


_HALVES = {"a": "A M", "p": "P M"}


def _time(match: re.Match[str]) -> str:
    hour, point, minute, half = match["hour"], match["point"], match["minute"], match["half"]
    is_time = int(hour) <= 24 and (not minute or int(minute) < 60) and (half or point == ":")
    if not is_time:
        return match.group()
    words = cardinal(str(int(hour)))
    if minute and int(minute):
        words += f" {'oh ' if int(minute) < 10 else ''}{cardinal(str(int(minute)))}"
    elif not half:
        words += " o'clock" if 0 < int(hour) <= 12 else " hundred"
    return words + (f" {_HALVES[half.lower()]}" if half else "") + ("." if match["stop"] else "")


def _names_a_price(match: re.Match[str]) -> bool:
    """Tell whether a sum stands before what it is the price of: a ten thousand dollar fine."""
    before = match.string[max(match.start() - 8, 0) : match.start()]
    after = re.match(r"-[a-z]|[ ]([a-z]+)", match.string[match.end() : match.end() + 20])
    if after is None:
        return False
    if after[1] is None or after[1] in tables.PRICED:
        return True
    return bool(re.search(r"\b(?:an?|the|his|her|its|their|this|each|every) $", before)) and (
        after[1] not in tables.AFTER_A_SUM
    )


def _money(match: re.Match[str]) -> str:
    sign, number, last, magnitude = match["sign"], match["number"], match["last"], match["magnitude"]
    one, many, cent, cents = tables.CURRENCIES[tables.CURRENCY_PREFIXES.get(sign, sign)]
    to = f" to {decimal(last)}" if last else ""
    if magnitude:
        unit = one if _names_a_price(match) else many
        return f"{decimal(number)}{to} {tables.MAGNITUDES[magnitude.strip(' -')]} {unit}"
    whole, _, part = number.partition(".")
    if len(part) != 2 or to:
        return f"{decimal(number)}{to} {one if (number == '1' and not to) or _names_a_price(match) else many}"
    spoken = [f"{cardinal(whole)} {one if whole == '1' else many}"] if whole not in ("", "0") else []
    if int(part) or not spoken:
        spoken.append(f"{cardinal(str(int(part)))} {cent if int(part) == 1 else cents}")
    return " ".join(spoken)


def _measure(match: re.Match[str]) -> str:
    number, last, unit = match["number"], match["last"], match["unit"]
    one, many = tables.UNITS[unit]
    to = f" to {decimal(last)}" if last else ""
    singular = (number == "1" and not last) or match["joint"] == "-"
    return f"{decimal(number)}{to} {one if singular else many}"


def _range(match: re.Match[str]) -> str:
    """Read two numbers with a hyphen between, a range or a score."""
    first, last = match[1], match[2]
    if re.fullmatch(_YEAR, first) and (len(last) == 2 or re.fullmatch(_YEAR, last)):
        return f"{year(first)} to {year(last) if len(last) == 4 else cardinal(last)}"
    return f"{decimal(first)} to {decimal(last)}"


def _of_each(match: re.Match[str]) -> str:
    one = tables.UNITS[match["unit"]][0]
    return f" per {one}" if match.group().startswith("/") else one


def _ancient(match: re.Match[str]) -> str:
    first, last = match[1] or match[3], match[2] or match[4]
    return year(first) + (f" to {year(last)}" if last else "")


def _telephone(match: re.Match[str]) -> str:
    return ", ".join(digit_by_digit(part) for part in re.split(r"\D+", match.group()) if part)


def _fraction(match: re.Match[str]) -> str:
    whole, above, below = match[1], int(match[2]), int(match[3])
    if not 0 < above < below <= 100:
        return match.group()
    halves = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    one, many = halves.get(below, (ordinal(str(below)), ordinal(str(below)) + "s"))
    part = f"{cardinal(str(above))} {one if above == 1 else many}"
    return f"{cardinal(whole[:-1])} and {part.replace('one ', 'a ', 1)}" if whole else part


def _vulgar(match: re.Match[str]) -> str:
    part = tables.FRACTIONS[match[2]]
    return f"{cardinal(match[1])} and {part.replace('one ', 'a ', 1)}" if match[1] else f" {part}"


def _ordinal(match: re.Match[str]) -> str:
    return ordinal(match[1])


def _with(read: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    return lambda match: read(match.group())


NUMBERS: tuple[Rule, ...] = (
    rule("circa", r"\bca?\. ?(?=\d)", "circa ", r"c\.|ca\."),
    rule("page", r"\bp\. ?(?=\d)", "page ", r"p\. ?[0-9]"),
    rule(
        "date with its month first",
        rf"\b({_MONTH}) {_DAYS}(?![\d:.,%]\d|\d)(?:(,)? ({_YEAR}))?",
        _month_first,
        _DIGITS,
    ),
    rule(
        "date with its day first",
        rf"\b([Tt]he )?{_DAYS} (?:of )?({any_of((*tables.MONTH_NAMES, *tables.MONTHS))})\b(?:(,)? ({_YEAR}))?",
        _day_first,
        _DIGITS,
    ),
    rule("date with slashes", r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)?\d\d)(?![\d/])", _slashed, "/[0-9]"),
    rule(
        "time",
        r"(?<![\d:.,])(?P<hour>\d{1,2})(?:(?P<point>[:.])(?P<minute>\d\d)(?![\d:]))?"
        rf"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\b(?:(?P<stop>\.{BEFORE_A_SENTENCE})|\.)?)?",
        _time,
        _DIGITS,
    ),
    rule(
        "money",
        rf"(?P<sign>{_CURRENCY})\s?(?P<number>{_NUMBER})"
        rf"(?:\s?(?:-|–|to)\s?{_CURRENCY}?(?P<last>{_NUMBER})(?=\s?{_MAGNITUDE}\b))?"
        rf"(?P<magnitude>[\s-]?{_MAGNITUDE}\b)?",
        _money,
        f"[{''.join(tables.CURRENCIES)}]",
    ),
    rule("cents", r"\b(\d+)\s?¢", lambda match: f"{cardinal(match[1])} {'cent' if match[1] == '1' else 'cents'}", "¢"),
    rule(
        "measure",
        rf"(?<![\d.,A-Za-z])(?P<number>[-−]?{_NUMBER})(?:\s?(?:-|–|to)\s?(?P<last>{_NUMBER}))?"
        rf"(?P<joint>-|\s?)(?P<unit>{_UNIT})(?![A-Za-z0-9²³'’])",
        _measure,
        _DIGITS,
    ),
    rule("measure of each", rf"(?:(?<=\bper )|(?<=[a-z])/)(?P<unit>{_UNIT})(?![A-Za-z0-9²³'’])", _of_each, "per |/"),
    rule(
        "telephone number",
        r"(?<![\d-])(?:\(?\d{3}\)?[- ])?\d{3}-\d{4}(?![\d-])|(?<![\d-])1-\d{3}-\d{3}-\d{4}(?![\d-])",
        _telephone,
        "-[0-9]{4}",
    ),
    rule(
        "year of three digits",
        r"(?<![\w.,$])(\d{3})(?:-(\d{1,3}))?(?= ?(?:BCE?|CE|AD|B\.C|A\.D)\b)"
        r"|(?<=B\.C\. |A\.D\. )(\d{3})(?:-(\d{3}))?(?![\d,])",
        _ancient,
        "BC|CE|AD|B\\.C|A\\.D",
    ),
    rule(
        "ratio",
        rf"(?<![\w.,:])({_NUMBER})\s?:\s?({_NUMBER})(?![\w:]|\.\d)",
        lambda match: f"{decimal(match[1])} to {decimal(match[2])}",
        ":[0-9 ]",
    ),
    rule("range or score", rf"(?<![\w.,/-])({_NUMBER})\s?[-–]\s?({_NUMBER})(?![\w/-]|\.\d)", _range, "[0-9] ?[-–]"),
    rule("numbering", r"\b([Nn])os?\. ?(?=\d)", lambda match: f"{'N' if match[1] == 'N' else 'n'}umber ", _DIGITS),
    rule("mixed fraction", r"(?:(?<![\d/.,])(\d+)[\s-]?)?([½⅓⅔¼¾⅛⅜⅝⅞])", _vulgar, "[½⅓⅔¼¾⅛⅜⅝⅞]"),
    rule("fraction", r"(?<![\d/.,])(\d+[\s-])?(\d{1,2})/(\d{1,3})(?![\d/])", _fraction, "/[0-9]"),
    rule("decade", r"(?<![\w.,])['‘’]?((?:1\d|20)\d0|[2-9]0)(?:['’]s|s)\b", lambda match: decade(match[1]), _DIGITS),
    rule("four digits of a number", rf"(?<![\w.,])(\d{{4}})(?= {any_of(tables.COUNTED)}\b)", _with(cardinal), _DIGITS),
    rule("year", rf"(?<![\w.,$]){_YEAR}(?![A-Za-z])", _with(year), _DIGITS),
    rule(
        "short year",
        r"(?<![\w])['’](\d\d)(?!\w)",
        lambda match: ("oh " if match[1][0] == "0" else "") + cardinal(str(int(match[1]))),
        "['’][0-9]",
    ),
    rule("ordinal", rf"(?<![\w.,])({_WHOLE})(?:st|nd|rd|th|ST|ND|RD|TH)\b", _ordinal, _DIGITS),
    rule("hyphen between letters and digits", r"-(?<=[A-Za-z]-)(?=\d)", " ", "-[0-9]"),
    rule("letters and digits", r"\d(?<=[A-Za-z].)", lambda match: f" {match.group()}", _DIGITS),
    rule("digits and letters", r"(?<=\d)-(?=[A-Za-z])", " ", "[0-9]-"),
    rule("digits before letters", r"(?<=\d)(?=[A-Za-z])", " ", "[0-9][A-Za-z]"),
    rule("negative number", rf"(?<![\w'-])[-−](?={_NUMBER})", "minus ", "[-−][0-9.]"),
    rule(
        "version",
        r"(?<![\d.])\d+(?:\.\d+){2,}(?![\d.])",
        lambda match: " point ".join(map(cardinal, match.group().split("."))),
        r"\.[0-9]+\.",
    ),
    rule("number", rf"(?<!\d){_NUMBER}", lambda match: decimal(match.group()), _DIGITS),
)
