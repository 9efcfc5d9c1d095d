"""Which conversations of the sources a build keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Conversation
from askqa_builder.corpus.formats import FORMATS
from askqa_builder.corpus.grouping import GroupSplit
from askqa_builder.corpus.licences import UNKNOWN, is_redistributable, licence_of
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import Reject, quote
from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.errors import UsageError


@dataclass(frozen=True)
class Corpus:
    """What was read: conversations with their splits, split by split, and rejects; else in the order of the sources."""

    conversations: tuple[tuple[str, Conversation], ...]
    rejects: tuple[Reject, ...]


def read_corpus(
    sources: Sequence[SourceFile],
    *,
    limit: int | None = None,
    domains: Collection[str] | None = None,
    redistributable: bool = False,
    grouping: GroupSplit | None = None,
    reading: Reading = AS_IT_IS,
) -> Corpus:
    """Read the sources and keep what is wanted.

    limit: at most so many conversations of each split; what stands behind the last one is not read.
    domains: the sources of stories to keep. redistributable: keep only licensed text that may be passed on.
    grouping: decides a conversation's split by its story; None leaves it to the file.
    reading: how conversations are made of what the files hold.
    Raises UsageError where a file cannot be read, a domain is unheard of, or the filters leave nothing.
    """
    kept: dict[str, list[Conversation]] = {split: [] for split in SPLITS}
    rejects: list[Reject] = []
    seen_ids: set[str] = set()
    seen_domains: set[str] = set()
    read_whole = True
    for source in sources:
        fed = (source.split,) if grouping is None else grouping.splits
        if all(len(kept[split]) == limit for split in fed):
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
            split = source.split if grouping is None else grouping.split_of(entry.story_id)
            if split not in fed or len(kept[split]) == limit:
                continue
            kept[split].append(entry)
            if all(len(kept[split]) == limit for split in fed):
                read_whole = False
                break
    held = ", ".join(sorted(seen_domains))
    unknown = [name for name in domains or () if name not in seen_domains and licence_of(name) is UNKNOWN]
    if unknown and read_whole and seen_domains:
        raise UsageError(f"domains: {quote(unknown[0])} is none of these sources'; they hold: {held}")
    conversations = tuple((split, conversation) for split in SPLITS for conversation in kept[split])
    if not conversations and seen_domains:
        wanted = [f"of {', '.join(sorted(domains))}"] if domains is not None else []
        if grouping is not None and grouping.only is not None:
            wanted.append(f"in the split {grouping.only}")
        what = " ".join([*wanted, "that may be redistributed"] if redistributable else wanted)
        raise UsageError(f"no conversation {what} is left; the sources hold: {held}")
    return Corpus(conversations, tuple(rejects))
