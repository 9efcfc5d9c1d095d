"""The formats of corpora: how each is recognised, and who reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.corpus.abg_coqa import is_abg_coqa, read_abg_coqa
from askqa_builder.corpus.conversation_lines import is_conversation_line, read_conversation_lines
from askqa_builder.corpus.coqa import is_coqa, read_coqa
from askqa_builder.corpus.fields import ItemError
from askqa_builder.corpus.json_file import parse_json, shown_path
from askqa_builder.corpus.json_lines import parse_lines
from askqa_builder.corpus.pacific import is_pacific, read_pacific
from askqa_builder.corpus.quac import is_quac, read_quac
from askqa_builder.corpus.reading import Reader
from askqa_builder.corpus.squad import is_squad, read_squad
from askqa_builder.corpus.tydiqa import is_tydiqa, read_tydiqa
from askqa_builder.errors import UsageError

JSON = ".json"
JSON_LINES = ".jsonl"

ABG_COQA = "abg-coqa"
COQA = "coqa"


@dataclass(frozen=True)
class CorpusFormat:
    """A format of files.

    name: in manifests. title: for people. suffix: of its files' names; JSON or JSON Lines. recognises: tells it by
    parsed content, of the file or of a line. read: its reader. named: a file's name that says it, whatever it holds.
    has_targets: whether it names the turns to respond to, so that there is nothing to choose.
    """

    name: str
    title: str
    suffix: str
    recognises: Callable[[object], bool]
    read: Reader
    named: re.Pattern[str] | None = None
    has_targets: bool = True


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


FORMATS: Mapping[str, CorpusFormat] = {
    format.name: format
    for format in (  # QuAC's content has SQuAD's shape too, so it comes first
        CorpusFormat(ABG_COQA, "Abg-CoQA", JSON, is_abg_coqa, read_abg_coqa, _pattern(r"coqa[-_]abg.*\.json")),
        CorpusFormat(COQA, "CoQA", JSON, is_coqa, read_coqa, _pattern(r"coqa-.*\.json"), has_targets=False),
        CorpusFormat("quac", "QuAC", JSON, is_quac, read_quac, _pattern(r"quac.*\.json"), has_targets=False),
        CorpusFormat("pacific", "PACIFIC", JSON, is_pacific, read_pacific, has_targets=False),
        CorpusFormat("squad", "SQuAD", JSON, is_squad, read_squad),
        CorpusFormat("tydiqa", "TyDi QA", JSON_LINES, is_tydiqa, read_tydiqa),
        CorpusFormat("conversations", "own conversations", JSON_LINES, is_conversation_line, read_conversation_lines),
    )
}
"""By name."""

SUPPORTED = (
    "Abg-CoQA, CoQA, QuAC, PACIFIC, SQuAD and Spoken-SQuAD (.json), TyDi QA and SD-QA, own conversations (.jsonl)"
)
"""What can be read, for messages."""


def recognise(path: Path, data: bytes) -> CorpusFormat | None:
    """Return the format of a file by its content, else by its name; None where it is none of them.

    One recognisable item is enough. Raises UsageError where the content is not JSON, or no line of it is.
    """
    if path.suffix.lower() == JSON_LINES:
        return _recognise_lines(path, data)
    document = parse_json(data, path)
    formats = [format for format in FORMATS.values() if format.suffix == JSON]
    by_content = next((format for format in formats if format.recognises(document)), None)
    return by_content or next(
        (format for format in formats if format.named and format.named.fullmatch(path.name)), None
    )


def _recognise_lines(path: Path, data: bytes) -> CorpusFormat | None:
    formats = [format for format in FORMATS.values() if format.suffix == JSON_LINES]
    errors = []
    has_json = False
    for line, value in parse_lines(data, path):
        if isinstance(value, ItemError):
            errors.append(f"{shown_path(path)}:{line}: {value.detail}")
            continue
        has_json = True
        for format in formats:
            if format.recognises(value):
                return format
    if errors and not has_json:
        raise UsageError(f"{errors[0]}; give a file with a JSON object on each line")
    return None
