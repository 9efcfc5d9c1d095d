"""Each rule of reading by cases, in the order of the rules; none is there without changing what is said."""

from __future__ import annotations

from functools import reduce

import pytest

from askqa_builder.speech import reading
from askqa_builder.speech.reading import RULES, read_aloud
from askqa_builder.speech.reading.names import is_spelled, roman_value
from askqa_builder.speech.spoken_text import SpokenText

CASES = {
    "mojibake": [("She didnâ€™t", "She didn't."), ("a cafÃ© bar", "a cafe bar.")],
    "character entity": [("Tom &amp; Ann", "Tom and Ann."), ("a &#39;b&#39;", "a 'b'.")],
    "letter with a mark": [("Café naïve Łódź", "Cafe naive Lodz."), ("CÆSAR came", "Caesar came.")],
    "digit of another script": [("٣ cats", "three cats.")],
    "lost apostrophe": [("didn\ufffdt", "didn't.")],
    "invisible character": [("19\u200b86 soft\u00adhyphen \ufeffmark", "nineteen eighty six softhyphen mark.")],
    "white space": [("May\n5", "May fifth."), ("two  blanks", "two blanks.")],
    "quotation mark": [
        ("“Hi,” she said. ‘No.’", "\"Hi,\" she said. 'No.'"),
        ("didn`t didn’t didn´t", "didn't didn't didn't."),
    ],
    "doubled apostrophe": [("''quoted''", '"quoted".')],
    "escaped character": [(r"one\n two a\b", "one two a b.")],
    "escaped quotation mark": [(r"He said \"no\" to Ann\'s", "He said \"no\" to Ann's.")],
    "tag": [("one<br/>two <i>three</i>", "one two three.")],
    "reference mark": [("said so.[3] Then[citation needed] he", "said so. Then he.")],
    "phonemes": [("Feynman /ˈfaɪnmən/ was", "Feynman was.")],
    "foreign part of a bracket": [
        ("Lev (Russian: Лев; 1828-1910) was", "Lev, eighteen twenty eight to nineteen ten, was."),
        ("Lev (Лев) was", "Lev was."),
        ("said (pronounced [bɛn], a boy) so", "said, a boy, so."),
    ],
    "foreign label": [("Lev (Лев, tr. Lyov; a name) was", "Lev, a name, was.")],
    "foreign word": [("the word мир means peace", "the word means peace."), ("an α ray", "an alpha ray.")],
    "empty bracket": [("Ann () sat ( , or ) down", "Ann sat down.")],
    "missing space after a sentence": [("It ends.The next", "It ends. The next."), ("Why?he said", "Why? he said.")],
    "letter l as a digit": [("usua1ly he 1eft", "usually he left.")],
    "missing space after an ordinal": [("the 21stcentury", "the twenty first century.")],
    "missing space beside a quotation mark": [
        ('"It ends."Then he', '"It ends." Then he.'), ('He said,"Yes."', 'He said, "Yes."'),
    ],
    "missing space after a comma": [("red,green;blue", "red, green; blue."), ("1,200", "one thousand two hundred.")],
    "split word": [("a wire- less set", "a wireless set.")],
    "split hyphen": [("a well- known man", "a well-known man."), ("two- and three-part", "two- and three-part.")],
    "dates run together": [
        ("(25 April 15993 September 1658)", "the twenty fifth of April fifteen ninety nine to the third of September "
         "sixteen fifty eight."),
    ],
    "dash between dates": [
        ("May 11, 1918 – June 15, 1988", "May eleventh, nineteen eighteen to June fifteenth, nineteen eighty eight."),
    ],
    "dash between numbers": [("1725--1760", "seventeen twenty five to seventeen sixty."), ("5–6", "five to six.")],
    "dateline": [
        ("(CNN) -- The mayor", "C N N, The mayor."),
        ("LIMA, Peru (CNN) -- The mayor", "Lima, Peru, C N N, The mayor."),
        ("\"LIMA, Peru (CNN) - \"We", "Lima, Peru, C N N, \"We."),
    ],
    "bullet": [("buy: • eggs • milk", "buy, eggs, milk.")],
    "dash": [("one -- two—three – four - five", "one, two, three, four, five."), ("well-known", "well-known.")],
    "web address": [
        ("see www.example.com/help", "see W W W dot example dot com slash help."),
        ("to ann_lee@example.org", "to ann underscore lee at example dot org."),
    ],
    "web name": [("on Example.com today", "on Example dot com today."), ("The end.No", "The end. No.")],
    "cloze blank": [("He went to ___ .", "He went to blank."), ("_ is it", "blank is it."), ('"_."', '"blank."')],
    "emphasis mark": [("_really_ snake_case", "really snake case.")],
    "optional plural": [("the boy(s)", "the boys.")],
    "opening bracket": [("It (the dog) ran", "It, the dog, ran.")],
    "closing bracket": [("DJs(disc jockeys) play", "D J's, disc jockeys, play.")],
    "closing bracket before a stop": [("It ran (the dog).", "It ran, the dog.")],
    "ellipsis before a sentence": [("wait… Now", "wait. Now."), ("wait . . . ", "wait.")],
    "ellipsis": [("wait...and see", "wait, and see.")],
    "repeated mark": [("No!! Why?!", "No! Why?")],
    "circa": [("c. 1900", "circa nineteen hundred.")],
    "page": [("on p. 5", "on page five.")],
    "date with its month first": [
        ("May 5, 1957, he", "May fifth, nineteen fifty seven, he."),
        ("Sept. 3rd", "September third."),
        ("on June 5-7", "on June fifth to seventh."),
        ("in May 1957", "in May nineteen fifty seven."),
        ("in May 200 men", "in May two hundred men."),
    ],
    "date with its day first": [
        ("on 5 May 1957", "on the fifth of May nineteen fifty seven."),
        ("the 5th of May", "the fifth of May."),
    ],
    "date with slashes": [
        ("on 3/4/1998", "on March fourth, nineteen ninety eight."),
        ("7/24/09", "July twenty fourth, two thousand nine."),
    ],
    "time": [
        ("at 7:30", "at seven thirty."),
        ("at 7:05 p.m. on", "at seven oh five P M on."),
        ("by 7 p.m. They", "by seven P M. They."),
        ("7:00", "seven o'clock."),
        ("at 10.30 am", "at ten thirty A M."),
        ("at 17:00", "at seventeen hundred."),
        ("3.14", "three point one four."),
        ("99:99", "ninety nine to ninety nine."),
    ],
    "money": [
        ("$5", "five dollars."),
        ("$1 and £1", "one dollar and one pound."),
        ("$5.2 million", "five point two million dollars."),
        ("$2.50 or $0.99", "two dollars fifty cents or ninety nine cents."),
        ("£1,300 and €4", "one thousand three hundred pounds and four euros."),
        ("US$5bn", "five billion dollars."),
        ("$5-10 million", "five to ten million dollars."),
        ("a $10,000 fine", "a ten thousand dollar fine."),
        ("the $10,000 he stole", "the ten thousand dollars he stole."),
        ("about $23,000--in cash", "about twenty three thousand dollars, in cash."),
        ("¥5", "five yen."),
    ],
    "cents": [("50¢ or 1¢", "fifty cents or one cent.")],
    "measure": [
        ("5 km or 1 kg", "five kilometers or one kilogram."),
        ("30 °C and -5° F", "thirty degrees celsius and minus five degrees fahrenheit."),
        ("a 5-km run of 10-12 mi", "a five kilometer run of ten to twelve miles."),
        ("60mph", "sixty miles per hour."),
    ],
    "measure of each": [
        ("two people per km²", "two people per square kilometer."),
        ("people/km2", "people per square kilometer."),
    ],
    "telephone number": [("call 555-0123", "call five five five, zero one two three.")],
    "year of three digits": [
        ("(356-323 BC)", "three fifty six to three twenty three B C."),
        ("in 605 AD", "in six oh five A D."),
    ],
    "ratio": [("16:9 is 1.78:1", "sixteen to nine is one point seven eight to one.")],
    "range or score": [
        ("won 59-8", "won fifty nine to eight."),
        ("1957-61", "nineteen fifty seven to sixty one."),
        ("1914-1918", "nineteen fourteen to nineteen eighteen."),
        ("pages 10-12", "pages ten to twelve."),
    ],
    "numbering": [("No. 5 and nos. 6", "Number five and number six.")],
    "mixed fraction": [("2½ and ¾", "two and a half and three quarters.")],
    "fraction": [
        ("7-1/2 inches", "seven and a half inches."),
        ("1/2 or 2/3 or 1 1/4", "one half or two thirds or one and a quarter."),
        ("24/7", "twenty four seven."),
    ],
    "decade": [
        ("the 1990s and '60s", "the nineteen nineties and sixties."),
        ("1900s", "nineteen hundreds."),
        ("the 1960's", "the nineteen sixties."),
    ],
    "four digits of a number": [("1986 people", "one thousand nine hundred eighty six people.")],
    "year": [
        ("in 1986", "in nineteen eighty six."),
        ("1905 1900 2000 2008 2010 1066", "nineteen oh five nineteen hundred two thousand two thousand eight twenty "
         "ten ten sixty six."),
    ],
    "short year": [("the class of '99", "the class of ninety nine.")],
    "ordinal": [("1st 2nd 3rd 22nd 100th", "first second third twenty second one hundredth.")],
    "hyphen between letters and digits": [("an F-16", "an F sixteen.")],
    "letters and digits": [("a B52", "a B fifty two.")],
    "digits and letters": [("a 7-year-old", "a seven year-old.")],
    "digits before letters": [("4x4", "four x four.")],
    "negative number": [("it was -5", "it was minus five.")],
    "version": [("1.2.3", "one point two point three.")],
    "number": [
        ("3.14 and .5", "three point one four and zero point five."),
        ("2,345", "two thousand three hundred forty five."),
        ("0 and 007", "zero and zero zero seven."),
        ("1234567890123456", "one two three four five six seven eight nine zero one two three four five six."),
    ],
    "heading in roman numerals": [("XIV. THE DOOR", "fourteen. The Door."), ("I\n\nHe came", "one. He came.")],
    "world war": [("in WWII and WW1", "in World War two and World War one.")],
    "roman numeral after a name": [
        ("CHAPTER XXVIII", "Chapter twenty eight."),
        ("World War I ended", "World War one ended."),
        ("Henry VIII and Elizabeth I.", "Henry the eighth and Elizabeth the first."),
        ("George and I", "George and I."),
        ("With George I had fun", "With George I had fun."),
        ("Vitamin C", "Vitamin C."),
    ],
    "roman numeral": [("Rocket VII flew", "Rocket seven flew."), ("I flew", "I flew.")],
    "saint": [("St. Louis and St Paul", "Saint Louis and Saint Paul.")],
    "street": [("on Main St., then", "on Main Street, then.")],
    "title": [
        ("Mr. Fox, Dr. Lee and Bob Hill Jr. sat", "Mister Fox, Doctor Lee and Bob Hill Junior sat."),
        ("MR. FOX", "Mister Fox."),
    ],
    "title without its stop": [("Mrs Fox", "Missus Fox.")],
    "latin": [
        ("pets, e.g. cats, i.e. these", "pets, for example cats, that is these."),
        ("Ann, aka Annie", "Ann, also known as Annie."),
    ],
    "abbreviation": [
        ("cats, etc. He sat", "cats, et cetera. He sat."),
        ("Acme Inc. sells", "Acme Incorporated sells."),
    ],
    "dotted initialism": [
        ("The U.S. troops", "The U S troops."),
        ("in the U.S. He", "in the U S. He."),
        ("a Ph.D. in", "a P H D in."),
        ("J.R.R. Hill", "J R R Hill."),
    ],
    "initial": [("George W. Hill and J. K. Low", "George W Hill and J K Low.")],
    "plural of an initialism": [("DVDs", "D V D's.")],
    "word in capitals": [
        ("NASA and the FBI", "Nasa and the F B I."),
        ("CNN's man", "C N N's man."),
        ("I DON'T KNOW", "I Don't Know."),
        ("THE OLD MAN AND IT", "The Old Man And It."),
        ("he is VERY old", "he is Very old."),
        ("ACME said so; Acme did", "Acme said so; Acme did."),
        ("a BBC TV show", "a B B C T V show."),
    ],
    "symbol": [
        ("AT&T @ home", "A T and T at home."), ("the #1, 50% of it", "the number one, fifty percent of it."),
        ("2 + 2 = 4", "two plus two equals four."),
        ("3×4÷2", "three times four divided by two."),
        ("five € and 5 $", "five euros and five dollars."),
    ],
    "other symbol": [("a [cat] {e} f|g^h his/her", "a cat e f g h his her.")],
    "letter beyond ASCII": [("5 ℃", "five C.")],
    "character beyond print": [("\ud800 hi", "hi."), ("a\x00b tab\tand\x1funit", "a b tab and unit.")],
    "long word": [("a" * 41 + " b", "a" * 40 + " a b."), ("a" * 40, "a" * 40 + ".")],
    "heading": [("A Heading\n\nThe text", "A Heading. The text."), ("It ends.\n\nNext", "It ends. Next.")],
    "space": [("one + two", "one plus two.")],
    "space before a mark": [("area of . Next", "area of. Next."), ("Wait , what ?", "Wait, what?")],
    "pauses on end": [("one, , two,, three;; four", "one, two, three, four.")],
    "pause before a stop": [("one -- . Two", "one. Two."), ("Why? -- he said", "Why? he said.")],
    "pause within quotation marks": [('"I know -- " she said', '"I know," she said.')],
    "beginning": [("  , so what", "so what.")],
    "end": [("so what -", "so what.")],
}  # fmt: skip


