"""Applicants read from a lender's CSV, and a plan written as one; no line is silently dropped."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NoReturn

from martlet.credit.optimise.limits import APPLICANTS_BYTES_MAX, APPLICANTS_MAX
from martlet.credit.optimise.market import RATING_BANDS, rating_of, share_ppm
from martlet.credit.optimise.model import Applicant
from martlet.kernel.errors import Invalid, TooLarge
from martlet.kernel.money import decimal_text, parse_fen
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.optimise.market import RatingBand
    from martlet.credit.optimise.model import Grant

REQUIRED = ("application_id", "pd", "monthly_inflow", "requested")
OPTIONAL = ("cap", "group", "rating")


def read_applicants(
    data: bytes, bands: Sequence[RatingBand] = RATING_BANDS
) -> tuple[Applicant, ...]:
    """Read applicants from CSV (UTF-8): a pd from 0 to 1 or in per cent, amounts in yuan.

    A blank cap means the amount asked for; a blank rating the one that the pd's band names.
    """
    if len(data) > APPLICANTS_BYTES_MAX:
        raise TooLarge("credit.applicants_too_large", max_bytes=APPLICANTS_BYTES_MAX)
    try:
        rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        names = rows.fieldnames or ()
    except (UnicodeDecodeError, csv.Error) as error:
        _refuse(1, str(error)[:120])
    if missing := [name for name in REQUIRED if name not in names]:
        _refuse(1, ", ".join(missing))
    found: dict[str, Applicant] = {}
    try:
        for row in rows:
            applicant = _applicant(row, rows.line_num, bands)
            if applicant.application_id in found or len(found) >= APPLICANTS_MAX:
                _refuse(rows.line_num, applicant.application_id[:40])
            found[applicant.application_id] = applicant
    except csv.Error as error:
        _refuse(rows.line_num, str(error)[:120])
    return tuple(found.values())


def _refuse(line: int, detail: str) -> NoReturn:
    raise Invalid("credit.applicants_unreadable", line=line, detail=detail)


def _applicant(row: dict[str, str | None], line: int, bands: Sequence[RatingBand]) -> Applicant:
    cells = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
    pd_ppm = share_ppm(cells["pd"])
    if not cells["application_id"] or pd_ppm is None or pd_ppm > PPM:
        _refuse(line, "pd" if cells["application_id"] else "application_id")
    try:
        inflow_fen = parse_fen(cells["monthly_inflow"])
        requested_fen = parse_fen(cells["requested"])
        cap_fen = parse_fen(cells["cap"]) if cells["cap"] else requested_fen
    except Invalid as error:
        _refuse(line, str(error.details.get("text", "")))
    return Applicant(
        application_id=cells["application_id"],
        pd_ppm=pd_ppm,
        rating=cells["rating"] or rating_of(pd_ppm, bands),
        cash_flow_monthly_fen=max(inflow_fen, 0),
        requested_fen=max(requested_fen, 0),
        cap_fen=max(cap_fen, 0),
        group=cells["group"],
    )


def plan_csv(applicants: Sequence[Applicant], grants: Sequence[Grant]) -> str:
    """Return a plan as CSV: a line for each applicant in order, amounts in yuan, shares of one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    amounts = ("limit", "volume", "interest", "loss", "funds", "operating", "profit")
    shares = ("annual_rate", "acceptance")
    head = ("application_id", "decision", "pd", "rating", "group", "rate_ppm_per_day", *shares)
    writer.writerow([*head, *amounts])
    for applicant, grant in zip(applicants, grants, strict=True):
        writer.writerow(
            [
                _safe(grant.application_id),
                "approved" if grant.limit_fen else "refused",
                decimal_text(applicant.pd_ppm, 6),
                applicant.rating,
                _safe(applicant.group),
                grant.rate_ppm_per_day,
                decimal_text(grant.annual_ppm, 6),
                decimal_text(grant.acceptance_ppm, 6),
                *(decimal_text(getattr(grant, f"{name}_fen")) for name in amounts),
            ]
        )
    return out.getvalue()


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
