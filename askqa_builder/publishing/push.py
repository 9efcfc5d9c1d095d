"""`push`: a finished dataset to the Hugging Face Hub, resumable at any moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.dataset.hub.access import quiet_client, require_token
from askqa_builder.dataset.hub.repository import HubRepository, Target
from askqa_builder.dataset.manifest import shard_records
from askqa_builder.errors import AskqaError
from askqa_builder.publishing.contents import collect, statistics_of
from askqa_builder.publishing.narrowing import Choice, Sources, kept_sources, narrowed
from askqa_builder.publishing.publish import Published, Say, publish
from askqa_builder.publishing.terms import Confirm, Terms, check_consent, check_voices, terms_of
from askqa_builder.verify.manifest import checked_manifest
from askqa_builder.verify.run import verify


@dataclass(frozen=True)
class PushPlan:
    """What a push would send, and under which terms.

    rows, files, bytes: of the dataset; where rows are left out (`narrowed`), rows are those that are kept, and the
    others what they can be at most.
    """

    dataset: Path
    target: Target
    rows: int
    files: int
    bytes: int
    narrowed: bool
    terms: Terms


@dataclass(frozen=True)
class PushReport:
    """A dataset that is on the Hub. rows: in it. sent: bytes of shards that were not there. tag: of this version."""

    url: str
    revision: str
    tag: str
    rows: int
    sent: int
    deleted: int
    changed: bool


def push(
    dataset: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    revision: str = "main",
    domains: Collection[str] | str | None = None,
    redistributable: bool = False,
    yes: bool = False,
    allow_demo_voices: bool = False,
    confirm: Confirm | None = None,
    say: Say | None = None,
) -> PushReport:
    """Publish a finished dataset as the dataset repository `repo_id` (org/name) of the Hugging Face Hub.

    It must verify. What an earlier push of askqa left there and this dataset does not have is deleted in the same
    commit; files of others are left alone. Each version gets a tag. The token is the ecosystem's: HF_TOKEN, or what
    `hf auth login` stored.

    private: make the repository private where it is new. revision: branch, made where it is missing. domains,
    redistributable: leave out rows of other sources, or whose text may not be passed on. yes: publish such text
    without asking; else confirm is called with the terms. allow_demo_voices: publish also what is made with voices
    that are not meant for research. say: takes lines of progress.

    Raises UsageError (wrong usage, no token, nobody to ask), AskqaError (the dataset does not verify, the answer is
    no), HubError. After the latter, or after a kill, the same call goes on where it stopped.
    """
    target, choice = Target(repo_id, revision, private), Choice(domains, redistributable)
    manifest = checked_manifest(Path(dataset))
    check_voices(manifest, allow_demo_voices)
    require_token()
    say = say or _nothing
    plan, sources, kept = _plan(Path(dataset), manifest, target, choice, say)
    check_consent(plan.terms, yes, confirm)
    with narrowed(plan.dataset, sources, kept) as folder, quiet_client(bars=True):
        hub = HubRepository(target)
        hub.prepare()
        return publish_folder(folder, hub, say)


def plan_push(
    dataset: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    revision: str = "main",
    domains: Collection[str] | str | None = None,
    redistributable: bool = False,
    say: Say | None = None,
) -> PushPlan:
    """Say what `push` would send, after verifying the dataset; needs no token and no network. Raises as `push` does."""
    target, choice = Target(repo_id, revision, private), Choice(domains, redistributable)
    manifest = checked_manifest(Path(dataset))
    return _plan(Path(dataset), manifest, target, choice, say or _nothing)[0]


def publish_folder(folder: Path, hub: HubRepository, say: Say) -> PushReport:
    """Publish a dataset that verifies, whose terms are agreed to, to a repository that is prepared."""
    contents = collect(folder, hub.target.repo_id)
    done: Published = publish(contents, hub, say)
    return PushReport(
        url=hub.url,
        revision=hub.target.revision,
        tag=contents.tag,
        rows=contents.statistics.rows,
        sent=done.sent,
        deleted=len(done.deleted),
        changed=done.changed,
    )


def check_verifies(dataset: Path, say: Say) -> None:
    """Raise AskqaError where the dataset does not verify."""
    say(f"verifying {dataset}")
    report = verify(dataset)
    if report.total:
        counts = ", ".join(f"{count} {check}" for check, count in report.counts.most_common())
        raise AskqaError(
            f"{dataset} does not verify ({counts}); see askqa verify, then build it again, or leave rows out with "
            "askqa filter"
        )


def _plan(
    dataset: Path, manifest: Mapping[str, Any], target: Target, choice: Choice, say: Say
) -> tuple[PushPlan, Sources, Sources]:
    """Verify, and settle what is sent; returns rows by source as well: of all, and those that are kept."""
    check_verifies(dataset, say)
    statistics = statistics_of(dataset, manifest)
    kept = kept_sources(statistics.sources, choice)
    records = shard_records(manifest)
    plan = PushPlan(
        dataset=dataset,
        target=target,
        rows=sum(kept.values()),
        files=len(records) + 2 + bool(manifest["rejected"]),
        bytes=sum(record.bytes for record in records),
        narrowed=kept.keys() != statistics.sources.keys(),
        terms=terms_of(manifest, kept, statistics.voices),
    )
    return plan, statistics.sources, kept


def _nothing(line: str) -> None:
    """Say nothing."""
