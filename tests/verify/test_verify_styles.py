"""What contradicts itself, the profile set, or what speech can be in the columns of styles."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutations import Row, edit_manifest, remade
from reports import found, the_only

from askqa_builder import build
from askqa_builder.dataset.manifest import read_manifest
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.verify.run import verify
from askqa_builder.verify.styles import check_styles

SUITS = {"positive": ["lively"], "neutral": ["neutral"], "negative": ["subdued"]}


@pytest.fixture(scope="module")
def styled(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("vaderSentiment")
    folder = tmp_path_factory.mktemp("styled")
    roles: dict[str, Any] = {role: {"voices": ["kal16"]} for role in ("narrator", "user", "assistant")}
    roles["user"]["styles"] = ["neutral", "lively", "subdued", "soft"]
    told = {
        "engine": "flite",
        "demo": True,
        "roles": roles,
        "distinct_voices": False,
        "styles": {"text_label": "vader", "suits": SUITS},
    }
    (folder / "set.yaml").write_text(json.dumps(told), "utf-8")
    build(demo_file, folder / "out", profiles=str(folder / "set.yaml"), seed=7, limit=3, workers=1)
    return folder / "out"


def test_a_styled_dataset_has_no_faults(styled: Path, demo_file: Path) -> None:
    for thorough in (False, True):
        report = verify(styled, source=demo_file, workers=1, thorough=thorough)
        assert found(report) == set()
        assert report.turns > 10


FAULTS: dict[str, tuple[Callable[[Row], object], str]] = {
    # name: (what is done to a user's turn, what should stand there)
    "nothing drawn": (
        lambda turn: turn.update(style=dict.fromkeys(turn["style"]), emotion={**turn["emotion"], "congruent": None}),
        "one of lively, neutral, soft, subdued, from which the user draws",
    ),
    "a name of no style": (lambda turn: turn["style"].update(name="loud"), "one of lively, neutral, soft, subdued"),
    "a number": (lambda turn: turn["style"].update(pitch=turn["style"]["pitch"] + 0.5), "as the profile set has it"),
    "no name": (lambda turn: turn["style"].update(name=None), "a name, or nothing at all"),
    "a draw": (lambda turn: turn["style"].update(draw="random"), "independent, congruent, incongruent"),
    "spoken by the engine": (lambda turn: turn["style"].update(native=True), "the one that the engine was asked for"),
    "congruence": (
        lambda turn: turn["emotion"].update(congruent=not turn["emotion"]["congruent"]),
        "by the profile set's `suits`",
    ),
    "an intended emotion": (
        lambda turn: turn["emotion"]["intended"].update(category="happy"),
        "none: no engine was asked for one",
    ),
    "no emotion": (lambda turn: turn["emotion"]["recognised"].update(category="bored"), "angry, disgusted, fearful"),
    "beyond one": (lambda turn: turn["emotion"]["recognised"].update(agreement=1.5), "0 to 1"),
    "no voice": (lambda turn: turn["measured"].update(f0_mean=1000.0), "54 to 495"),
    "too loud": (lambda turn: turn["measured"].update(energy=3.0), "-70 to 0"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_nothing_else(styled: Path, tmp_path: Path, name: str) -> None:
    change, wanted = FAULTS[name]
    spoilt: list[str] = []

    def spoil(rows: list[Row]) -> None:
        # nothing else of a turn that changes no level shows in its loudness
        place = next(i for i, turn in enumerate(rows[0]["turns"]) if turn["role"] == "user")
        loudness = rows[0]["turns"][place]["style"]["loudness"]
        change(rows[0]["turns"][place])
        if name == "nothing drawn" and loudness:
            rows[0]["speakers"] = [
                {**one, "requested": {**one["requested"], "loudness": one["requested"]["loudness"] + loudness}}
                if one["role"] == "user"
                else one
                for one in rows[0]["speakers"]
            ]
        spoilt.append(rows[0]["id"])

    report = verify(remade(styled, tmp_path / "spoilt", spoil), workers=1)
    findings = [finding for finding in report.findings if finding.row == spoilt[0] and finding.check == "style"]
    assert any(wanted in finding.wanted for finding in findings)
    assert {row for _, row, _ in found(report)} == {spoilt[0]}


def test_a_style_of_a_role_that_draws_none(styled: Path, tmp_path: Path) -> None:
    def tell(rows: list[Row]) -> None:
        user = next(turn for turn in rows[0]["turns"] if turn["role"] == "user")
        rows[0]["turns"][0]["style"] = dict(user["style"], name="neutral")

    finding = the_only(verify(remade(styled, tmp_path / "spoilt", tell), workers=1), "style")
    assert finding.turn == 0
    assert finding.wanted == "one of none, from which the narrator draws"


def test_a_congruent_draw_that_is_none(styled: Path, tmp_path: Path) -> None:
    def tell(rows: list[Row]) -> None:
        turn = next(
            turn for row in rows for turn in row["turns"] if turn["role"] == "user" and not turn["emotion"]["congruent"]
        )
        turn["style"]["draw"] = "congruent"

    finding = the_only(verify(remade(styled, tmp_path / "spoilt", tell), workers=1), "style")
    assert finding.wanted == "a style that is congruent with it"


def test_an_intended_emotion_is_the_one_that_the_profile_set_asks_for(styled: Path) -> None:
    manifest = read_manifest(styled)
    assert manifest is not None
    profiles = manifest["profiles"]
    row, _ = next(Source(styled).all_texts())
    turn = next(turn for turn in row["turns"] if turn["role"] == "user")
    asked = {"category": "happy", "valence": 0.9, "arousal": 0.7, "dominance": None}
    profiles["styles"]["define"][turn["style"]["name"]]["emotion"] = asked
    turn["style"]["native"] = True
    for told, faults in ((asked, 0), ({**asked, "valence": 0.1}, 1), ({**asked, "category": "sad"}, 1)):
        turn["emotion"]["intended"] = dict(told)
        found = [fault for fault in check_styles({"turns": [turn]}, profiles) if "intended" in fault.measured]
        assert len(found) == faults


@pytest.mark.parametrize("name", ["f0_mean", "f0_range", "articulation_rate", "energy"])
def test_measures_that_are_not_heard_are_found_by_who_measures_anew(styled: Path, tmp_path: Path, name: str) -> None:
    def tell(rows: list[Row]) -> None:
        rows[0]["turns"][0]["measured"][name] *= 0.97

    spoilt = remade(styled, tmp_path / "spoilt", tell)
    assert found(verify(spoilt, workers=1)) == set()
    finding = the_only(verify(spoilt, workers=1, thorough=True), "style")
    assert finding.turn == 0
    assert finding.measured.startswith(f"measured {name} ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda told: told["styles"].pop("define"), "profiles.styles.define is missing"),
        (lambda told: told["styles"]["define"].pop("lively"), "styles.question has lively, which is not defined"),
        (lambda told: told.pop("styles"), "which is not defined"),
        (lambda told: told["styles"].update(draw="random"), "profiles.styles.draw is"),
        (lambda told: told["roles"]["user"].update(styles=["lively"]), "profiles.roles.user.styles is"),
        (lambda told: told["styles"]["define"]["lively"].update(pitch="high"), "styles.define.lively.pitch is"),
    ],
)
def test_a_manifest_of_another_form_is_refused(
    styled: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    shutil.copytree(styled, tmp_path / "copy")
    edit_manifest(tmp_path / "copy", lambda told: change(told["profiles"]))
    with pytest.raises(UsageError, match=said):
        verify(tmp_path / "copy", workers=1)
