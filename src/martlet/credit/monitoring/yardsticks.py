"""By what drift, calibration and fairness are judged: thresholds as data, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """The thresholds; see `yardsticks.toml` for what each means."""

    cell_min: int
    baseline_months: int
    watch_psi_ppm: int
    act_psi_ppm: int
    epsilon_ppm: int
    score_bins: int
    pd_edges_ppm: tuple[int, ...]
    adverse_below_ppm: int
    parcelling_ppm: tuple[int, ...]

    def __post_init__(self) -> None:
        assert self.cell_min > 0
        assert 0 < self.watch_psi_ppm < self.act_psi_ppm
        assert self.epsilon_ppm > 0, "an empty bin must count as something"
        assert list(self.pd_edges_ppm) == sorted(set(self.pd_edges_ppm))


@cache
def yardsticks() -> Yardsticks:
    """Return the thresholds that ship with the house."""
    text = (files("martlet.credit.monitoring") / "yardsticks.toml").read_text("utf-8")
    table = tomllib.loads(text)
    stability, calibration = table["stability"], table["calibration"]
    return Yardsticks(
        cell_min=table["cell_min"],
        baseline_months=table["baseline_months"],
        watch_psi_ppm=stability["watch_psi_ppm"],
        act_psi_ppm=stability["act_psi_ppm"],
        epsilon_ppm=stability["epsilon_ppm"],
        score_bins=stability["score_bins"],
        pd_edges_ppm=tuple(calibration["pd_edges_ppm"]),
        adverse_below_ppm=table["fairness"]["adverse_below_ppm"],
        parcelling_ppm=tuple(table["rejects"]["parcelling_ppm"]),
    )
