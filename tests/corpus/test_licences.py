from __future__ import annotations

import pytest

from askqa_builder.corpus.licences import UNKNOWN, is_redistributable, licence_by_name, licence_of


@pytest.mark.parametrize("source", ["gutenberg", "wikipedia"])
def test_cc_by_sa_stories_may_be_redistributed(source: str) -> None:
    assert licence_of(source).name == "CC-BY-SA-4.0"
    assert licence_of(source).redistributable


@pytest.mark.parametrize("source", ["mctest", "race", "cnn"])
def test_other_sources_of_coqa_may_not(source: str) -> None:
    assert not licence_of(source).redistributable
    assert licence_of(source) != UNKNOWN


def test_our_own_demo_is_under_the_projects_licence() -> None:
    assert licence_of("askqa-demo").name == "Apache-2.0"
    assert licence_of("askqa-demo").redistributable


@pytest.mark.parametrize("source", ["reddit", "", "Wikipedia", "gutenberg "])
def test_unsure_means_not_redistributable(source: str) -> None:
    assert licence_of(source) == UNKNOWN
    assert not UNKNOWN.redistributable


def test_a_source_is_judged_under_its_own_licence_alone() -> None:
    assert is_redistributable("gutenberg", "CC-BY-SA-4.0")
    assert not is_redistributable("gutenberg", "all rights reserved")  # somebody's own text of that domain
    assert not is_redistributable("cnn", "CNN-copyright")
    assert is_redistributable("squad", "CC-BY-SA-4.0")
    assert not is_redistributable("pacific", licence_of("pacific").name)


@pytest.mark.parametrize("licence", ["CC0-1.0", "CC-BY-4.0", "MIT"])
def test_open_licences_count_of_any_source(licence: str) -> None:
    assert is_redistributable("own", licence)
    assert licence_by_name(f" {licence.lower()}") == licence


@pytest.mark.parametrize("licence", ["unknown", "", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "proprietary"])
def test_a_licence_that_is_not_known_as_open_does_not_count(licence: str) -> None:
    assert not is_redistributable("own", licence)
    assert licence_by_name(licence) == licence
