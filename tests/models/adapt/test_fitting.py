"""What the fit costs and when it is made, what names an engine, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint

import numpy as np
import pytest
import torch

from adapt_kit import BLUE, Film, Thing, film, straight
from masklet.annotate.engine import engine_id
from masklet.core import Masks, MissingExtraError, UsageError, registry
from masklet.core.protocols import Preparing
from masklet.models.adapt import engine as engines
from masklet.models.adapt import fit as fitting
from masklet.models.adapt import settings
from masklet.models.adapt.engine import Adapt
from masklet.models.adapt.fit import Fitted, ious, start
from masklet.models.adapt.settings import PARTS, settings_of
from masklet.models.features import backbone as features
from masklet.models.features.backbone import Backbone, RandomFeaturesWarning, backbone
from masklet.ops.table import concat

WALK = film([Thing(straight((60, 90), (8, 2)))], 6, (240, 180))
TWO = film(
    [Thing(straight((60, 60), (6, 0))), Thing(straight((170, 130), (-6, 0)), colour=BLUE)], 4, (240, 180)
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[Fitted]:
    """A fit of three steps on small views; the fits made, in their order."""
    normal = replace(
        settings._QUALITIES["normal"], side=160, samples=4, steps=3, online_every=2, online_rate=1e-3
    )
    monkeypatch.setitem(settings._QUALITIES, "normal", normal)
    monkeypatch.setattr(fitting, "HELD_BACK", 2)
    made: list[Fitted] = []
    original = engines.fit

    def counted(*args: object) -> Fitted:
        made.append(original(*args))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(engines, "fit", counted)
    return made


def run(engine: Adapt, scene: Film, seeds: Masks, frames: range) -> list[Masks]:
    return [rows for _, rows in engine.propagate(scene.media, seeds, frames)]


def test_the_fit_is_made_once_for_the_same_truth(small: list[Fitted]) -> None:
    engine, truth = Adapt(), WALK.truth(0)
    first = run(engine, WALK, truth, range(1, 4))
    assert len(small) == 1
    context = concat([truth, *first])
    later = run(engine, WALK, context, range(4, 6))
    assert len(small) == 1, "own rows are not truth"
    assert WALK.mean_iou(enumerate([*first, *later], 1)) > 0.8
    assert all(0 < rows.score[0] <= 1 for rows in first)
    run(engine, WALK, WALK.truth(0, 5), range(1, 2))
    assert len(small) == 2, "a second annotated frame is one more thing to learn from"
    assert len(small[1].annotated) == 2
    run(engine, WALK, truth, range(1, 2))
    assert len(small) == 2, "and the first fit is still known"
    assert run(Adapt(), WALK, context, range(4, 6)) == later, "whatever was in between, the same rows"


def test_every_object_has_its_own_fit_and_knows_the_others(small: list[Fitted]) -> None:
    engine = Adapt()
    engine.prepare(TWO.media, TWO.truth(0))
    assert len(small) == 2
    assert all(fitted.foreign for fitted in small)
    assert any(sample.others.any() for fitted in small for sample in fitted.samples)
    (first, *_) = run(engine, TWO, TWO.truth(0), range(1, 2))
    assert len(small) == 2
    assert first.object_id.tolist() == [1, 2]


def test_the_fits_of_a_call_are_kept_however_many(
    small: list[Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "FITS_KEPT", 1)
    engine = Adapt(without=("fit",))
    for _ in range(2):
        engine.prepare(TWO.media, TWO.truth(0))
        assert len(small) == 2
    engine.prepare(WALK.media, WALK.truth(0))
    assert len(engine._fits) == 1


def test_the_trained_start_belongs_to_the_features_it_was_trained_on(
    small: list[Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the backbone's weights a fit begins at random, and takes its time."""
    monkeypatch.setattr(features, "find_spec", lambda name: None)
    with pytest.warns(RandomFeaturesWarning):
        eyes = Backbone(True, torch.device("cpu"))
    taken: list[int] = []
    original = fitting.learn_step
    monkeypatch.setattr(fitting, "learn_step", lambda *a: taken.append(1) or original(*a))
    monkeypatch.setattr(fitting, "RANDOM_STEPS", 5)
    monkeypatch.setattr(fitting, "_shipped", lambda: pytest.fail("weights for other features"))
    monkeypatch.setattr(engines, "backbone", lambda: eyes)
    Adapt().prepare(WALK.media, WALK.truth(0))
    assert len(small) == 1
    assert len(taken) == 5


