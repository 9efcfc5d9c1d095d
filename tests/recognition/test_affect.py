"""Recognisers of emotions: the real classes of transformers, with tiny random weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from askqa_builder.errors import UsageError
from askqa_builder.recognition.affect.label_names import category_of, read_labels
from askqa_builder.recognition.affect.recogniser import AffectRecogniser, Verdict, load_affect_recogniser
from askqa_builder.recognition.recogniser import AFFECT_RECOGNISERS, check_options
from askqa_builder.voices.emotion import CATEGORIES, DIMENSIONS, Affect

pytest.importorskip("torch", reason="the affect extra is not installed")
pytest.importorskip("transformers", reason="the affect extra is not installed")

from safetensors.torch import load_file, save_file
from tiny_affect import clips, config, write_categories, write_dimensions
from transformers import Wav2Vec2ForSequenceClassification

SUPERB = ("neu", "hap", "ang", "sad")
LENGTHS = (1.0, 4.0, 0.3, 2.5, 4.0)


def same(one: Sequence[Verdict], other: Sequence[Verdict]) -> bool:
    """Tell whether verdicts differ by rounding alone."""
    return len(one) == len(other) and all(
        first.affect.category == second.affect.category
        and np.allclose(_numbers(first), _numbers(second), atol=1e-5, equal_nan=True)
        for first, second in zip(one, other, strict=True)
    )


def _numbers(verdict: Verdict) -> list[float]:
    told = [getattr(verdict.affect, name) for name in DIMENSIONS] + [verdict.probability]
    return [float("nan") if value is None else value for value in told]


@pytest.fixture(scope="module")
def categories(tmp_path_factory: pytest.TempPathFactory) -> AffectRecogniser:
    folder = write_categories(tmp_path_factory.mktemp("models") / "categories", SUPERB)
    return load_affect_recogniser("wav2vec2-categories", {"model": str(folder), "device": "cpu"})


@pytest.fixture(scope="module")
def dimensions(tmp_path_factory: pytest.TempPathFactory) -> AffectRecogniser:
    folder = write_dimensions(tmp_path_factory.mktemp("models") / "dimensions")
    return load_affect_recogniser("wav2vec2-dimensions", {"model": str(folder), "device": "cpu"})


def test_categories_are_ours_and_the_likeliest(categories: AffectRecogniser) -> None:
    verdicts = categories.recognise(clips(*LENGTHS))
    assert {verdict.affect.category for verdict in verdicts} <= {"neutral", "happy", "angry", "sad"}
    assert all(verdict.probability is not None and 0.25 <= verdict.probability <= 1.0 for verdict in verdicts)
    assert all(verdict.affect.valence is None for verdict in verdicts)
    assert categories.tells == ("category",)


def test_dimensions_lie_from_0_to_1(dimensions: AffectRecogniser) -> None:
    verdicts = dimensions.recognise(clips(*LENGTHS))
    assert dimensions.tells == ("arousal", "dominance", "valence")
    values = [getattr(verdict.affect, name) for verdict in verdicts for name in DIMENSIONS]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert len({round(value, 4) for value in values}) > len(values) // 2
    assert all(verdict.affect.category is None and verdict.probability is None for verdict in verdicts)


@pytest.mark.parametrize("kind", ["categories", "dimensions"])
def test_a_verdict_does_not_depend_on_its_batch(kind: str, request: pytest.FixtureRequest) -> None:
    recogniser: AffectRecogniser = request.getfixturevalue(kind)
    batch = clips(*LENGTHS)
    alone = [recogniser.recognise([clip])[0] for clip in batch]
    assert same(recogniser.recognise(batch), alone)
    assert same(recogniser.recognise(batch[::-1]), alone[::-1])
    assert len({_numbers(verdict)[-1] if kind == "categories" else _numbers(verdict)[0] for verdict in alone}) > 1


def test_nor_where_the_model_normalises_over_time(tmp_path: Path) -> None:
    """As wav2vec2-base, which takes no attention mask: padding would change what it hears."""
    folder = write_categories(tmp_path / "base", SUPERB, feat_extract_norm="group", do_stable_layer_norm=False)
    recogniser = load_affect_recogniser("wav2vec2-categories", {"model": str(folder), "device": "cpu"})
    batch = clips(*LENGTHS)
    assert same(recogniser.recognise(batch), [recogniser.recognise([clip])[0] for clip in batch])


def test_other_rates_and_very_short_clips_are_heard(categories: AffectRecogniser) -> None:
    (verdict,) = categories.recognise(clips(1.0, rate=8000))
    assert verdict.affect.category is not None
    assert len(categories.recognise(clips(0.0005, 0.001))) == 2


def test_probabilities_of_labels_that_mean_the_same_are_added(tmp_path: Path) -> None:
    folder = write_categories(tmp_path / "two", ("calm", "neutral"))
    options = {"model": str(folder), "labels": {"calm": "neutral"}, "device": "cpu"}
    (verdict,) = load_affect_recogniser("wav2vec2-categories", options).recognise(clips(1.0))
    assert verdict.affect.category == "neutral"
    assert verdict.probability == pytest.approx(1.0)


def test_all_that_they_say_of_themselves(categories: AffectRecogniser, dimensions: AffectRecogniser) -> None:
    for recogniser, name in ((categories, "categories"), (dimensions, "dimensions")):
        info = recogniser.info
        assert (info.name, info.model, info.library) == (f"wav2vec2-{name}", name, "transformers")
        assert info.revision is not None
        assert info.numeric_mode == "cpu-float32"
        assert info.licence == "as its maker says"


def test_the_licence_is_the_card_s(tmp_path: Path) -> None:
    folder = write_categories(tmp_path / "model", SUPERB)
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-sa-4.0\n---\n# A model\n", "utf-8")
    assert load_affect_recogniser("wav2vec2-categories", {"model": str(folder)}).info.licence == "cc-by-nc-sa-4.0"


def test_checkpoints_with_the_published_names_load(tmp_path: Path) -> None:
    """Keys and architecture as of audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim, with its old weight norm."""
    folder = write_dimensions(tmp_path / "published")
    expected = load_affect_recogniser("wav2vec2-dimensions", {"model": str(folder)}).recognise(clips(1.0))
    weights = load_file(folder / "model.safetensors")
    heads = {key for key in weights if not key.startswith("wav2vec2.")}
    assert heads == {f"classifier.{layer}.{part}" for layer in ("dense", "out_proj") for part in ("weight", "bias")}
    old = {
        key.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for key, value in weights.items()
    }
    assert any(key.endswith("pos_conv_embed.conv.weight_g") for key in old)
    save_file(old, folder / "model.safetensors", metadata={"format": "pt"})
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["Wav2Vec2ForSpeechClassification"]
    found = load_affect_recogniser("wav2vec2-dimensions", {"model": str(folder)}).recognise(clips(1.0))
    assert same(found, expected)


def test_a_model_of_valence_alone_tells_no_more(tmp_path: Path) -> None:
    """Loaded as transformers' own classifier, whose head has another form."""
    folder = write_categories(tmp_path / "valence", ("LABEL_0", "LABEL_1"), problem_type="regression")
    options = {"model": str(folder), "labels": {"LABEL_0": "valence", "LABEL_1": "arousal"}}
    recogniser = load_affect_recogniser("wav2vec2-dimensions", options)
    assert recogniser.tells == ("valence", "arousal")
    (verdict,) = recogniser.recognise(clips(1.0))
    assert verdict.affect.dominance is None
    assert verdict.affect.valence is not None


