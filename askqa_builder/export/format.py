"""What a format of another toolkit is: from one row or example to records; all else is the framework's.

How to add one: write a module in `export/formats/` with a subclass of `Format` that says what sound it takes
(`sound`) and which lines an item adds to which files (`lines`), and enter it in `registry.py`. A format for rows, as
those of speech toolkits, is a `Format[RowItem]`: an item then has the dataset's row and how it is heard, too. One for
instruction examples is a `Format[Item]` and takes datasets as well, whose rows become response examples. A class that
does both is a `Format[Item]` which looks whether an item is a `RowItem`.

The methods are pure, but for what `hear` may remember of the rows before: what an item gives depends on the item
alone. `run.py` reads the source, writes the clips, keeps what is finished, and joins the lines in the order of the
source; a kill at any moment costs one shard of work and changes no byte. Texts and ids come from anywhere: never make a
path of them (`Item.key` is a safe name).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from askqa_builder.hearing.clip_files import AudioFile
from askqa_builder.hearing.heard import Heard
from askqa_builder.hearing.listening import hear
from askqa_builder.hearing.options import CONTEXTS, LAYOUTS, Hearing
from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import short_hash
from askqa_builder.tasks.example import Example


@dataclass(frozen=True)
class Item:
    """One example of a source, with its clips as files of the export.

    audio: paths are relative to the export, with slashes. data: the same files' bytes where the format embeds them
    (`SoundRules.embedded`), else empty; then there are no such files in the export. response: the gold response as
    sound, where it is spoken; response_data: its bytes, as of `data`.
    """

    split: str
    example: Example
    audio: tuple[AudioFile, ...]
    data: tuple[bytes, ...] = ()
    response: AudioFile | None = None
    response_data: bytes | None = None

    @property
    def key(self) -> str:
        """A name for files and archives: 16 hexadecimal digits of the id, which itself may hold anything."""
        return short_hash("item", self.example.id)


@dataclass(frozen=True, kw_only=True)
class RowItem(Item):
    """One row of a dataset. example: its response example. row: without its recording. heard: its clips' places.

    Where the response is spoken as a turn (`SoundRules.response`), row and recording go on with it.
    """

    row: Row
    heard: Heard


@dataclass(frozen=True)
class SoundRules:
    """What sound a format takes; of each list the first is the default.

    audio_formats: lossless ones of `recording.encode.FORMATS`. sampling_rate: Hz by default, None for the recording's
    own; fixed_rate: it takes no other. window: the longest clip in seconds that is heard, by default; known_window:
    so much is heard, whatever is asked for. whole: a row is one clip, which cannot be cut into segments. embedded:
    the sound is no file of its own, but stands in base64 in a "line", or as it is in an "archive"; there it is once
    for each item that has it.
    response: where the gold response has a place as sound: in a "file" of its own (`Item.response`), or as one more
    "turn" with which the recording goes on; None for nowhere.
    """

    audio_formats: tuple[str, ...] = ("wav", "flac")
    sampling_rate: int | None = None
    fixed_rate: bool = False
    contexts: tuple[str, ...] = tuple(CONTEXTS)
    layouts: tuple[str, ...] = tuple(LAYOUTS)
    window: float | None = None
    known_window: bool = False
    whole: bool = False
    embedded: Literal["line", "archive"] | None = None
    response: Literal["file", "turn"] | None = None


@dataclass(frozen=True)
class Wrapping:
    """What stands around and between the lines of a file, as the brackets and commas of a JSON list."""

    head: str = ""
    separator: str = "\n"
    tail: str = "\n"


LINES = Wrapping()
JSON_LIST = Wrapping("[\n", ",\n", "\n]\n")


@dataclass(frozen=True)
class Export:
    """A finished export, as `finish` and the README see it.

    splits: items by split, without those left out. seconds: to hear; samples: of all channels; a clip counts in each.
    files: of lines or archives, by name, with their number of lines or samples. audio_files: sounds that are files of
    their own. audio_format: of all sounds. of_rows: a dataset was exported. responses: they are spoken. rejected: rows
    that are left out, by reason.
    """

    splits: Mapping[str, int]
    seconds: float
    samples: int
    files: Mapping[str, int]
    audio_files: int
    audio_format: str
    of_rows: bool
    responses: bool
    rejected: Mapping[str, int]

    @property
    def a_split(self) -> str:
        """The first split, for examples."""
        return next(iter(self.splits))


ItemT = TypeVar("ItemT", bound=Item, contravariant=True)


class Format(ABC, Generic[ItemT]):
    """A format of another toolkit.

    name: as `--to` takes it. title: the toolkit and what of it reads this. documentation: address of the description
    that this follows. sound: what sound it takes. prompted: it has a text that a model is asked. left_out: file with a
    line for each item that has no place in the format; None where all have one. single: each item of this export has
    exactly one clip; the framework sets it before the first of them.
    """

    name: str
    title: str
    documentation: str
    sound: SoundRules = SoundRules()
    prompted: bool = True
    left_out: str | None = None
    single: bool = False

    def lack(self, row: Row) -> str | None:
        """Return what a row of a dataset lacks that the format cannot do without, in a few words; None for nothing."""
        return None

    def hear(self, row: Row, split: str, hearing: Hearing) -> Heard:
        """Return what of a row becomes sound, which may be nothing.

        All rows are asked for in their order before anything is written, and again when it is. Raises as
        `hearing.listening.hear`.
        """
        return hear(row, hearing)

    def lines(self, item: ItemT) -> Iterable[tuple[str, str]]:
        """Yield what an item adds: the file's path in the export, and a line without its end.

        A file's lines stand in the order of the source. Raises AskqaError where the format cannot hold the item.
        """
        return ()

    def samples(self, item: ItemT) -> Iterable[tuple[str, Mapping[str, bytes]]]:
        """Yield what an item adds to tar archives: the archives' prefix, and files by their names in there."""
        return ()

    def files(self, item: ItemT) -> Iterable[tuple[str, bytes]]:
        """Yield files of the item's own: path and content. A path is that of one of its sounds with another suffix."""
        return ()

    def arrange(self, file: str, lines: Iterable[str], scratch: Path) -> Iterable[str]:
        """Return the lines of a file as they come to stand in it; they come in the order of the source.

        scratch: a folder for what memory should not hold.
        """
        return lines

    def wrapping(self, file: str) -> Wrapping:
        """Return what stands around the lines of a file."""
        return LINES

    def finish(self, made: Export) -> Mapping[str, str]:
        """Return files that stand beside the others, by name, once all is known."""
        return {}

    @abstractmethod
    def usage(self, made: Export) -> str:
        """Return Markdown for the export's README: how the toolkit reads it, and what to know."""

    def front_matter(self, made: Export) -> Mapping[str, Any]:
        """Return what the YAML at the head of that README holds."""
        return {}
