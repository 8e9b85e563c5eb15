"""What a reminder says, in Chinese and English: the amount, since when, how to pay, where to ask.

It names nobody, neither the borrower nor anyone else, and threatens nothing: whoever looks over a
shoulder learns no more than the text itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale, explain

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.collections.rules import HelpText

TEMPLATES = ("coming_due", "overdue", "overdue_offer")


def texts(
    template: str, due_fen: int, due_on: date, late_days: int, help_text: HelpText
) -> dict[str, str]:
    """Return a reminder's text in each language."""
    assert template in TEMPLATES, template
    assert due_fen > 0, due_fen
    return {
        locale.value: explain(
            f"lending.reminder_{template}",
            {
                "due_fen": due_fen,
                "due_on": due_on,
                "late_days": max(late_days, 0),
                "how": help_text.how(locale),
                "ask": help_text.ask(locale),
            },
            locale,
        )
        for locale in Locale
    }
