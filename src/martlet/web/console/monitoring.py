"""How the decisions have gone since: drift, calibration, vintages, fairness and the refused."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.credit import size_label, value_text
from martlet.credit.monitoring import SCORE, Verdict, yardsticks
from martlet.kernel.errors import NotFound
from martlet.kernel.rates import percent_text
from martlet.signals import KINDS, Unit
from martlet.web.limits import DRIFT_MONTHS_SHOWN, VINTAGE_MONTHS_MIN, VINTAGES_SHOWN
from martlet.web.spans import Interval, interval_text, spans
from martlet.web.visitors import Staff, Visitor
from martlet.web.wording import word

if TYPE_CHECKING:
    from martlet.credit.monitoring import Course, Drift, Group
    from martlet.web.portfolios import Seen

router = APIRouter(prefix="/console")
HERE = "/console/monitoring"


@router.get("/monitoring")
def show_monitoring(visitor: Staff, everybody: bool = False) -> Response:  # noqa: FBT001, FBT002 - of the address
    """Show drift, approvals, calibration, vintages and what is known of the refused."""
    seen = visitor.request.app.state.portfolios.of(visitor.principal)
    return visitor.page(
        "console/monitoring.html", here=HERE, note="", **watched(visitor, seen, everybody=everybody)
    )


@router.get("/monitoring/{kind}")
def show_course(visitor: Staff, kind: str, everybody: bool = False) -> Response:  # noqa: FBT001, FBT002 - of the address
    """Show one characteristic bin by bin and month by month."""
    seen = visitor.request.app.state.portfolios.of(visitor.principal)
    moved: Drift = seen.everybody if everybody else seen.approved
    for course in moved.courses:
        if course.kind == kind:
            return visitor.page(
                "console/characteristic.html",
                here=HERE,
                note="",
                seen=seen,
                drift=moved,
                course=course,
                name=_name(visitor, kind),
                bins=_bins(visitor, course),
                months=course.months[: -DRIFT_MONTHS_SHOWN - 1 : -1],
                measure=yardsticks(),
                index=index_text,
            )
    raise NotFound("web.characteristic_not_found", kind=kind[:60])


@router.get("/fairness")
def show_fairness(visitor: Staff) -> Response:
    """Show how regions, trades and sizes fare."""
    seen = visitor.request.app.state.portfolios.of(visitor.principal)
    sides = [
        {
            "side": side,
            "groups": [_group(visitor, side, group) for group in groups],
            "approvals": spans(
                Interval(
                    _group_name(visitor, side, group.name),
                    group.approval.ppm,
                    group.approval.low_ppm,
                    group.approval.high_ppm,
                )
                for group in groups
            ),
        }
        for side, groups in seen.fairness.sides.items()
    ]
    return visitor.page(
        "console/fairness.html",
        here=HERE,
        note="",
        seen=seen,
        sides=sides,
        measure=yardsticks(),
    )


def watched(visitor: Visitor, seen: "Seen", *, everybody: bool = False) -> dict[str, Any]:
    """Return what the monitoring of the model that decides shows on a page."""
    moved = seen.everybody if everybody else seen.approved
    courses = [_heat(visitor, course) for course in moved.courses if _met(course)]
    old_enough = [one for one in seen.vintages if len(one.cells) >= VINTAGE_MONTHS_MIN]
    shown = old_enough[-VINTAGES_SHOWN:]
    return {
        "seen": seen,
        "drift": moved,
        "everybody": everybody,
        "courses": courses,
        "unseen_count": len(moved.courses) - len(courses),
        "months": [month for month, _ in moved.approvals][: -DRIFT_MONTHS_SHOWN - 1 : -1],
        "measure": yardsticks(),
        "index": index_text,
        "fitted": _fitted(seen),
        "vintages": shown,
        "vintage_rows": range(max((len(one.cells) for one in shown), default=0)),
    }


def index_text(ppm: int | None) -> str:
    """Write an index as the trade knows it: .10, not 10 %."""
    return "—" if ppm is None else percent_text(ppm // 100, 2)


def _met(course: "Course") -> bool:
    """Tell whether anybody had the characteristic."""
    return any(month.cases > month.cells[-1].count for month in course.months)


def _name(visitor: Visitor, kind: str) -> str:
    return visitor.say("Score") if kind == SCORE else word("signal", kind, visitor.locale)


def _heat(visitor: Visitor, course: "Course") -> dict[str, Any]:
    latest = course.months[-DRIFT_MONTHS_SHOWN:]
    return {
        "kind": course.kind,
        "name": _name(visitor, course.kind),
        "months": {month.month: month for month in latest},
        "loud": any(month.verdict is Verdict.ACT for month in latest[-1:]),
    }


def _bins(visitor: Visitor, course: "Course") -> list[str]:
    """Return what each bin holds, in the unit of its kind; the last is for missing values."""
    bounds = [_bound(visitor, course.kind, edge) for edge in course.edges]
    if not bounds:
        return [visitor.say("any"), visitor.say("not known")]
    inner = [
        visitor.say("{low} to below {high}", low=low, high=high) for low, high in pairwise(bounds)
    ]
    first = visitor.say("below {high}", high=bounds[0])
    last = visitor.say("from {low}", low=bounds[-1])
    return [first, *inner, last, visitor.say("not known")]


def _bound(visitor: Visitor, kind: str, value: int) -> str:
    known = KINDS.get(kind)
    if known is None or known.unit is Unit.COUNT:
        return f"{value:,}"
    return value_text(kind, value, visitor.locale)


def _fitted(seen: "Seen") -> dict[str, Any]:
    bands = seen.calibration.bands
    labels = [f"{percent_text(b.from_ppm, 0)}–{percent_text(b.below_ppm, 0)}%" for b in bands]
    rows = [
        Interval(
            label,
            band.observed.ppm,
            band.observed.low_ppm,
            band.observed.high_ppm,
            band.expected_ppm,
        )
        for label, band in zip(labels, bands, strict=True)
    ]
    return {
        "spans": spans(rows),
        "rows": list(zip(labels, bands, strict=True)),
        "text": interval_text,
    }


def _group_name(visitor: Visitor, side: str, name: str) -> str:
    return size_label(name, visitor.locale) if side == "size" else word(side, name, visitor.locale)


def _group(visitor: Visitor, side: str, group: "Group") -> dict[str, Any]:
    impact = group.impact
    return {
        "name": _group_name(visitor, side, group.name),
        "group": group,
        "approval": interval_text(
            group.approval.ppm, group.approval.low_ppm, group.approval.high_ppm
        ),
        "impact": "—"
        if impact is None
        else interval_text(impact.ppm, impact.low_ppm, impact.high_ppm),
        "bad": interval_text(group.observed.ppm, group.observed.low_ppm, group.observed.high_ppm),
    }
