"""A lender's files in, answers out: read, type, look at movements, score, decide, explain.

The invariant: cases are put into an order of their contents before any model sees them, so that
the same cases give the same bytes whatever their ids and wherever they stand in the file. Nothing
is written here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.credit.portfolio.answer import Case, answer, pd_max_ppm
from martlet.credit.portfolio.candidates import Explainable
from martlet.credit.portfolio.columns import own_columns
from martlet.credit.portfolio.expert import expert_for, logit_good
from martlet.credit.portfolio.features import movement_features
from martlet.credit.portfolio.fitting import fitted_scorer, why_not_fitted
from martlet.credit.portfolio.movements import features_of_movements
from martlet.credit.portfolio.reading import LINE, read_applications, read_labels, read_records
from martlet.credit.portfolio.reasons import causes
from martlet.credit.portfolio.scoring import ZeroShot, prior_points
from martlet.credit.portfolio.text import BadRow
from martlet.credit.portfolio.wording import Wording, sentences
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from martlet.credit.portfolio.answer import Answer
    from martlet.credit.portfolio.columns import OwnColumns
    from martlet.credit.portfolio.expert import Expert
    from martlet.credit.portfolio.fitting import FitReport
    from martlet.credit.portfolio.reading import Sheet
    from martlet.credit.portfolio.reasons import Cause
    from martlet.credit.portfolio.scoring import Scorer
    from martlet.kernel.i18n import Locale

    Integers = npt.NDArray[np.int64]
    OnProgress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Files:
    """What a lender hands over."""

    applications: Path
    records: Path | None = None
    labels: Path | None = None


@dataclass(frozen=True)
class Scored:
    """The answers to one file, in its order, with all that a report tells."""

    ids: tuple[str, ...]
    answers: tuple[Answer, ...]
    reasons: tuple[tuple[str, ...], ...]
    causes: tuple[tuple[Cause, ...], ...]
    labelled: tuple[bool | None, ...]
    model_version: str
    expert: Expert
    sheets: Mapping[str, Sheet]
    aside: Mapping[str, tuple[BadRow, ...]]
    own: OwnColumns
    used_features: tuple[str, ...]
    fit: FitReport | None
    """None where the prior answered."""
    why_prior: str
    """The code that tells why, where labels were given and the prior answered all the same."""


def score(files: Files, locale: Locale, on_progress: OnProgress) -> Scored:
    """Return the answer to every readable application of a file, in the file's order."""
    sheets = _read(files, on_progress)
    applications = sheets["applications"].frame
    outcome = _outcome(applications, sheets.get("labels"))
    records = sheets["records"].frame if "records" in sheets else None
    features = features_of_movements(
        applications, records, lambda done, total: on_progress("features", done, total)
    )
    own = own_columns(applications, outcome)
    columns = _columns(features, own)
    cases = pl.concat([features, own.frame], how="horizontal") if own.used else features
    order = _content_order(cases, columns)
    heard = _hear(cases[order], outcome[order], own, columns, records is not None, on_progress)
    wording = Wording({column.name: column for column in own.used}, locale, pd_max_ppm())
    told = [
        (case, answer(case, int(heard.pd_ppm[place])), heard.causes[place])
        for case, place in zip(
            _cases(applications, features, records), np.argsort(order).tolist(), strict=True
        )
    ]
    return Scored(
        ids=tuple(applications["application_id"].to_list()),
        answers=tuple(given for _, given, _ in told),
        reasons=tuple(sentences(wording, given, case, why) for case, given, why in told),
        causes=tuple(tuple(why) for _, _, why in told),
        labelled=tuple(outcome.to_list()),
        model_version=heard.scorer.version,
        expert=heard.expert,
        sheets=sheets,
        aside=_aside(sheets, applications),
        own=own,
        used_features=tuple(c.name for c in columns if c.name in features.columns),
        fit=heard.fit,
        why_prior=heard.why_prior if files.labels is not None else "",
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the model says of cases in the order of their contents."""

    expert: Expert
    scorer: Scorer
    fit: FitReport | None
    why_prior: str
    pd_ppm: Integers
    causes: list[list[Cause]]


def _hear(
    cases: pl.DataFrame,
    outcome: pl.Series,
    own: OwnColumns,
    columns: Sequence[Explainable],
    with_records: bool,  # noqa: FBT001 - one of six things that are handed on
    on_progress: OnProgress,
) -> _Heard:
    """Fit where there is something to learn from, score, and look for causes."""
    why_prior = why_not_fitted(outcome, columns)
    # With outcomes, ranks are taken among the labelled: what an application without one shows
    # cannot move the model that answers it.
    ranked = cases if why_prior else cases.filter(outcome.is_not_null())
    expert = expert_for(ranked, own.used, with_records=with_records)
    scorer: Scorer = ZeroShot(expert)
    fit = None
    if not why_prior:
        prior = logit_good(prior_points(expert, cases))
        fitted = fitted_scorer(
            expert,
            cases,
            columns,
            outcome,
            prior,
            lambda done, total: on_progress("models", done, total),
        )
        scorer, fit = fitted.scorer, fitted.report
    pd_ppm = scorer.pd_ppm(cases)
    found = causes(
        scorer,
        cases,
        columns if fit else _read_by(expert, cases, columns),
        pd_ppm,
        pd_max_ppm(),
        lambda done, total: on_progress("reasons", done, total),
    )
    return _Heard(expert, scorer, fit, why_prior, pd_ppm, found)


def _columns(features: pl.DataFrame, own: OwnColumns) -> list[Explainable]:
    """Return the columns that tell one case from another."""
    known = movement_features()
    differing = [
        name
        for name in features.columns
        if features[name].null_count() < features.height and features[name].n_unique() > 1
    ]
    return [
        *(Explainable(name, known[name].direction, categorical=False) for name in differing),
        *(Explainable(c.name, c.direction, c.sort == "category") for c in own.used),
    ]


def _read(files: Files, on_progress: OnProgress) -> dict[str, Sheet]:
    """Read what is there; refuse movements that nothing could be joined to."""
    sheets = {
        "applications": read_applications(
            files.applications, lambda count: on_progress("applications", count, None)
        )
    }
    names = sheets["applications"].frame.columns
    if files.records is not None:
        missing = [name for name in ("merchant_id", "as_of_at") if name not in names]
        if missing:
            raise Invalid(
                "score.records_need",
                file=files.applications.name,
                missing=", ".join(name.removesuffix("_at") for name in missing),
            )
        sheets["records"] = read_records(
            files.records, lambda count: on_progress("records", count, None)
        )
    if files.labels is not None:
        sheets["labels"] = read_labels(
            files.labels, lambda count: on_progress("labels", count, None)
        )
    return sheets


def _outcome(applications: pl.DataFrame, labels: Sheet | None) -> pl.Series:
    """Return each application's outcome: true, false, or null where it has no label."""
    if labels is None:
        return pl.Series("bad", [None] * applications.height, dtype=pl.Boolean)
    known = labels.frame.select("application_id", "bad")
    joined = applications.select("application_id").join(
        known, on="application_id", how="left", maintain_order="left"
    )
    return joined["bad"]


def _read_by(
    expert: Expert, cases: pl.DataFrame, columns: Sequence[Explainable]
) -> list[Explainable]:
    """Return the columns that the prior reads: also those that are the same in all of few cases."""
    known = movement_features()
    given = {column.name: column for column in columns}
    given |= {
        name: Explainable(name, known[name].direction, categorical=False)
        for name in expert.names
        if name in known and cases[name].null_count() < cases.height
    }
    return [given[name] for name in dict.fromkeys(expert.names) if name in given]


def _content_order(cases: pl.DataFrame, columns: Sequence[Explainable]) -> Integers:
    """Return the places of the cases in an order that only their contents decide."""
    names = [column.name for column in columns]
    if not names:
        return np.arange(cases.height, dtype=np.int64)
    indexed = cases.select(names).with_row_index("__place")
    ordered = indexed.sort(names, nulls_last=True, maintain_order=True)["__place"]
    return ordered.to_numpy().astype(np.int64)


def _cases(
    applications: pl.DataFrame, features: pl.DataFrame, records: pl.DataFrame | None
) -> list[Case]:
    """Return what of each application counts beside its pd."""
    days = (
        applications["as_of_at"].dt.date().to_list()
        if "as_of_at" in applications.columns
        else [None] * applications.height
    )
    told = features.select(
        "requested_fen", "term_count", "in_month_12m_fen", "history_days"
    ).iter_rows()
    with_records = records is not None
    return [
        Case(requested, term, takings, history, with_records, on)
        for (requested, term, takings, history), on in zip(told, days, strict=True)
    ]


def _aside(
    sheets: Mapping[str, Sheet], applications: pl.DataFrame
) -> dict[str, tuple[BadRow, ...]]:
    """Return the rows set aside by file, with labels of applications that nobody knows."""
    found = {name: sheet.aside.rows for name, sheet in sheets.items()}
    if "labels" in sheets:
        labels = sheets["labels"].frame
        unknown = labels.join(applications, on="application_id", how="anti")
        rows = [
            BadRow(line, "score.label_without_application", "application_id", (name,))
            for line, name in unknown.select(LINE, "application_id").iter_rows()
        ]
        found["labels"] = tuple(sorted([*found["labels"], *rows], key=lambda row: row.line))
    return found
