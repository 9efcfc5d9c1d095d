from __future__ import annotations

import pytest

from askqa_builder.corpus.licences import UNKNOWN, licence_of


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
