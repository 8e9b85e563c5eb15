"""How well and how fast a lender's own table is scored: ranking on cases not seen, seconds.

    python -m benchmarks.score --data DIR [--only sba sba-time gmsc table] [--dealings 3]

`sba`: five random folds, every fold answered by a run of the whole brain that was given the labels
of the other four. `sba-time`: labels of the earlier approvals, the later ones judged. `gmsc`: three
folds of 150,000 rows inside one fit. `table`: 30,000 synthetic rows of 25 columns, files to
answers. Columns that hold the outcome or the future (SOURCE.md names them) are left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl

from benchmarks.machine import machine_lines
from martlet.credit.portfolio import brain
from martlet.credit.portfolio.engine import Explanatory, fit
from martlet.credit.portfolio.report import measured
from martlet.credit.training.fit import stratified_folds
from martlet.credit.training.measures import auc
from martlet.kernel.i18n import Locale

FOLDS = 5
SBA_HINDSIGHT = [
    "Selected",
    "Term",
    "daysterm",
    "xx",
    "ChgOffDate",
    "ChgOffPrinGr",
    "BalanceGross",
    "MIS_Status",
    "Recession",
    "Default",
]


def _answered(folder: Path, table: pl.DataFrame, labels: pl.DataFrame) -> np.ndarray:
    """Return the pd that the brain gives each row of a table, by its files."""
    applications, known = folder / "applications.csv", folder / "labels.csv"
    table.write_csv(applications)
    labels.write_csv(known)
    files = brain.Files(applications, None, known)
    scored = brain.score(files, Locale.EN, lambda *_: None)
    pds = dict(zip(scored.ids, (answer.pd_ppm for answer in scored.answers), strict=True))
    return np.array([pds[name] for name in table["application_id"]], dtype=np.float64)


def _sba(data: Path) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    rows = pl.read_csv(data / "sba-california" / "SBAcase_to_fy2005.csv", infer_schema_length=5_000)
    bad = rows["Default"].to_numpy() == 1
    table = rows.drop("LoanNr_ChkDgt", *SBA_HINDSIGHT).with_columns(
        pl.format("A{}", pl.int_range(pl.len())).alias("application_id")
    )
    return table, bad, rows["ApprovalDate"].to_numpy()


def _labels(table: pl.DataFrame, bad: np.ndarray, known: np.ndarray) -> pl.DataFrame:
    chosen = table.select("application_id").with_columns(pl.Series("bad", bad.astype(np.int64)))
    return chosen.filter(pl.Series(known))


def sba(data: Path, folder: Path, dealings: int) -> None:
    """Print the ranking of SBA loans over random folds."""
    table, bad, _ = _sba(data)
    found = []
    for dealing in range(dealings):
        folds = stratified_folds(bad, FOLDS, np.random.default_rng(1_000 + dealing))
        pd = np.zeros(len(bad))
        start = perf_counter()
        for fold in range(FOLDS):
            test = folds == fold
            pd[test] = _answered(folder, table, _labels(table, bad, ~test))[test]
        estimate = measured(auc, bad, pd, dealing)
        found.append(estimate.value)
        print(
            f"  dealing {dealing + 1}   AUC {estimate.text}   {perf_counter() - start:.0f} s",
            flush=True,
        )
    print(f"sba        mean AUC {np.mean(found):.4f} over {dealings} dealings (bar .87)")


def sba_time(data: Path, folder: Path) -> None:
    """Print the ranking of the later approvals by what the earlier ones taught."""
    table, bad, approved = _sba(data)
    early = approved <= np.quantile(approved, 0.6)
    pd = _answered(folder, table, _labels(table, bad, early))
    estimate = measured(auc, bad[~early], pd[~early], 1)
    print(
        f"sba-time   AUC {estimate.text} on the last {int((~early).sum())} approvals"
        f" ({int(bad[~early].sum())} bad), {int(early.sum())} earlier ones labelled"
        f" ({int(bad[early].sum())} bad)"
    )


def gmsc(data: Path) -> None:
    """Print the ranking of Give Me Some Credit, and how long the fit takes."""
    rows = pl.read_csv(
        data / "give-me-some-credit" / "creditscoring1.csv.gz",
        infer_schema_length=20_000,
        null_values=["NA"],
    )
    bad = rows["SeriousDlqin2yrs"].to_numpy() == 1
    table = rows.drop("id", "SeriousDlqin2yrs").cast(pl.Float64)
    columns = [Explanatory(name, "unknown") for name in table.columns]
    cpu, start = _cpu(), perf_counter()
    fitted = fit(table, columns, bad, np.zeros(len(bad)))
    taken = perf_counter() - start
    print(
        f"gmsc       AUC {fitted.report.auc.text}, held out (bar .865); {len(bad):,} rows fitted"
        f" in {taken:.0f} s, {_cpu() - cpu:.0f} s of processor (bar 60 s)"
    )


def table(folder: Path) -> None:
    """Print how long 30,000 synthetic rows of 25 columns take, from files to answers."""
    rng = np.random.default_rng(25)
    count = 30_000
    numbers = rng.lognormal(8, 1, (count, 18))
    risk = -1.6 + 0.8 * np.log(numbers[:, 0] / numbers[:, 1]) + 0.3 * (numbers[:, 2] > 5_000)
    bad = rng.random(count) < 1 / (1 + np.exp(-risk))
    made = pl.DataFrame(
        {
            "application_id": [f"T{number}" for number in range(count)],
            **{f"x{place}": np.round(numbers[:, place], 2) for place in range(18)},
            **{f"n{place}": rng.integers(0, 12, count) for place in range(4)},
            **{f"c{place}": rng.choice(list("abcdefgh"), count) for place in range(2)},
        }
    )
    known = rng.random(count) < 0.7
    cpu, start = _cpu(), perf_counter()
    pd = _answered(folder, made, _labels(made, bad, known))
    taken = perf_counter() - start
    print(
        f"table      {count:,} rows x {made.width} columns (synthetic), 70 % labelled:"
        f" {taken:.0f} s, {_cpu() - cpu:.0f} s of processor (bar 60 s);"
        f" AUC {auc(bad[~known], pd[~known]):.3f} on the others"
    )


def _cpu() -> float:
    return sum(os.times()[:2])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/credit"))
    parser.add_argument("--only", nargs="*", choices=["sba", "sba-time", "gmsc", "table"])
    parser.add_argument("--dealings", type=int, default=3)
    chosen = parser.parse_args()
    wanted = chosen.only or ["sba", "sba-time", "gmsc", "table"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in machine_lines(folder):
            print(line)
        if "sba" in wanted:
            sba(chosen.data, folder, chosen.dealings)
        if "sba-time" in wanted:
            sba_time(chosen.data, folder)
        if "gmsc" in wanted:
            gmsc(chosen.data)
        if "table" in wanted:
            table(folder)


if __name__ == "__main__":
    main()