@pytest.mark.parametrize(("source", "spoken"), [case for cases in CASES.values() for case in cases])
def test_rules(source: str, spoken: str) -> None:
    assert read_aloud(source).text == spoken


def test_every_rule_has_cases() -> None:
    assert list(CASES) == [rule.name for rule in RULES]


@pytest.mark.parametrize("name", CASES)
def test_without_its_rule_a_case_is_read_otherwise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RULES", tuple(rule for rule in RULES if rule.name != name))
    assert any(read_aloud(source).text != spoken for source, spoken in CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_what_a_rule_needs_is_there_where_it_applies(name: str) -> None:
    """The quick pattern decides nothing by itself."""
    place = [rule.name for rule in RULES].index(name)
    applied = RULES[place]
    for source, _ in (case for cases in CASES.values() for case in cases):
        before = reduce(lambda text, rule: rule(text), RULES[:place], SpokenText(source))
        assert applied(before).text == before.sub(applied.pattern, applied.replacement).text, source


@pytest.mark.parametrize(
    ("source", "final", "spoken"),
    [
        ("how many", "?", "how many?"),
        ("why now?", ".", "why now?"),
        ('he said "no"', ".", 'he said "no".'),
        ("...", "?", ""),
    ],
)
def test_a_missing_final_mark_is_added(source: str, final: str, spoken: str) -> None:
    assert read_aloud(source, final).text == spoken


@pytest.mark.parametrize("source", ["...", "", " \n", "?!", "—", "“”", "мир"])
def test_punctuation_alone_is_not_spoken(source: str) -> None:
    assert read_aloud(source).text == ""


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("I", 1), ("IV", 4), ("XIX", 19), ("XLII", 42), ("MCMLXXXVI", 1986), ("IIII", None), ("VX", None), ("", None)],
)
def test_roman_numerals(numeral: str, value: int | None) -> None:
    assert roman_value(numeral) == value


@pytest.mark.parametrize("word", ["CNN", "FBI", "IHDI", "NHTSA", "UK", "HTML"])
def test_initialisms(word: str) -> None:
    assert is_spelled(word)


@pytest.mark.parametrize("word", ["NASA", "UNICEF", "MARY", "STOP", "THE", "AIDS", "GRAND", "LONDON"])
def test_words_that_only_look_like_initialisms(word: str) -> None:
    assert not is_spelled(word)
