from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.speech.paragraphs import count_paragraphs, paragraph_spans
from askqa_builder.speech.reading import read_aloud


def paragraphs(source: str) -> list[str]:
    spoken = read_aloud(source)
    return [spoken.text[start:end] for start, end in paragraph_spans(spoken, source)]


def test_blank_lines_part_paragraphs() -> None:
    source = 'A long day\n\nShe left at 9.\nIt rained. \n \n"Home," he said: \n\n\nThe end'
    assert paragraphs(source) == ["A long day.", "She left at nine. It rained.", '"Home," he said:', "The end."]
    assert count_paragraphs(source) == 4


def test_one_paragraph_is_the_whole_text() -> None:
    assert paragraphs("  Which one?\n") == ["Which one?"]
    assert count_paragraphs("  Which one?\n") == 1


def test_what_cannot_be_pronounced_is_no_paragraph() -> None:
    assert paragraphs("One.\n\n* * *\n\nTwo.\n\n--") == ["One.", "Two."]
    assert paragraphs("***\n\nOnly this.") == ["Only this."]
    assert paragraphs("") == paragraphs("?!\n\n--") == []


@given(st.lists(st.text(alphabet="ab1 .,\"'-*:\n($", max_size=12), max_size=6))
def test_nothing_is_lost_and_each_paragraph_can_be_spoken(parts: list[str]) -> None:
    source = "\n\n".join(parts)
    spoken = read_aloud(source)
    spans = paragraph_spans(spoken, source)
    assert [end for _, end in spans] == sorted(end for _, end in spans)
    assert "".join("".join(spoken.text[start:end].split()) for start, end in spans) == "".join(spoken.text.split())
    for start, end in spans:
        assert any(character.isalnum() for character in spoken.text[start:end])
        assert not spoken.text[start:end][0].isspace()
        assert not spoken.text[start - 1 : start].strip()
