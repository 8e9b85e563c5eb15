"""The kinds of model there are, and how to tell them apart: one way in for every artefact.

The invariant: only a scorecard decides. A model of another kind may be registered and run in
shadow, where it is asked and not obeyed (decision 0011).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from martlet.credit.boosted import KIND as TREES_KIND
from martlet.credit.boosted import BoostedTrees, read_boosted
from martlet.credit.limits import BOOSTED_BYTES_MAX
from martlet.credit.scorecard import Scorecard, read_scorecard
from martlet.kernel.errors import Invalid, Refused

CreditModel = Scorecard | BoostedTrees


class ModelKind(StrEnum):
    """What a model is made of."""

    SCORECARD = "scorecard"
    MONOTONE_TREES = TREES_KIND

    @property
    def decides(self) -> bool:
        """Whether a model of this kind may be the champion."""
        return self is ModelKind.SCORECARD

    @property
    def mark(self) -> str:
        """How its artefacts are marked where they are kept; a scorecard is simply the model."""
        return "model" if self is ModelKind.SCORECARD else self.value

    @classmethod
    def of_mark(cls, mark: str) -> ModelKind:
        """Return the kind whose artefacts are marked so."""
        return next(kind for kind in cls if kind.mark == mark)


class _Head(msgspec.Struct):
    """What of an artefact tells its kind: a scorecard names none."""

    kind: str = ModelKind.SCORECARD.value


_head = msgspec.json.Decoder(_Head)


def kind_of_model(model: CreditModel) -> ModelKind:
    """Return what a model is made of."""
    return ModelKind.SCORECARD if isinstance(model, Scorecard) else ModelKind.MONOTONE_TREES


def kinds_read(model: CreditModel) -> tuple[str, ...]:
    """Return the kinds of signal that a model reads."""
    if isinstance(model, Scorecard):
        return tuple(part.kind for part in model.characteristics)
    return model.kinds


def read_deciding(data: bytes | str) -> Scorecard:
    """Read an artefact of a model that may decide; one of another kind is refused by its name."""
    model = read_model(data)
    if not isinstance(model, Scorecard):
        raise Refused("credit.only_scorecards_decide", name=model.name, version=model.version)
    return model


def read_model(data: bytes | str) -> CreditModel:
    """Read an artefact of any kind; one that is malformed is refused in one sentence."""
    if len(data) > BOOSTED_BYTES_MAX:
        raise Invalid("credit.artefact_unreadable", detail=f"{len(data)} bytes")
    try:
        kind = ModelKind(_head.decode(data).kind)
    except ValueError as error:
        raise Invalid("credit.artefact_unreadable", detail=str(error)[:200]) from error
    return read_scorecard(data) if kind is ModelKind.SCORECARD else read_boosted(data)
