"""Damaged corpora: every item has its rows or its rejects, or one line says why nothing could be read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from harness import assert_one_line, loaded_rows, manifest, rejects, rows, run_askqa, samples, write_corpus

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.plan import Plan, make_plan
from askqa_builder.build.recipe import make_recipe, open_engines
from askqa_builder.build.run import prepare
from askqa_builder.build.spool import Spool
from askqa_builder.build.steps import finish_block, plan_block, speak_block
from askqa_builder.corpus.conversation import Conversation, Stage
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError

from corpus.mutations import mutated_inputs

IN_PROCESS = 150
BY_COMMAND = 6
LONGEST = 1000
"""Characters of a text that the test goes on to speak; longer ones are planned only."""


def read_items(content: bytes) -> list[Any]:
    """The items of a file that could be read."""
    items: list[Any] = json.loads(content.decode("utf-8-sig"))["data"]
    return items


def wanted_ids(conversation: Conversation) -> list[str]:
    points = conversation.points(tuple(Stage))
    return [f"{conversation.id}#{p.stage.value}{'' if p.branch is None else f'-{p.branch}'}" for p in points]


def check_accounts(
    plan: Plan, unread: Sequence[Reject], found: dict[str, int], left_out: list[Reject], size: int
) -> None:
    """Every item is read or rejected, and every row of what was read is made or rejected."""
    takes = list(plan.takes)
    accounted = {take.conversation.index for take in takes} | {reject.index for reject in unread}
    assert accounted == set(range(size))
    refused = {reject.id for reject in left_out}
    for take in takes:
        for row_id in wanted_ids(take.conversation):
            made = found.pop(row_id, 0)
            assert made == (0 if {row_id, take.conversation.id} & refused else 1), row_id
    assert not found
    for reject in (*unread, *left_out):
        assert reject.reason
        assert reject.detail
        assert reject.detail.isprintable()


def account_for(part: int, parts: int, profile: Path, folder: Path) -> Counter[str]:
    """Run every `parts`-th input through reading, planning and the steps of a block, all in this process."""
    outcomes: Counter[str] = Counter()
    options = BuildOptions(profiles=str(profile), sample_rate=8000)  # less to measure and to encode
    recipe = make_recipe(options)
    spool = Spool(folder)
    path = folder / "mutated_test.json"
    with open_engines(recipe.profiles.profiles, None) as engines:
        for label, content in list(mutated_inputs(IN_PROCESS, seed=1))[part::parts]:
            path.write_bytes(content)
            try:
                corpus = read_corpus(find_sources(path, None))
            except UsageError as refusal:
                outcomes["refused" if str(refusal).isprintable() else "refused on several lines"] += 1
                continue
            plan = make_plan(corpus.conversations, ["test"], recipe, options.shard_bytes)
            found: Counter[str] = Counter()
            left_out: list[Reject] = []
            for block in plan.blocks:
                planned, unplanned = plan_block(block, recipe)
                left_out += unplanned
                if any(len(turn.spoken.text) > LONGEST for take in planned for turn in take.turns):
                    found.update(row_id for take in block.takes for row_id in wanted_ids(take.conversation))
                    continue
                finished = finish_block(planned, speak_block(planned, engines), recipe)
                spool.write(block.index, finished.rows, finished.rejects)
                found.update(row["id"] for stage_rows in finished.rows.values() for row in stage_rows)
                left_out += finished.rejects
            outcomes["with rejects" if corpus.rejects or left_out else "whole"] += 1
            assert "internal_error" not in {reject.reason for reject in left_out}, (label, left_out)
            check_accounts(plan, corpus.rejects, dict(found), left_out, len(read_items(content)))
    return outcomes


def test_in_process(quick_profile: Path, tmp_path: Path) -> None:
    """Half of the inputs in each of two processes: what they have to speak takes a while."""
    folders = [tmp_path / "0", tmp_path / "1"]
    for folder in folders:
        folder.mkdir()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        halves = [pool.submit(account_for, i, 2, quick_profile, folder) for i, folder in enumerate(folders)]
    outcomes = sum((half.result() for half in halves), Counter())
    assert outcomes.keys() == {"refused", "with rejects", "whole"}
    assert outcomes.total() == IN_PROCESS
    assert min(outcomes.values()) >= 10, outcomes


def test_by_command(quick_profile: Path, tmp_path: Path) -> None:
    """Some kinds of damage through the command line, two at a time."""
    inputs = [entry for entry in mutated_inputs(63, seed=2) if len(entry[1]) < 60_000]
    by_kind = {label.partition("-")[2]: (label, content) for label, content in inputs}
    assert len(by_kind) >= BY_COMMAND
    chosen = [by_kind[kind] for kind in sorted(by_kind)[:: len(by_kind) // BY_COMMAND]]

    def build(entry: tuple[str, bytes]) -> int:
        label, content = entry
        path = tmp_path / f"{label}_test.json"
        path.write_bytes(content)
        out = tmp_path / label
        result = run_askqa("build", path, out, "--profiles", quick_profile, "--workers", "1")
        if result.returncode == 2:
            assert_one_line(result, 2)
            assert not out.exists()
            return 2
        assert "Traceback" not in result.stderr, (label, result.stderr)
        assert result.returncode == (3 if rejects(out) else 0), (label, result.stderr)
        check_dataset(path, out, content, quick_profile)
        return result.returncode

    with ThreadPoolExecutor(2) as pool:
        codes = Counter(pool.map(build, chosen))
    assert codes.keys() == {0, 2, 3}

    built = [tmp_path / label for label, _ in chosen if (tmp_path / label / "askqa.json").exists()]
    for out in [out for out in built if rows(out, "initial")][:3]:
        assert loaded_rows(out, tmp_path)["initial"] == len(rows(out, "initial"))


def check_dataset(path: Path, out: Path, content: bytes, profile: Path) -> None:
    for shard in manifest(out)["shards"]:
        assert pq.read_table(out / shard["file"]).num_rows == shard["rows"]
    job = prepare(path, BuildOptions(profiles=str(profile)))
    everything = [Reject(**reject) for reject in rejects(out)]
    spoken = everything[:]
    for reject in job.unread:
        spoken.remove(reject)
    check_accounts(job.plan, job.unread, dict.fromkeys(samples(out), 1), spoken, len(read_items(content)))


def test_nothing_readable_is_still_a_dataset(quick_profile: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "broken_test.json", [{"id": "a", "target_turn": {}}, {"id": "b"}, 3])
    out = tmp_path / "out"
    result = run_askqa("build", corpus, out, "--profiles", quick_profile)
    assert result.returncode == 3, result.stderr
    assert [reject["index"] for reject in rejects(out)] == [0, 1, 2]
    assert [shard["rows"] for shard in manifest(out)["shards"]] == [0]
    assert loaded_rows(out, tmp_path, streaming=True) == {"initial": 0}
