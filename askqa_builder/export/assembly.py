"""Putting an export together once all shards are done: joined files, what stands beside them, and the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from askqa_builder import __version__
from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.manifest import CARD_NAME, REJECTED_NAME, write_rejected
from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError
from askqa_builder.export.folder import ExportFolder
from askqa_builder.export.format import Export, Format
from askqa_builder.export.item_files import ItemFiles, read_item_files
from askqa_builder.export.options import SoundChoice
from askqa_builder.export.page import readme
from askqa_builder.export.parts import PartRecord, check_kept, join_lines, move_archive, part_record
from askqa_builder.export.source import Source
from askqa_builder.files import atomic_write

_EXPORT_VERSION = "1.1"

_SOUND_LIBRARIES = ("soundfile", "soxr")
"""They decide upon the bytes of sounds."""


def identity(source: Source, chosen: Format[Any], sound: SoundChoice) -> dict[str, Any]:
    """Return what decides upon every byte of an export, as its manifest begins."""
    return {
        "export_version": _EXPORT_VERSION,
        "format": chosen.name,
        "source": {"kind": source.kind, "shards": {shard.file: shard.sha256 for shard in source.shards}},
        "sound": sound.to_json(),
        "responses": source.responses,
        "versions": {"askqa-builder": __version__, **{name: version(name) for name in _SOUND_LIBRARIES}},
    }


def assemble(source: Source, chosen: Format[Any], sound: SoundChoice, folder: ExportFolder) -> dict[str, Any]:
    """Join what the shards have added, write what stands beside, and return the manifest, which is written last."""
    parts = [folder.part(number) for number in range(len(source.shards))]
    records = [_record(part) for part in parts]
    archives = _numbered(parts, records)
    check_kept(folder.out, parts, records, {name: path for name, (path, _) in archives.items()})
    rejects = [reject for record in records for reject in record.rejected]
    item_files = read_item_files(folder.out, sound.audio.name)
    made = _summary(source, records, {name: samples for name, (_, samples) in archives.items()}, item_files, sound)
    if not made.splits:
        raise AskqaError(_why_nothing_is_left(chosen, source, records))
    beside = {**chosen.finish(made), CARD_NAME: readme(chosen, made, source, sound)}
    folder.announce([*made.files, *beside, *([REJECTED_NAME] if rejects else [])])
    entries = []
    for file in made.files:
        if file in archives:
            entries.append(move_archive(folder.out, file, *archives[file]))
        else:
            holding = [part for part, record in zip(parts, records, strict=True) if file in record.lines]
            entries.append(join_lines(folder, file, holding, chosen))
    entries += [_write(folder.out, name, text) for name, text in beside.items()]
    if rejects:
        write_rejected(folder.out, rejects)
        entries.append(_entry(folder.out, REJECTED_NAME))
    content = {
        "splits": dict(made.splits),
        "files": sorted(entries, key=lambda entry: str(entry["file"])),
        "audio": {**vars(item_files), "seconds": made.seconds},
        "rejected": dict(made.rejected),
    }
    folder.write_manifest(content)
    return content


def _record(part: Path) -> PartRecord:
    record = part_record(part)
    if record is None:
        raise AskqaError(f"{part} is damaged; run the same command again to go on")
    return record


def _numbered(parts: Sequence[Path], records: Sequence[PartRecord]) -> dict[str, tuple[Path, int]]:
    """Return the archives by the names they get: numbered from 0 under each prefix, in the order of the source."""
    counts: Counter[str] = Counter()
    named = {}
    for part, record in zip(parts, records, strict=True):
        for archive in record.archives:
            named[f"{archive.prefix}-{counts[archive.prefix]:06d}.tar"] = (part / archive.part, archive.samples)
            counts[archive.prefix] += 1
    return named


def _summary(
    source: Source, records: Sequence[PartRecord], archives: dict[str, int], item_files: ItemFiles, sound: SoundChoice
) -> Export:
    splits: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for shard, record in zip(source.shards, records, strict=True):
        splits[shard.split] += record.items
        lines.update(record.lines)
    return Export(
        splits={split: items for split, items in splits.items() if items},
        seconds=sum(record.seconds for record in records),
        samples=sum(record.samples for record in records),
        files={**dict(sorted(lines.items())), **archives},
        audio_files=item_files.files,
        audio_format=sound.audio.name,
        of_rows=source.kind == "dataset",
        responses=source.responses is not None,
        rejected=dict(sorted(Counter(reject.reason for record in records for reject in record.rejected).items())),
    )


def _write(out: Path, name: str, text: str) -> dict[str, Any]:
    with atomic_write(out / name) as file:
        file.write(text.encode("utf-8"))
    return _entry(out, name)


def _entry(out: Path, name: str) -> dict[str, Any]:
    return {"file": name, "records": None, "bytes": (out / name).stat().st_size, "sha256": sha256_of(out / name)}


def _why_nothing_is_left(chosen: Format[Any], source: Source, records: Sequence[PartRecord]) -> str:
    rejects = [reject for record in records for reject in record.rejected]
    if rejects:
        return f"none of the {len(rejects)} {source.noun} is left; the first: {_described(rejects[0])}"
    left_out = sum(count for record in records for count in record.lines.values())
    return f"none of the {left_out} {source.noun} has a place in {chosen.name}; docs/export.md says which have none"


def _described(reject: Reject) -> str:
    return f"{reject.id}: {reject.detail}"
