"""Rows left out of a push: a smaller dataset beside the one that is pushed, for as long as the push takes."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.corpus.licences import is_redistributable
from askqa_builder.corpus.rejects import quote
from askqa_builder.errors import UsageError
from askqa_builder.filtering.filter import filter_dataset
from askqa_builder.seeds import short_hash

Sources = Mapping[tuple[str, str], int]
"""Rows by (domain, licence)."""


@dataclass(frozen=True)
class Choice:
    """Which rows are pushed, checked when made: UsageError.

    domains: of these sources only, None for all; they may be given as one text with commas. redistributable: only text
    that may be passed on.
    """

    domains: Collection[str] | str | None = None
    redistributable: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.domains, str):
            names = tuple(part.strip() for part in self.domains.split(",") if part.strip())
            object.__setattr__(self, "domains", names)
        if self.domains is not None and not self.domains:
            raise UsageError("domains: none given; name some, such as mctest,cnn, or leave the option out")

    def keeps(self, source: str, licence: str) -> bool:
        """Tell whether rows of a source are pushed."""
        if self.domains is not None and source not in self.domains:
            return False
        return is_redistributable(source, licence) or not self.redistributable


def kept_sources(sources: Sources, choice: Choice) -> Sources:
    """Return the sources that are kept. Raises UsageError where a domain is none of them, or nothing is left."""
    there = sorted({source for source, _ in sources})
    for domain in choice.domains or ():
        if domain not in there:
            raise UsageError(f"domains: the dataset has no rows of {quote(domain)}; it has {', '.join(there)}")
    kept = {key: rows for key, rows in sources.items() if choice.keeps(*key)}
    if sources and not kept:
        raise UsageError(f"no row is left to push; the dataset has rows of {', '.join(there)}")
    return kept


@contextmanager
def narrowed(dataset: Path, sources: Sources, kept: Sources) -> Iterator[Path]:
    """Give the folder to push: the dataset itself where all is kept, else a copy of the rows of `kept` beside it.

    The copy is removed at the end of the `with` block. After an error or a kill it stays, and the next push of the
    same rows goes on with it. Raises as `filter_dataset` does.
    """
    if kept.keys() == sources.keys():
        yield dataset
        return
    whole = dataset.resolve()
    condition = _where(kept)
    # pushes of other rows, at the same time or after one that failed, have folders of their own
    copy = whole.with_name(f".{whole.name}.askqa-push-{short_hash(condition, length=8)}")
    filter_dataset(dataset, copy, where=condition, overwrite=True)
    yield copy
    shutil.rmtree(copy)


def _where(kept: Sources) -> str:
    """Return the condition, as `filtering.where` reads it, that a row is of one of the sources."""
    pairs = (f"(source == {_text(source)} and license == {_text(licence)})" for source, licence in sorted(kept))
    return " or ".join(pairs)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
