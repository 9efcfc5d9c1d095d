"""Corpora that can be named instead of given: they are downloaded on first use."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from askqa_builder.corpus.abg_coqa import is_abg_coqa
from askqa_builder.corpus.json_file import shown_path
from askqa_builder.corpus.sources import split_of
from askqa_builder.errors import UsageError
from askqa_builder.seeds import short_hash
from askqa_builder.user_cache import cache_folder

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class PublishedCorpus:
    """A corpus on the web.

    title: name and authors. terms: its licence, in words. by_hand: page on which a person finds the files. variable:
    environment variable that names another folder on the web to take them from. addresses: the folders' URLs, the next
    is asked where one has no such file. files: names, each with its SHA-256 where that is known.
    """

    title: str
    terms: str
    by_hand: str
    variable: str
    addresses: tuple[str, ...]
    files: Mapping[str, str | None]


def local_source(source: Path, split: str | None = None) -> Path:
    """Return a path as it is where something is there; of a published corpus's name, the folder of its files.

    They are downloaded into the user's cache unless they are there. split: the one that is wanted, None for all.
    Raises UsageError where there is no such path nor corpus, or where the files cannot be had.
    """
    if source.exists():
        return source
    corpus = published_corpora().get(str(source))
    if corpus is None:
        known = ", ".join(published_corpora())
        raise UsageError(f"{shown_path(source)}: there is no such file or folder, nor a corpus to download ({known})")
    return _downloaded(str(source), corpus, split)


@cache
def published_corpora() -> dict[str, PublishedCorpus]:
    """Return the corpora that can be downloaded, by name."""
    table = yaml.safe_load(files(__package__).joinpath("published.yaml").read_text(encoding="utf-8"))
    return {name: PublishedCorpus(**{**entry, "addresses": tuple(entry["addresses"])}) for name, entry in table.items()}


def _downloaded(name: str, corpus: PublishedCorpus, split: str | None) -> Path:
    from askqa_builder.corpus.download import RemoteFile, fetch  # most builds need no network
    from askqa_builder.corpus.receiving import DownloadError

    addresses = _addresses(corpus)
    own = addresses == corpus.addresses
    # what somebody else offers under the name is kept apart
    folder = cache_folder("sources") / (name if own else f"{name}-{short_hash(*addresses)}")
    wanted = {file: digest for file, digest in corpus.files.items() if split in (None, split_of(Path(file)))}
    held = [file for file in wanted if (folder / file).exists()]
    for file, digest in wanted.items():
        remote = RemoteFile(file, tuple(f"{address}/{file}" for address in addresses), digest)
        try:
            fetch(remote, folder, _holds_conversations)
        except DownloadError as error:
            raise UsageError(
                f"{name}: cannot download {error}; download {', '.join(wanted)} by hand from {corpus.by_hand} "
                f"and give their folder instead of {name}"
            ) from error
    if len(held) < len(wanted):
        _LOG.info("%s is in %s; its licence: %s", corpus.title, folder, corpus.terms)
    return folder


def _addresses(corpus: PublishedCorpus) -> tuple[str, ...]:
    """Return the corpus's folders on the web, or the one that the environment names."""
    chosen = os.environ.get(corpus.variable, "").rstrip("/")
    if not chosen:
        return corpus.addresses
    try:
        url = parse_url(chosen)
        usable = url.scheme in ("http", "https") and url.host and not (url.auth or url.query or url.fragment)
    except LocationParseError:
        usable = False
    if not usable:  # not shown: it may hold a password
        raise UsageError(
            f"{corpus.variable} is no folder on the web; set it as https://example.org/abg-coqa, without user or query"
        )
    return (chosen,)


def _holds_conversations(data: bytes) -> bool:
    try:
        return is_abg_coqa(json.loads(data))
    except (ValueError, RecursionError):
        return False
