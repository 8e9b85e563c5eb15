"""The registry of features from movements (`features.toml`): each says what it is and why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from collections.abc import Mapping

Direction = Literal["higher", "lower", "unknown"]


@dataclass(frozen=True, slots=True)
class MovementFeature:
    """One feature: what it measures, in which unit and window, and which way is safer."""

    name: str
    unit: str
    direction: Direction
    window: str
    en: str
    zh_cn: str
    definition: str
    why: str

    def label(self, locale: Locale) -> str:
        """Return its name in a language."""
        return self.en if locale is Locale.EN else self.zh_cn


@cache
def movement_features() -> Mapping[str, MovementFeature]:
    """Return the features by name, in the order of the file."""
    text = (files("martlet.credit.portfolio") / "features.toml").read_text("utf-8")
    return {name: MovementFeature(name, **entry) for name, entry in tomllib.loads(text).items()}
