"""Networks of real size have as many parameters as the published ones."""

from __future__ import annotations

import json

import pytest

from masklet.core import UsageError
from masklet.models.foundation import sizes
from masklet.models.foundation.catalogue import CATALOGUE, entry, published_as

MILLIONS = {
    "sam2-tiny": 38.9,
    "sam2-small": 46.0,
    "sam2-base-plus": 80.8,
    "sam2-large": 224.4,
    "sam3": 859.9,  # detector and tracker
    "grounding-dino-tiny": 172.2,
    "grounding-dino-base": 232.3,
    "mm-grounding-dino-tiny": 172.9,
    "mm-grounding-dino-base": 233.0,
}


@pytest.mark.parametrize(("name", "millions"), MILLIONS.items())
def test_parameters_are_the_published_count(name, millions):
    found = sizes.parameters(sizes.network(name, "meta"))
    assert found / 1e6 == pytest.approx(millions, abs=0.15)
    assert 4 * found / 1e6 == pytest.approx(CATALOGUE[name].megabytes, rel=0.01)


def test_every_name_of_the_catalogue_but_edgetam():
    assert set(sizes.SIZES) == set(CATALOGUE) - {"edgetam"}
    with pytest.raises(UsageError, match="no network of real size for 'edgetam'"):
        sizes.config("edgetam")


@pytest.mark.parametrize("name", sorted(set(sizes.SIZES) - {"sam3"}))
def test_a_published_size_is_known_by_its_configuration(name):
    family = entry(name).family
    assert published_as(family, json.loads(sizes.config(name).to_json_string())) == name
    assert published_as(family, json.loads(sizes.config(name).to_json_string(use_diff=False))) == name
