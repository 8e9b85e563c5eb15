"""The room's eye: answers with signals from records that the business allowed to be read.

The request path takes what was stored at the last import; where records have changed since, or
the day has, it reads that one business anew in milliseconds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from martlet.kernel.calendar import business_date_of
from martlet.records import queries
from martlet.records.features import FEATURES, features_with_samples, sample_of
from martlet.records.figures import PROVIDER, VERSION
from martlet.records.limits import STORED_SIGNALS_DAYS
from martlet.records.model import Kind
from martlet.records.reading import (
    ConsentSource,
    PartyReading,
    figures_of_party,
    known_kinds,
    read_shards,
)
from martlet.signals import NOTHING, SignalRequest, SignalSet, kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.records.figures import Figures
    from martlet.records.queries import StoredSignals
    from martlet.store import Reading


class RecordsSignals:
    """The provider of every signal that a business's own records give."""

    name = PROVIDER
    version = VERSION
    consents = tuple(kind.value for kind in Kind)
    kinds = tuple(feature.slug for feature in FEATURES)

    def __init__(
        self, database: Reading, folder: Path, consents: ConsentSource | None = None
    ) -> None:
        self._database = database
        self._folder = folder
        self._consents = consents or ConsentSource()

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what one business's records say at a moment, without what it did not allow."""
        principal, party_id = request.principal, request.party_id
        principal.require_party(party_id)
        with self._database.read() as connection:
            allowed = self._consents.of_one(connection, principal, party_id, as_of)
            if not allowed:
                return NOTHING
            stored = queries.stored_signals(connection, principal.tenant_id, party_id)
            if stored is not None and _still_good(stored, allowed, as_of):
                return stored.figures.signals(party_id, stored.computed_at)
            imports = queries.imports_of_party(connection, principal.tenant_id, party_id)
            kinds = known_kinds(imports, allowed, as_of)
            figures: Figures | None = figures_of_party(
                connection,
                self._folder,
                PartyReading(principal.tenant_id, party_id, imports, kinds),
                as_of,
            )
        return figures.signals(party_id, as_of) if figures is not None else NOTHING

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        """Return what `collect` returns for each of some businesses, asked in two questions.

        A business whose stored signals no longer hold is read anew, alone.
        """
        for party_id in party_ids:
            principal.require_party(party_id)
        with self._database.read() as connection:
            allowed = self._consents.of_some(connection, principal, party_ids, as_of)
            stored = queries.stored_signals_of_some(connection, principal.tenant_id, party_ids)
        found: dict[UUID, SignalSet] = {}
        for party_id in party_ids:
            readable, known = allowed.get(party_id), stored.get(party_id)
            if not readable:
                found[party_id] = NOTHING
            elif known is not None and _still_good(known, readable, as_of):
                found[party_id] = known.figures.signals(party_id, known.computed_at)
            else:
                found[party_id] = self.collect(SignalRequest(principal, party_id), as_of)
        return found

    def collect_many(self, requests: Sequence[SignalRequest], as_of: datetime) -> pl.DataFrame:
        """Return the same as columns, `party_id` and one a kind; null where too thin or unknown.

        Businesses without anything that may be read have no row.
        """
        by_principal: dict[Principal, set[UUID]] = {}
        for request in requests:
            by_principal.setdefault(request.principal, set()).add(request.party_id)
        frames = [self.features(who, parties, as_of) for who, parties in by_principal.items()]
        return pl.concat(frames) if frames else _thick_only(features_with_samples({}, as_of))

    def features(
        self, principal: Principal, party_ids: Collection[UUID] | None, as_of: datetime
    ) -> pl.DataFrame:
        """Return the features of some businesses (None: all) whose records may be read."""
        with self._database.read() as connection:
            shards = read_shards(
                connection, self._folder, principal, as_of, self._consents, party_ids
            )
            frames = [_thick_only(features_with_samples(shard.records, as_of)) for shard in shards]
        whole = pl.concat(frames) if frames else _thick_only(features_with_samples({}, as_of))
        return whole.sort("party_id")


def _still_good(stored: StoredSignals, allowed: frozenset[str], as_of: datetime) -> bool:
    """Tell whether stored figures are what would be computed now, but for the day's turn."""
    readable = {kind for kind in stored.kinds_there if kind.value in allowed}
    age = business_date_of(as_of) - stored.as_of
    recent = timedelta(0) <= age <= timedelta(days=STORED_SIGNALS_DAYS)
    return readable == set(stored.figures.kinds) and recent and stored.computed_at <= as_of


def _thick_only(frame: pl.DataFrame) -> pl.DataFrame:
    """Return all features, each null where fewer records stand behind it than its kind asks."""
    there = set(frame.columns)
    nothing = pl.lit(None, pl.Int64)
    return frame.select(
        "party_id",
        *(
            pl.when(pl.col(sample_of(f.slug)) >= kind_of(f.slug).sample_min)
            .then(pl.col(f.slug))
            .alias(f.slug)
            if f.slug in there
            else nothing.alias(f.slug)
            for f in FEATURES
        ),
    )
