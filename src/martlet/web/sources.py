"""Where records come from, in words: files brought in, and the demonstration's sample sources."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import NotFound
from martlet.kernel.i18n import Locale
from martlet.records.formats import FORMATS, Format
from martlet.web.limits import LIST_ROWS, QUARANTINE_ROWS_SHOWN
from martlet.web.wording import word

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.records import ImportReport
    from martlet.web.visitors import Visitor

SAMPLES_FOLDER = "samples"
"""Under the bank's home: files here are offered as connected sources, labelled synthetic."""

FUND_SAMPLES = "funds"
"""Under the samples: made-up partners' files that the fund desk offers."""


@dataclass(frozen=True, slots=True)
class Source:
    """A connected source: its file's name, and what it is called."""

    name: str
    label: str


def samples(visitor: Visitor) -> list[Source]:
    """Return the sample sources of this installation; a real bank has none."""
    return [
        Source(path.name, word("sample", path.stem, visitor.locale)) for path in _files(visitor)
    ]


def sample_path(visitor: Visitor, name: str) -> Path:
    """Return a sample's file by its name; only files of the folder exist."""
    for path in _files(visitor):
        if path.name == name:
            return path
    raise NotFound("web.source_unknown")


def _files(visitor: Visitor) -> list[Path]:
    folder = visitor.bank.settings.home / SAMPLES_FOLDER
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == ".csv")[:LIST_ROWS]


def fund_samples(visitor: Visitor) -> list[Path]:
    """Return the made-up partners' files of this installation; a real bank has none."""
    folder = visitor.bank.settings.home / SAMPLES_FOLDER / FUND_SAMPLES
    return sorted(folder.glob("*.csv"))[:LIST_ROWS] if folder.is_dir() else []


def shown_import(visitor: Visitor, report: ImportReport) -> dict[str, Any]:
    """Return an import with its format's name in the visitor's language."""
    known = FORMATS.get(report.format)
    label = report.format if known is None else _label(known, visitor.locale)
    return {**report.as_json(), "format_label": label, "replayed": report.replayed}


def known_formats(locale: Locale) -> list[tuple[str, str]]:
    """Return the formats that an owner may name, each with what it is called."""
    return [(spec.slug, _label(spec, locale)) for spec in FORMATS.values()]


def _label(known: Format, locale: Locale) -> str:
    return known.zh_cn if locale is Locale.ZH_CN else known.en


def shown_report(visitor: Visitor, report: ImportReport) -> dict[str, Any]:
    """Return what became of a file just brought in, with the first rows set aside."""
    told = shown_import(visitor, report)
    return {**told, "quarantine": _set_aside(visitor, report) if report.rows_quarantined else []}


def _set_aside(visitor: Visitor, report: ImportReport) -> list[dict[str, str]]:
    """Return the first rows that were set aside: line and reason, in the visitor's language."""
    path = visitor.bank.records.quarantine_path(visitor.principal, report.import_id)
    place = list(Locale).index(visitor.locale)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(islice(csv.reader(file), 1, 1 + QUARANTINE_ROWS_SHOWN))
    return [{"line": row[0], "reason": (row[1].split(" / ") * 2)[place]} for row in rows]
