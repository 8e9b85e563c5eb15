"""What an import did and what it found: counts, sums, and two files that a person works through.

The invariant: every difference and every rejected row is in its file; the answer itself carries
the first few only, so that it stays small however bad the input is.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

from martlet.kernel.i18n import Locale, explain
from martlet.kernel.spreadsheet import safe_cell
from martlet.lending.migration.limits import SHOWN_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from martlet.lending.migration.preparing import Rejected
    from martlet.lending.migration.reconciliation import Difference

_DIFFERENCES = ("loan", "line", "field", "stated_fen", "computed_fen", "difference_fen")
_REJECTED = ("file", "line", "loan", "column", "code", "原因", "reason")


@dataclass(slots=True)
class ImportReport:
    """The sums of one import."""

    source: str
    on: str
    dry_run: bool
    withheld: bool = False
    """Whether nothing was written because a row was rejected."""
    loans_read: int = 0
    events_read: int = 0
    loans_taken: int = 0
    events_taken: int = 0
    loans_known: int = 0
    loans_rejected: int = 0
    rows_rejected: int = 0
    businesses_registered: int = 0
    balances_stated: int = 0
    balances_equal: int = 0
    differences_count: int = 0
    principal_fen: int = 0
    interest_fen: int = 0
    fee_fen: int = 0
    penalty_fen: int = 0
    suspense_fen: int = 0
    """What stays on the suspense account: stated less computed over all listed differences."""
    differences: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def withhold(self) -> None:
        """Say that nothing of all this was written."""
        self.withheld = True
        self.loans_taken = self.events_taken = self.businesses_registered = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)


class Findings:
    """The two files of an import; each comes into being with its first row."""

    def __init__(self, folder: Path, report: ImportReport) -> None:
        self._folder = folder
        self._report = report
        self._open = ExitStack()
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Begin to write things down."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the files."""
        self._open.close()

    def differ(self, found: Iterable[Difference]) -> None:
        """Write differences down."""
        for one in found:
            self._report.differences_count += 1
            row = {**asdict(one), "difference_fen": one.difference_fen}
            if len(self._report.differences) < SHOWN_MAX:
                self._report.differences.append(row)
            self._write("differences.csv", (*_DIFFERENCES, "parted_at"), row)

    def reject(self, found: Iterable[Rejected]) -> None:
        """Write rejected rows down, each with its reason in both languages."""
        for one in found:
            self._report.rows_rejected += 1
            row = {
                "file": one.file,
                "line": one.line,
                "loan": one.loan,
                "column": one.column,
                "code": one.code,
                "原因": explain(one.code, one.details, Locale.ZH_CN),
                "reason": explain(one.code, one.details, Locale.EN),
            }
            if len(self._report.rejected) < SHOWN_MAX:
                self._report.rejected.append({name: row[name] for name in row if name != "原因"})
            self._write("rejected.csv", _REJECTED, row)

    def _write(self, name: str, columns: tuple[str, ...], row: dict[str, Any]) -> None:
        writer = self._writers.get(name)
        if writer is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / name
            file = self._open.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
            writer = self._writers[name] = csv.writer(file)
            writer.writerow(columns)
            self._report.files.append(str(path))
        writer.writerow([safe_cell(str(row[column])) for column in columns])