def test_preparing_first_changes_nothing(small: list[Fitted]) -> None:
    prepared, plain = Adapt(), Adapt()
    assert isinstance(prepared, Preparing)
    prepared.prepare(WALK.media, WALK.truth(0))
    assert len(small) == 1
    after = run(prepared, WALK, WALK.truth(0), range(1, 4))
    assert len(small) == 1
    assert after == run(plain, WALK, WALK.truth(0), range(1, 4))


def test_a_run_leaves_the_fit_as_it_was(small: list[Fitted]) -> None:
    """Online steps go into a copy; a second run starts from the same decoder."""
    engine = Adapt()
    engine.prepare(WALK.media, WALK.truth(0))
    before = {name: value.clone() for name, value in small[0].net.state_dict().items()}
    run(engine, WALK, WALK.truth(0), range(1, 6))
    assert all(torch.equal(value, before[name]) for name, value in small[0].net.state_dict().items())
    assert any(
        not torch.equal(value, before[name]) for name, value in start(backbone()).state_dict().items()
    )


@pytest.mark.usefixtures("small")
def test_the_fit_learns() -> None:
    """More steps from random weights know held-back samples better than a few."""

    def learnt(steps: int) -> float:
        numbers = replace(settings_of("normal", ("trained start",)), steps=steps, rate=3e-3)
        lessons = engines.lessons_of(WALK.media, WALK.truth(0), numbers, backbone(), engines.Scenery())
        found = fitting.fit(lessons[1], [], numbers, backbone())
        assert len(found.samples) == 4
        assert found.expected == pytest.approx(
            np.mean(ious(found.net, found.samples, backbone())), abs=0.4
        )
        return found.expected

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "RANDOM_STEPS", 1)
        assert learnt(30) > learnt(1) + 0.2


def test_the_preview_is_a_quick_engine_of_the_same_kind() -> None:
    preview = Adapt("best", "bridged").preview()
    assert isinstance(preview, Adapt)
    assert (preview.quality, preview.bars) == ("fast", "bridged")
    assert preview._settings.steps == 0


def test_fast_needs_no_fit() -> None:
    numbers = settings_of("fast")
    assert (numbers.steps, numbers.samples, numbers.online_every) == (0, 0, 0)
    assert settings_of("normal").steps > 0
    assert settings_of("best").steps > settings_of("normal").steps


def test_an_engines_name_tells_its_settings() -> None:
    engines_ = [
        Adapt(),
        Adapt("fast"),
        Adapt("best"),
        Adapt(bars="striped"),
        Adapt(without=("online",)),
        Adapt(without=("online", "edges")),
    ]
    names = [engine_id(one) for one in engines_]
    assert len(set(names)) == len(names)
    assert all(name.startswith(f"adapt/{Adapt.version} ") for name in names)
    used = Adapt()
    used._fits["something"] = None  # type: ignore[assignment]
    assert engine_id(used) == names[0]


@pytest.mark.parametrize("fitted", [True, False])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_can_be_left_out(
    part: str, fitted: bool, small: list[Fitted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "RANDOM_STEPS", 3)
    numbers = settings_of("normal", (part,))
    assert not numbers.has(part)
    assert all(numbers.has(other) for other in PARTS if other != part)
    if part in ("fit", "online"):
        assert (numbers.steps == 0) == (part == "fit")
        assert (numbers.online_every == 0) == (part == "online")
    without = (part,) if fitted or part == "fit" else ("fit", part)
    found = run(Adapt(without=without), TWO, TWO.truth(0), range(1, 3))
    assert len(found) == 2
    assert all(np.isfinite(rows.score).all() for rows in found)
    assert (small[0].expected == fitting.UNFITTED) == ("fit" in without)
    if part == "matching":
        assert not any(sample.match.any() for sample in small[0].samples)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"quality": "superb"}, "quality='superb'.*fast, normal, best"),
        ({"bars": "painted"}, "'painted'"),
        ({"without": ("luck",)}, "'luck'.*matching"),
    ],
)
def test_unknown_options_are_answered_with_the_known_ones(options: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Adapt(**options)  # type: ignore[arg-type]


@pytest.fixture
def door() -> Iterator[None]:
    registry.load.cache_clear()
    yield
    registry.load.cache_clear()


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize("library", ["torch", "safetensors"])
def test_a_missing_library_is_answered_with_the_pip_line(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: EntryPoint) -> object:
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    monkeypatch.setattr(EntryPoint, "load", fails)
    with pytest.raises(MissingExtraError, match=rf"{library}.*pip install 'masklet\[adapt\]'"):
        registry.load("propagators", "adapt")


def test_it_comes_through_the_plugin_door() -> None:
    assert registry.load("propagators", "adapt") is Adapt
