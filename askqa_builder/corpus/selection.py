"""Which conversations of the sources a build keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.formats import FORMATS
from askqa_builder.corpus.licences import UNKNOWN, is_redistributable, licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.errors import UsageError


@dataclass(frozen=True)
class Corpus:
    """What was read: conversations with their splits, and rejects, both in the order of the sources."""

    conversations: tuple[tuple[str, Conversation], ...]
    rejects: tuple[Reject, ...]


def read_corpus(
    sources: Sequence[SourceFile],
    *,
    limit: int | None = None,
    domains: Collection[str] | None = None,
    redistributable: bool = False,
    reading: Reading = AS_IT_IS,
) -> Corpus:
    """Read the sources and keep what is wanted.

    limit: at most so many conversations of each split; what stands behind the last one is not read.
    domains: the sources of stories to keep. redistributable: keep only licensed text that may be passed on.
    reading: how conversations are made of what the files hold.
    Raises UsageError where a file cannot be read, a domain is unheard of, or the filters leave nothing.
    """
    kept: list[tuple[str, Conversation]] = []
    rejects: list[Reject] = []
    seen_ids: set[str] = set()
    seen_domains: set[str] = set()
    counts: Counter[str] = Counter()
    read_whole = True
    for source in sources:
        if limit is not None and counts[source.split] >= limit:
            read_whole = False
            continue
        for entry in FORMATS[source.format].read(source, seen_ids, reading):
            if isinstance(entry, Reject):
                rejects.append(entry)
                continue
            seen_domains.add(entry.source)
            if domains is not None and entry.source not in domains:
                continue
            if redistributable and not is_redistributable(entry.source, entry.licence):
                continue
            kept.append((source.split, entry))
            counts[source.split] += 1
            if counts[source.split] == limit:
                read_whole = False
                break
    held = ", ".join(sorted(seen_domains))
    unknown = [name for name in domains or () if name not in seen_domains and licence_of(name) is UNKNOWN]
    if unknown and read_whole and seen_domains:
        raise UsageError(f"domains: {quote(unknown[0])} is none of these sources'; they hold: {held}")
    if not kept and seen_domains:
        wanted = [f"of {', '.join(sorted(domains))}"] if domains is not None else []
        what = " ".join([*wanted, "that may be redistributed"] if redistributable else wanted)
        raise UsageError(f"no conversation {what} is left; the sources hold: {held}")
    return Corpus(tuple(kept), tuple(rejects))
