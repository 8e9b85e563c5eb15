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
from martlet.credit.portfolio.fitting import fitted_scorer
from martlet.credit.portfolio.movements import features_of_movements
from martlet.credit.portfolio.reading import LINE, read_applications, read_labels, read_records
from martlet.credit.portfolio.reasons import causes
from martlet.credit.portfolio.scoring import ZeroShot, prior_points
from martlet.credit.portfolio.text import BadRow
from martlet.credit.portfolio.wording import Wording, sentences
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from martlet.credit.portfolio.answer import Answer
    from martlet.credit.portfolio.columns import OwnColumns
    from martlet.credit.portfolio.expert import Expert
    from martlet.credit.portfolio.fitting import FitReport
    from martlet.credit.portfolio.reading import Sheet
    from martlet.credit.portfolio.reasons import Cause
    from martlet.credit.portfolio.scoring import Scorer
    from martlet.kernel.i18n import Locale

    OnProgress = Callable[[str, int, int | None], None]

STAGES = ("records", "applications", "labels", "features", "models", "reasons")
"""The parts of a long run, as progress is told."""


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
    cases = pl.concat([features, own.frame], how="horizontal") if own.used else features
    used = tuple(
        name
        for name in features.columns
        if cases[name].null_count() < cases.height and cases[name].n_unique() > 1
    )
    order = _content_order(cases, applications, used, [column.name for column in own.used])
    ordered, ordered_outcome = cases[order], outcome[order]
    expert = expert_for(ordered, own.used, with_records=records is not None)
    columns = [
        *(
            Explainable(name, movement_features()[name].direction, categorical=False)
            for name in used
        ),
        *(Explainable(c.name, c.direction, c.sort == "category") for c in own.used),
    ]
    prior = logit_good(prior_points(expert, ordered))
    on_progress("models", 0, None)
    fitted = fitted_scorer(expert, ordered, columns, ordered_outcome, prior)
    scorer: Scorer = ZeroShot(expert) if isinstance(fitted, str) else fitted.scorer
    explained = columns if not isinstance(fitted, str) else [
        column for column in columns if column.name in expert.names
    ]  # fmt: skip
    pd_ppm = scorer.pd_ppm(ordered)
    found = causes(
        scorer, ordered, explained, pd_ppm, pd_max_ppm(),
        lambda done, total: on_progress("reasons", done, total),
    )  # fmt: skip
    back = np.argsort(order)
    own_by_name = {column.name: column for column in own.used}
    wording = Wording(own_by_name, locale, pd_max_ppm())
    told = [
        (case, answer(case, int(pd_ppm[place])), found[place])
        for case, place in zip(_cases(applications, features, records), back.tolist(), strict=True)
    ]
    return Scored(
        ids=tuple(applications["application_id"].to_list()),
        answers=tuple(given for _, given, _ in told),
        reasons=tuple(sentences(wording, given, case, why) for case, given, why in told),
        causes=tuple(tuple(why) for _, _, why in told),
        labelled=tuple(outcome.to_list()),
        model_version=scorer.version,
        expert=expert,
        sheets=sheets,
        aside=_aside(sheets, applications),
        own=own,
        used_features=used,
        fit=None if isinstance(fitted, str) else fitted.report,
        why_prior=fitted if isinstance(fitted, str) and files.labels is not None else "",
    )


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


def _content_order(
    cases: pl.DataFrame, applications: pl.DataFrame, used: tuple[str, ...], own: list[str]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the places of the cases in an order that only their contents decide."""
    names = [*used, *sorted(own)]
    if not names:
        return np.arange(applications.height, dtype=np.int64)
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
