"""The policy in force, its versions and what each changed, and the draft of the next on trial."""

from datetime import UTC, date, datetime, time
from difflib import unified_diff
from itertools import islice
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.credit import Policy, PublishedPolicy, parse_policy, policy_in_force
from martlet.credit.workbench import Changed
from martlet.kernel.calendar import SHANGHAI, business_date_of, next_day
from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.web.limits import DIFF_LINES_MAX, TRIAL_DECISIONS
from martlet.web.trials import trial
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console")
HERE = "/console/policy"


def _policy(visitor: Visitor) -> Policy:
    """Return the policy in force."""
    visitor.principal.require(Scope.CREDIT_READ)
    now, tenant_id = visitor.bank.clock.now(), visitor.principal.tenant_id
    with visitor.bank.database.read() as connection:
        return policy_in_force(connection, tenant_id, now)


@router.get("/policy")
def show_policy(visitor: Staff, note: str = "") -> Response:
    """Show the policy in force and every version published."""
    policy = _policy(visitor)
    notes = {"published": visitor.say("The new version is published.")}
    return visitor.page(
        "console/policy.html",
        here=HERE,
        note=notes.get(note, ""),
        policy=policy,
        versions=_history(visitor, policy),
        may_publish=Scope.POLICY_WRITE in visitor.principal.scopes,
    )


def _history(visitor: Visitor, in_force: Policy) -> list[dict[str, Any]]:
    """Return the versions, the latest first, each with when it counts and how it stands."""
    now = visitor.bank.clock.now()
    found: list[dict[str, Any]] = []
    until: datetime | None = None
    for item in visitor.bank.credit.policies(visitor.principal):
        standing = "past"
        if item.effective_from > now:
            standing = "coming"
        elif item.version == in_force.version and (until is None or until > now):
            standing = "in_force"
        found.append({"item": item, "until": until, "standing": standing})
        until = item.effective_from
    return found


@router.get("/policy/versions/{policy_id}")
def show_version(visitor: Staff, policy_id: str) -> Response:
    """Show what a version changed against the one before it, setting by setting."""
    published = visitor.bank.credit.policies(visitor.principal)
    for place, item in enumerate(published):
        if str(item.policy_id) == policy_id:
            before = _before(published, place)
            changes = visitor.bank.credit.policy_difference(visitor.principal, before, item.version)
            return visitor.page(
                "console/policy_version.html",
                here=HERE,
                note="",
                item=item,
                before=before,
                changes=changes,
            )
    raise NotFound("credit.policy_not_found", version=policy_id[:80])


def _before(published: list[PublishedPolicy], place: int) -> str:
    """Return the version that a published one followed; the first followed the shipped one."""
    from martlet.credit import default_policy  # noqa: PLC0415 - of the first version only

    later = published[place + 1 :]
    return later[0].version if later else default_policy().version


@router.get("/policy/new")
def draft_policy(visitor: Staff) -> Response:
    """Offer the policy in force as the draft of the next."""
    policy = _policy(visitor)
    tomorrow = next_day(business_date_of(visitor.bank.clock.now()))
    return _draft(visitor, policy.text, tomorrow.isoformat(), [], None)


@router.post("/policy/new")
def publish_policy(visitor: Staff) -> Response:
    """Show what a draft would change and whom it would move, or publish it."""
    refusals: list[str] = []
    text = visitor.field("text").replace("\r\n", "\n") + "\n"
    start = visitor.field("effective_from")
    tried: dict[str, Any] | None = None
    with shown(refusals, visitor):
        visitor.principal.require(Scope.POLICY_WRITE)
        draft = parse_policy(text)
        moment = _beginning_of(start)
        if visitor.field("do") == "publish":
            visitor.bank.credit.publish_policy(visitor.principal, visitor.key, text, moment)
            return visitor.go("/console/policy?note=published")
        tried = trial(visitor, Changed(policy=draft))
    return _draft(visitor, text, start, refusals, _diff(visitor, text), tried)


def _beginning_of(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), SHANGHAI).astimezone(UTC)
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=text[:20]) from error


def _draft(
    visitor: Visitor,
    text: str,
    start: str,
    refusals: list[str],
    diff: list[str] | None,
    tried: dict[str, Any] | None = None,
) -> Response:
    return visitor.page(
        "console/policy_new.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        text=text,
        effective_from=start,
        refusals=refusals,
        diff=diff,
        trial=tried,
        trial_count=TRIAL_DECISIONS,
    )


def _diff(visitor: Visitor, text: str) -> list[str]:
    """Return the lines that differ from the policy in force, with a little around them."""
    policy = _policy(visitor)
    before = policy.text.splitlines()[:DIFF_LINES_MAX]
    after = text.splitlines()[:DIFF_LINES_MAX]
    return list(islice(unified_diff(before, after, lineterm="", n=2), 2, DIFF_LINES_MAX))
