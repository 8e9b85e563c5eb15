"""The terms of many loans as columns, decoded no further than the arithmetic needs.

Conventions are the same text for thousands of loans, so each text is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Raw, Struct
from msgspec.json import Decoder, decode

from martlet.lending.product import Conventions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.columns import Column


class _Terms(Struct):
    """The fields of a loan's terms; the conventions stay as they were written."""

    principal_fen: int
    rate_ppm_per_day: int
    tenor: int
    conventions: Raw
    annual_rate_ppm: int | None = None
    first_due_on: str | None = None
    due_dates: tuple[str, ...] = ()


_read = Decoder(_Terms).decode
_conventions: dict[bytes, Conventions] = {}
_CONVENTIONS_MAX = 10_000
"""Different texts kept at once: there are a few for each version of each product."""


@dataclass(frozen=True, slots=True)
class TermsColumns:
    """Terms as columns; `shape` tells which of the conventions a loan has."""

    principal_fen: Column
    rate_ppm: Column
    rate_days: Column
    tenor: Column
    own_dates: Column
    """1 where due dates were agreed by themselves."""
    shape: Column
    shapes: tuple[Conventions, ...]


def terms_columns(texts: Sequence[str]) -> TermsColumns:
    """Return the terms of loans, in the order of their texts."""
    shapes: dict[bytes, int] = {}
    found = np.empty((6, len(texts)), dtype=np.int64)
    known: list[Conventions] = []
    for place, text in enumerate(texts):
        terms = _read(text)
        written = bytes(terms.conventions)
        shape = shapes.get(written)
        if shape is None:
            shape = shapes[written] = len(known)
            known.append(_read_conventions(written))
        annual = terms.annual_rate_ppm
        found[:, place] = (
            terms.principal_fen,
            terms.rate_ppm_per_day if annual is None else annual,
            1 if annual is None else known[shape].days_per_year,
            terms.tenor,
            int(bool(terms.first_due_on or terms.due_dates)),
            shape,
        )
    return TermsColumns(found[0], found[1], found[2], found[3], found[4], found[5], tuple(known))


def _read_conventions(written: bytes) -> Conventions:
    if written not in _conventions:
        if len(_conventions) >= _CONVENTIONS_MAX:
            _conventions.clear()
        _conventions[written] = Conventions.from_json(decode(written))
    return _conventions[written]
