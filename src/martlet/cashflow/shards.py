"""One shard of a night's batch: what a process is told, what it does, and how that ended.

The invariant: whoever works on a shard, here or on another machine, writes the same bytes. A shard
that breaks says why and is left undone; it never takes the night with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.cashflow import writing
from martlet.cashflow.calendar import Calendar, chinese_calendar
from martlet.cashflow.forecast import Tier, forecast
from martlet.cashflow.history import ReadingRules, read_history
from martlet.cashflow.limits import FAILURE_CHARS_MAX
from martlet.cashflow.model import CUMULATIVE_DAYS, LEVELS, Standing
from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import MartletError

if TYPE_CHECKING:
    from pathlib import Path

PARTS = "parts"
ONE_THREAD = dict.fromkeys(("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
"""Of a process that works on shards: there are as many of them as cores."""


class On(StrEnum):
    """Where shards are worked on."""

    PROCESSES = "processes"
    RAY = "ray"


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What to forecast, how far, by what, and how the work is divided."""

    history: Path
    """A file, or a folder of files of one form."""
    out: Path
    """On Ray with several machines: a folder that all of them see."""
    horizon: int
    levels: tuple[float, ...] = LEVELS
    rules: ReadingRules = field(default_factory=ReadingRules)
    calendar: Calendar = field(default_factory=chinese_calendar)
    tier: Tier = Tier.QUICK
    plugins: tuple[str, ...] = ()
    shards: int = 64
    processes: int = 2
    """Shards at a time; neither this nor where they are worked on changes what comes out."""
    on: On = On.PROCESSES
    address: str = ""
    """Of a Ray cluster; empty starts one here for the time of the batch."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard's work: everything that a process needs to know."""

    number: int
    order: BatchOrder

    def place(self, what: str, suffix: str = ".parquet") -> Path:
        """Return where something of this shard lies."""
        return self.order.out / f"{what}-{self.number:04d}{suffix}"

    @property
    def done(self) -> bool:
        """Return whether this shard is whole: its figures are written last."""
        return self.place("figures", ".json").exists()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on a shard ended."""

    number: int
    broke_by: str = ""
    """Empty where it is done; else what a reader can look for."""


def attempt(shard: Shard) -> Outcome:
    """Forecast a shard; whatever it dies of is told and not raised."""
    try:
        forecast_shard(shard)
    except MartletError as error:
        return broken(shard, f"{error.code} {dict(error.details)}")
    except Exception as error:  # noqa: BLE001 - one broken shard does not cost the others' night
        return broken(shard, f"{type(error).__name__}: {error}")
    return Outcome(shard.number)


def broken(shard: Shard, reason: str) -> Outcome:
    """Return that a shard broke, its reason in one line."""
    return Outcome(shard.number, " ".join(reason.split())[:FAILURE_CHARS_MAX])


def forecast_shard(shard: Shard) -> None:
    """Forecast one shard and put its files in place; what comes is the same on every machine."""
    order = shard.order
    part = order.out / PARTS / f"shard={shard.number}"
    files = sorted(part.glob("*.parquet")) if part.exists() else []
    figures = {"series": 0, "thin": 0, "refused": 0}
    if files:
        history = read_history(files, order.rules)
        said = forecast(
            history,
            order.horizon,
            order.levels,
            cumulative_days=CUMULATIVE_DAYS,
            calendar=order.calendar,
            tier=order.tier,
            plugins=order.plugins,
        )
        writing.write(writing.answers(said), shard.place("answers"))
        writing.write(writing.totals(said), shard.place("totals"))
        writing.write(writing.marks(said.findings), shard.place("marks"))
        refused = {f.series_id for f in said.findings if f.standing is Standing.REFUSED}
        figures = {
            "series": len(said.series_ids),
            "thin": len(history.thin_ids),
            "refused": len(refused),
        }
    writing.put(shard.place("figures", ".json"), canonical_json(figures))
