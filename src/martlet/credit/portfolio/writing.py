"""What leaves: the answers as CSV, the rows set aside beside them. All at once, or nothing.

The invariants: the same answers give the same bytes; no cell is run by a spreadsheet; a run that
is refused leaves no file behind.
"""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING

from martlet.credit.portfolio.file_limits import (
    QUARANTINE_CELL_CHARS_MAX,
    QUARANTINE_ROWS_MAX,
    REASONS_MAX,
)
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, explain
from martlet.kernel.money import decimal_text
from martlet.kernel.spreadsheet import safe_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from martlet.credit.portfolio.brain import Scored

ANSWER_COLUMNS = (
    "application_id",
    "decision",
    "pd",
    "limit",
    "annual_rate",
    *(f"reason{place + 1}" for place in range(REASONS_MAX)),
    "model_version",
)
_QUARANTINE_COLUMNS = ("file", "line", "column", "code", "reason", "原因", "cells")


def answers_text(scored: Scored) -> str:
    """Return the answers as CSV: pd a share, limit in money, annual_rate in per cent."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(ANSWER_COLUMNS)
    for name, given, reasons in zip(scored.ids, scored.answers, scored.reasons, strict=True):
        rate_ppm = given.annual_rate_ppm
        table.writerow(
            (
                name,
                given.decision.value,
                decimal_text(given.pd_ppm, 6),
                decimal_text(given.limit_fen),
                "" if rate_ppm is None else decimal_text(rate_ppm // 100),
                *(safe_cell(reason) for reason in reasons),
                scored.model_version,
            )
        )
    return written.getvalue()


def quarantine_text(scored: Scored) -> str:
    """Return what was set aside as CSV, with line and reason in both languages; '' if nothing."""
    rows = list(_set_aside(scored))
    if not rows:
        return ""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(_QUARANTINE_COLUMNS)
    for row in rows[:QUARANTINE_ROWS_MAX]:
        table.writerow([safe_cell(cell) for cell in row])
    return written.getvalue()


def model_text(scored: Scored) -> str:
    """Return the model that answered as JSON: numbers and texts, nothing that could run."""
    artefact = scored.expert.as_json() if scored.fit is None else dict(scored.fit.artefact)
    value = {"model_version": scored.model_version, "model": artefact}
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _set_aside(scored: Scored) -> Iterator[tuple[str, ...]]:
    for name, rows in scored.aside.items():
        file = scored.sheets[name].aside.file
        for bad in rows:
            yield _told(file, bad.line, bad.column, bad.code, bad.cells)
    file = scored.sheets["applications"].aside.file
    for odd in scored.own.odd:
        yield _told(file, odd.line, odd.heading, "score.cell_counted_as_missing", (odd.text,))


def _told(file: str, line: int, column: str, code: str, cells: tuple[str, ...]) -> tuple[str, ...]:
    shown = " | ".join(_shown(cell) for cell in cells[:50])
    reasons = (explain(code, {}, locale) for locale in (Locale.EN, Locale.ZH_CN))
    return (file, str(line), _shown(column), code.removeprefix("score."), *reasons, shown)


def _shown(cell: str) -> str:
    """Return the beginning of a cell without signs that would hide something."""
    cut = cell[:QUARANTINE_CELL_CHARS_MAX]
    return "".join(sign if sign.isprintable() else "·" for sign in cut)


def check_places(inputs: Iterable[Path], outputs: Iterable[Path]) -> None:
    """Refuse, before the long work, outputs that could not be written or would replace a file."""
    taken = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in taken:
            raise Invalid("score.same_file", file=str(path))
        taken.add(path.resolve())
        folder = path.resolve().parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise Invalid("score.cannot_write", folder=str(folder), detail=path.name)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write files beside their names first, then put all in place: all of them or none.

    A file whose text is empty is not wanted: one left over from an earlier run is taken away.
    """
    parts = {path: path.with_name(f".{path.name}.part") for path in texts}
    try:
        for path, text in texts.items():
            if text:
                parts[path].write_text(text, encoding="utf-8", newline="")
        for path, text in texts.items():
            if text:
                parts[path].replace(path)
            else:
                path.unlink(missing_ok=True)
    except OSError as error:
        name = next(iter(texts)).parent
        raise Invalid("score.cannot_write", folder=str(name), detail=str(error)[:200]) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
