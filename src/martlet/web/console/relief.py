"""Relief programmes: the form of a new one, its preview, the second person, the launch, the end."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.money import parse_fen
from martlet.kernel.principal import Scope
from martlet.kernel.rates import PPM
from martlet.lending import products
from martlet.lending.relief import MeasureKind, Payer, report_csv
from martlet.web.limits import RELIEF_STEPS_SHOWN
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console/relief")
HERE = "/console/relief"
_PER_CENT = 100
_NO_STEP = {"kind": "", "months": "", "unit": "months", "off": "", "part": "penalty", "up_to": ""}
_SHIPPED_STEPS = (
    {**_NO_STEP, "kind": "interest_free", "months": "3"},
    {**_NO_STEP, "kind": "rate", "months": "9", "off": "20"},
    *(_NO_STEP for _ in range(RELIEF_STEPS_SHOWN - 2)),
)
"""What an empty form begins with: three months free, then nine at a fifth less."""


@router.get("")
def show_programmes(visitor: Staff) -> Response:
    """Show every programme and where it stands."""
    return visitor.page(
        "console/relief.html",
        here=HERE,
        note="",
        programmes=visitor.bank.relief.programmes(visitor.principal),
        language=visitor.locale.value,
        may_draft=Scope.POLICY_WRITE in visitor.principal.scopes,
    )


@router.get("/new")
def new_programme(visitor: Staff) -> Response:
    """Offer an empty form, with the steps of the shipped programme."""
    return _form(visitor, [])


@router.post("/new")
def draft_programme(visitor: Staff) -> Response:
    """Draft what the form says; what is wrong is told with field and reason."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        text = json.dumps(_written(visitor), ensure_ascii=False, indent=1)
        made = visitor.bank.relief.draft(visitor.principal, visitor.key, text)
        return visitor.go(f"{HERE}/{made['programme_id']}")
    return _form(visitor, refusals)


def _form(visitor: Visitor, refusals: list[str]) -> Response:
    steps = [
        {name: visitor.field(f"{name}_{number}", usual[name]) for name in usual}
        for number, usual in enumerate(_SHIPPED_STEPS)
    ]
    return visitor.page(
        "console/relief_new.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        refusals=refusals,
        given=visitor.form or {},
        steps=steps,
        kinds=[kind.value for kind in MeasureKind],
        payers=[payer.value for payer in Payer],
        sold=[(one.name, one.label(visitor.locale)) for one in products().values()],
    )


def _written(visitor: Visitor) -> dict[str, Any]:
    """Return the form as a programme's fields; the reader refuses what is wrong with them."""
    who: dict[str, Any] = {
        "regions": _listed(visitor.field("regions")),
        "trades": _listed(visitor.field("trades")),
        "products": [name for name in products() if visitor.field(f"product_{name}")],
    }
    for name in ("line_min", "line_max", "outstanding_min", "outstanding_max"):
        if visitor.field(name):
            who[f"{name}_fen"] = parse_fen(visitor.field(name))
    for name in ("arrears_days_min", "arrears_days_max"):
        if visitor.field(name):
            who[name] = visitor.number(name)
    for name in ("drawn_from", "drawn_until"):
        if visitor.field(name):
            who[name] = visitor.field(name)
    return {
        "name": visitor.field("name"),
        "title": {"zh_cn": visitor.field("title_zh"), "en": visitor.field("title_en")},
        "sentence": {"zh_cn": visitor.field("sentence_zh"), "en": visitor.field("sentence_en")},
        "payer": visitor.field("payer"),
        "payer_name": visitor.field("payer_name"),
        "budget_fen": parse_fen(visitor.field("budget")),
        "open_from": visitor.field("open_from"),
        "open_until": visitor.field("open_until"),
        "who": who,
        "what": [
            _measure(visitor, number)
            for number in range(RELIEF_STEPS_SHOWN)
            if visitor.field(f"kind_{number}")
        ],
    }


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _measure(visitor: Visitor, number: int) -> dict[str, Any]:
    """Return one step of the form; a field without meaning for its kind is not read."""
    kind = visitor.field(f"kind_{number}")
    count = visitor.number(f"months_{number}") if visitor.field(f"months_{number}") else 0
    by_days = visitor.field(f"unit_{number}") == "days"
    off = visitor.field(f"off_{number}")
    share_ppm = (visitor.number(f"off_{number}") if off else 0) * PPM // _PER_CENT
    lasts = {"kind": kind, "days" if by_days else "months": count}
    match kind:
        case "rate":
            return {**lasts, "rate_ppm": PPM - share_ppm}
        case "waive":
            up_to = visitor.field(f"up_to_{number}")
            bounded = {"up_to_fen": parse_fen(up_to)} if up_to else {}
            part = visitor.field(f"part_{number}", "penalty")
            return {"kind": kind, "component": part, "share_ppm": share_ppm or PPM, **bounded}
        case "extend":
            return {"kind": kind, "days" if by_days else "instalments": count}
        case _:
            return lasts


@router.get("/{programme_id}")
def show_programme(visitor: Staff, programme_id: UUID) -> Response:
    """Show a programme: what it says, its preview, who approved it, how far it has come."""
    return _programme(visitor, programme_id, [])


@router.post("/{programme_id}")
def move_programme(visitor: Staff, programme_id: UUID) -> Response:
    """Preview, approve, launch, stop or reverse, as the button says."""
    refusals: list[str] = []
    relief, who, key = visitor.bank.relief, visitor.principal, visitor.key
    with shown(refusals, visitor):
        reason = visitor.field("reason")
        match visitor.field("do"):
            case "preview":
                relief.preview(who, programme_id)
            case "approve":
                relief.approve(who, key, programme_id)
            case "launch":
                relief.launch_in_background(who, key, programme_id)
            case "stop":
                relief.stop(who, key, programme_id, reason)
            case "reverse":
                from_on = _day(visitor.field("from_on"))
                relief.reverse_in_background(who, key, programme_id, reason, from_on)
        return visitor.go(f"{HERE}/{programme_id}")
    return _programme(visitor, programme_id, refusals)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=text[:20]) from error


def _programme(visitor: Visitor, programme_id: UUID, refusals: list[str]) -> Response:
    found = visitor.bank.relief.programme(visitor.principal, programme_id)
    report = None
    if found["loans"]:
        report = visitor.bank.relief.report(visitor.principal, programme_id)
    return visitor.page(
        "console/relief_programme.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        refusals=refusals,
        programme=found,
        preview=found["preview"],
        progress=found["progress"],
        report=report,
        labels={one.name: one.label(visitor.locale) for one in products().values()},
        language=visitor.locale.value,
        scopes={scope.value for scope in visitor.principal.scopes},
    )


@router.get("/{programme_id}/report.csv")
def download_report(visitor: Staff, programme_id: UUID) -> Response:
    """Return the report as a sheet."""
    text = report_csv(visitor.bank.relief.report(visitor.principal, programme_id))
    headers = {"Content-Disposition": f'attachment; filename="relief-{programme_id}.csv"'}
    return Response("\ufeff" + text, 200, headers, "text/csv; charset=utf-8")
