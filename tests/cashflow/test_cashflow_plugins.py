"""Tiers of other packages: found by name, weighed in the blend, never trusted."""

from __future__ import annotations

import importlib.util
import textwrap
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.cashflow import Ask, History, Tier, chinese_calendar, forecast
from martlet.cashflow.plugins import known_plugins
from martlet.cashflow.tiers import accurate
from martlet.kernel.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = """
    from dataclasses import dataclass, replace

    from martlet.cashflow.rules import RULES, by_rule


    @dataclass(frozen=True)
    class LastWeek:
        calendar: object
        costly: bool = False

        def __call__(self, history, ask):
            return lambda then, wanted: by_rule(RULES["SeasonalNaive"], then, wanted)


    @dataclass(frozen=True)
    class Nonsense(LastWeek):
        def __call__(self, history, ask):
            def ready(then, wanted):
                said = by_rule(RULES["SeasonalNaive"], then, wanted)
                return replace(said, mean=said.mean * float("nan"))
            return ready


    @dataclass(frozen=True)
    class Raises(LastWeek):
        def __call__(self, history, ask):
            raise KeyError("weights.bin")
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package on the path as an installer leaves it: a module and its entry points."""
    (tmp_path / "birdcast.py").write_text(textwrap.dedent(PACKAGE), encoding="utf-8")
    told = tmp_path / "birdcast-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: birdcast\nVersion: 1.0\n")
    lines = ("last-week = birdcast:LastWeek", "nonsense = birdcast:Nonsense")
    lines += ("raises = birdcast:Raises", "gone = birdcast:NotThere")
    entries = "\n".join(("[martlet.cashflow_tiers]", *lines))
    (told / "entry_points.txt").write_text(entries, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def repeating() -> History:
    """A week that repeats itself but for its level, which last week tells and no mean does."""
    level = np.repeat(np.random.default_rng(3).uniform(50, 500, (6, 36)), 7, axis=1)
    level = np.sort(level, axis=1)
    week = np.tile([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0], 36)
    return History(tuple("abcdef"), date(2026, 1, 5), level * week)


@pytest.mark.usefixtures("installed")
def test_a_tier_of_another_package_is_weighed_by_what_it_is_worth() -> None:
    assert {"fracast", "last-week"} <= set(known_plugins())
    ask = Ask(7, (0.1, 0.5, 0.9), (7,))
    said, weights = accurate(repeating(), ask, chinese_calendar(), plugins=("last-week",))
    place = weights.names.index("last-week")
    assert weights.days[place] > 0.3
    assert np.isfinite(said.mean).all()
    without, others = accurate(repeating(), ask, chinese_calendar())
    assert "last-week" not in others.names
    assert not np.array_equal(without.mean, said.mean)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "detail"),
    [("nonsense", "NaN"), ("raises", "weights.bin"), ("gone", "NotThere")],
)
def test_what_another_package_does_wrong_is_told_as_its_fault(name: str, detail: str) -> None:
    with pytest.raises(Unavailable, match="plugin_broken") as told:
        forecast(repeating(), 7, tier=Tier.ACCURATE, plugins=(name,))
    assert told.value.details["name"] == name
    assert detail in str(told.value.details["detail"])


def test_a_tier_that_nobody_brings_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="plugin_unknown") as told:
        forecast(repeating(), 7, tier=Tier.ACCURATE, plugins=("oracle",))
    assert "fracast" in str(told.value.details["known"])


def test_a_quick_answer_has_no_place_for_a_plugin() -> None:
    with pytest.raises(Invalid, match="plugins_unused"):
        forecast(repeating(), 7, tier=Tier.QUICK, plugins=("fracast",))


@pytest.mark.skipif(
    importlib.util.find_spec("fracast") is not None, reason="the package is installed here"
)
def test_the_adapter_says_which_package_it_needs() -> None:
    with pytest.raises(Unavailable, match="plugin_missing") as told:
        forecast(repeating(), 7, tier=Tier.ACCURATE, plugins=("fracast",))
    assert told.value.details["package"] == "fracast"


@pytest.mark.skipif(
    importlib.util.find_spec("fracast") is None, reason="the package fracast, which brings torch"
)
def test_the_foundation_model_takes_part() -> None:
    _, weights = accurate(
        repeating(), Ask(7, (0.1, 0.5, 0.9), (7,)), chinese_calendar(), plugins=("fracast",)
    )
    assert "fracast" in weights.names