@pytest.mark.parametrize(
    ("name", "make", "options", "message"),
    [
        ("categories", lambda f: write_categories(f, ("calm", "sad")), {}, r"'calm' is no emotion.*labels: \{calm:"),
        ("categories", lambda f: write_categories(f, SUPERB), {"labels": {"hap": "glad"}}, "'glad' is not allowed"),
        ("categories", lambda f: write_categories(f, SUPERB), {"labels": {"joy": "happy"}}, "has no label 'joy'"),
        ("categories", lambda f: write_categories(f, SUPERB), {"labels": "hap"}, "give a mapping"),
        ("categories", lambda f: write_categories(f, SUPERB), {"device": "cuda:99"}, "is not there"),
        ("dimensions", lambda f: write_categories(f, ("a", "b")), {}, "'a' is no dimension"),
        ("dimensions", lambda f: write_dimensions(f, ("valence", "valence")), {}, "a dimension of its own"),
        ("dimensions", lambda f: write_categories(f, SUPERB), {}, "use wav2vec2-categories"),
        ("categories", lambda f: f, {}, "cannot be loaded"),
        ("categories", lambda f: None, {}, "needs a model: give wav2vec2-categories:FOLDER"),
    ],
)
def test_what_does_not_fit_is_told(
    name: str, make: Callable[[Path], Path | None], options: dict[str, object], message: str, tmp_path: Path
) -> None:
    folder = make(tmp_path / "model")
    model = {} if folder is None else {"model": str(folder)}
    with pytest.raises(UsageError, match=message):
        load_affect_recogniser(f"wav2vec2-{name}", {**model, **options})


def test_a_head_that_the_checkpoint_lacks_is_not_made_up(tmp_path: Path) -> None:
    """transformers fills in random weights and says so in passing."""
    folder = write_dimensions(tmp_path / "model")
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**content, "architectures": ["Wav2Vec2ForSequenceClassification"]}))
    with pytest.raises(UsageError, match="lacks weights"):
        load_affect_recogniser("wav2vec2-dimensions", {"model": str(folder)})
    Wav2Vec2ForSequenceClassification(config(("angry", "sad", "happy"))).wav2vec2.save_pretrained(folder)
    with pytest.raises(UsageError, match="lacks weights"):
        load_affect_recogniser("wav2vec2-categories", {"model": str(folder)})


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("ang", "angry"),
        ("Happiness", "happy"),
        ("生气/angry", "angry"),
        ("难过/sad", "sad"),
        ("<unk>", "unknown"),
        ("other", "other"),
        ("disgust", "disgusted"),
        ("happy/sad", None),
        ("calm", None),
    ],
)
def test_labels_are_known_by_their_usual_names(name: str, meaning: str | None) -> None:
    assert category_of(name) == meaning


def test_every_category_names_itself() -> None:
    assert read_labels("model", dict(enumerate(CATEGORIES)), None) == list(CATEGORIES)


def test_verdicts_are_what_they_may_be() -> None:
    verdict = Verdict(Affect("sad", valence=0.25), 0.5)
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json()))) == verdict
    with pytest.raises(ValueError, match="probability"):
        Verdict(Affect("sad"), 1.5)


def test_both_are_installed_and_options_are_their_own() -> None:
    check_options(AFFECT_RECOGNISERS, "wav2vec2-categories", {"labels": {}})
    with pytest.raises(UsageError, match=r"recogniser of emotions 'wav2vec2-dimensions' has no option 'beam'"):
        check_options(AFFECT_RECOGNISERS, "wav2vec2-dimensions", {"beam": 1})
    with pytest.raises(UsageError, match="unknown recogniser of emotions"):
        load_affect_recogniser("emotion3vec")
