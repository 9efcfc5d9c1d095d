"""How soon a report is seen: a page of 200 rows, and a server of 10,000, in Debian's Chromium."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from askqa_builder import build, report
from askqa_builder.dataset.manifest import read_manifest, write_manifest
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.digests import sha256_of

from common import corpus, corpus_name, table

CONVERSATIONS = 60
PAGE_ROWS = 200
SERVED_ROWS = 10_000
ROWS_A_SHARD = 300  # of 500 MB, as long as those of Abg-CoQA are
ROWS_A_GROUP = 20  # of 32 MB
KEPT_SECONDS = 2
ROUNDS = 3
ASKQA = Path(sys.executable).with_name("askqa")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")


def main() -> None:
    """Print one table."""
    print(f"Rows of {corpus_name()}, spoken by flite and repeated under new ids; the served ones with their recordings")
    print(f"cut to {KEPT_SECONDS} s, to fit a disk, in row groups of as many rows as a build's have. First paint: what")
    print("the browser says of itself. Memory: the server's resident set.\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(corpus(folder, CONVERSATIONS), folder / "spoken", profiles="flite")
        rows = [
            *(_page(folder, audio) for audio in (100, 400)),
            *(_served(folder / "many") for _ in range(ROUNDS) if _many(folder / "spoken", folder / "many")),
        ]
    table(["what", "rows", "HTML, MB", "seconds to the first answer", "first paint, s", "memory, MB"], rows)


def _page(folder: Path, audio: float) -> tuple[str, ...]:
    whole = folder / "some"
    if not whole.exists():
        _repeat(folder / "spoken", whole, PAGE_ROWS, None)
    written = report(whole, folder / "page.html", max_audio_mb=audio, rows=PAGE_ROWS)
    size = written.path.stat().st_size / 1e6
    return (
        f"a page with up to {audio:.0f} MB of audio",
        str(written.rows),
        f"{size:.0f}",
        "",
        f"{_first_paint(written.path.as_uri()):.2f}",
        "",
    )


def _many(source: Path, out: Path) -> bool:
    if not out.exists():
        _repeat(source, out, SERVED_ROWS, KEPT_SECONDS)
    return True


def _served(dataset: Path) -> tuple[str, ...]:
    begun = time.perf_counter()
    with subprocess.Popen([ASKQA, "report", dataset, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        seconds = time.perf_counter() - begun
        paint = _first_paint(address)
        memory = psutil.Process(server.pid).memory_info().rss / 1e6
        server.terminate()
    return "--serve", f"{SERVED_ROWS:,}", "", f"{seconds:.2f}", f"{paint:.2f}", f"{memory:.0f}"


def _first_paint(address: str) -> float:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        page = browser.new_page()
        page.goto(address)
        painted: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        browser.close()
    return painted / 1000


def _repeat(source: Path, out: Path, rows: int, seconds: float | None) -> None:
    """Write a dataset of so many rows, those of another again and again; seconds: of each recording, None for all."""
    manifest = read_manifest(source)
    assert manifest is not None
    shards: list[dict[str, Any]] = []
    total = sum(shard["rows"] for shard in manifest["shards"])
    for config in ("initial", "clarified"):
        files = [source / shard["file"] for shard in manifest["shards"] if shard["config"] == config]
        base = [_cut(row, seconds) for file in files for row in pq.read_table(file).to_pylist()]
        schema = pq.read_schema(files[0])
        wanted = rows * len(base) // total
        count = -(-wanted // ROWS_A_SHARD)
        for shard in range(count):
            numbers = range(shard * ROWS_A_SHARD, min((shard + 1) * ROWS_A_SHARD, wanted))
            again = [_renamed(base[number % len(base)], number // len(base)) for number in numbers]
            name = f"data/{config}/test-{shard:05d}-of-{count:05d}.parquet"
            file = out / name
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_pylist(again, schema), file, row_group_size=ROWS_A_GROUP)
            record = ShardRecord(name, config, "test", len(again), file.stat().st_size, sha256_of(file))
            shards.append(record.to_json())
    write_manifest(out, {**manifest, "shards": shards})


def _renamed(row: dict[str, Any], copy: int) -> dict[str, Any]:
    return {**row, **{name: f"{copy}-{row[name]}" for name in ("id", "conversation_id")}}


def _cut(row: dict[str, Any], seconds: float | None) -> dict[str, Any]:
    if seconds is None:
        return row
    samples, rate = soundfile.read(
        io.BytesIO(row["audio"]["bytes"]), dtype="int16", frames=int(seconds * row["sampling_rate"])
    )
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="FLAC")
    return {**row, "audio": {**row["audio"], "bytes": buffer.getvalue()}}


if __name__ == "__main__":
    main()
