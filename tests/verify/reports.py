"""What a report says, for tests to compare."""

from __future__ import annotations

from askqa_builder.verify.findings import CHECKS, Finding, VerifyReport


def found(report: VerifyReport) -> set[tuple[str, str | None, int | None]]:
    """What was found: check, row, turn."""
    assert {finding.check for finding in report.findings} <= set(CHECKS)
    return {(finding.check, finding.row, finding.turn) for finding in report.findings}


def the_only(report: VerifyReport, check: str) -> Finding:
    """The one finding of a kind."""
    (finding,) = [finding for finding in report.findings if finding.check == check]
    return finding
