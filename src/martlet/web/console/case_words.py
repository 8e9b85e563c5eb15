"""What happened in a case, said in a line: the figures of an event in the reader's language."""

from datetime import date
from typing import TYPE_CHECKING, Any

from martlet.web.wording import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.web.visitors import Visitor


def told(visitor: "Visitor", event: "Mapping[str, Any]", titles: "Mapping[str, str]") -> str:
    """Return what an event says beside its name; nothing where the name says it all."""
    details = event["details"]
    match event["kind"]:
        case "opened" | "bucket_moved":
            return visitor.say(
                "{late_days} days overdue · loans: {loans_count} · principal: {principal_fen}",
                late_days=details["days_overdue"],
                loans_count=details["loans_count"],
                principal_fen=details["principal_fen"],
            )
        case "reminded":
            return visitor.say(
                "by {channel}: {due_fen} due",
                channel=word("channel", details["channel"], visitor.locale),
                due_fen=details["due_fen"],
            )
        case "promised":
            pay_by = date.fromisoformat(details["pay_by"])
            return visitor.say(
                "{amount_fen} by {pay_by}", amount_fen=details["amount_fen"], pay_by=pay_by
            )
        case "promise_kept" | "promise_broken":
            return visitor.say(
                "{paid_fen} paid of {amount_fen} promised",
                paid_fen=details["paid_fen"],
                amount_fen=details["amount_fen"],
            )
        case "handed_over" | "taken_back":
            kind, name = details["handler_kind"], details["handler"]
            shown = titles.get(f"{kind}:{name}", "" if kind == "person" else name)
            return f"{word('handler_kind', kind, visitor.locale)} {shown}".strip()
        case "closed":
            return word("closing", details["because"], visitor.locale)
    return str(details.get("text", ""))
