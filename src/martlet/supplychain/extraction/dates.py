"""The first whole date of a text, such as 2020年5月14日 or 2020-05-14.

The invariant: a day without its year is no date.
"""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19"
    r"|20)\d{2})\s?[年\-/.]\s?(?P<month>\d{1,2})\s?[月\-/.]\s?(?P<day>\d{1,2})(?!\d)"
)


def first_date(text: str) -> date | None:
    """Return the first whole date that exists in the calendar; None where there is none."""
    for match in _DATE.finditer(text):
        try:
            return date(int(match["year"]), int(match["month"]), int(match["day"]))
        except ValueError:
            continue
    return None
