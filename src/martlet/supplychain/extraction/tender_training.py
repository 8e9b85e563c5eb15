"""How far each rule is to be trusted, measured on somebody's own labelled notices.

The invariant: a measured trust starts from the hand-set one and leaves it only as examples come in;
nothing measured is kept in the package.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.labelled import BUYER as BUYER_ROLE
from martlet.supplychain.extraction.labelled import OBJECT as OBJECT_ROLE
from martlet.supplychain.extraction.labelled import SUM as SUM_ROLE
from martlet.supplychain.extraction.labelled import WINNER as WINNER_ROLE
from martlet.supplychain.extraction.tender_rules import BUYER, OBJECT, RULES, SUM, WINNER
from martlet.supplychain.extraction.tenders import Told, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.supplychain.extraction.labelled import LabelledDocument
    from martlet.supplychain.extraction.tenders import Page, Trusts

PRIOR_EXAMPLES = 8
"""How many examples the hand-set trust counts as: a rule seen twice keeps most of it."""


def measured_trusts(train: Sequence[LabelledDocument]) -> Trusts:
    """Return each rule's share of right arguments in labelled documents, drawn to its own trust."""
    right: Counter[tuple[str, str]] = Counter()
    seen: Counter[tuple[str, str]] = Counter()
    for each in train:
        labelled = {pair for award in each.awards for pair in award.arguments}
        if not labelled:
            continue
        page = page_of(each.document)
        for role, label, told in _told(page):
            seen[role, told.rule] += 1
            right[role, told.rule] += (label, told.text) in labelled
    return {
        (rule.role, rule.name): (right[rule.role, rule.name] + PRIOR_EXAMPLES * rule.trust)
        / (seen[rule.role, rule.name] + PRIOR_EXAMPLES)
        for rule in RULES
    }


def _told(page: Page) -> Iterator[tuple[str, str, Told]]:
    yield from ((WINNER, WINNER_ROLE, one) for statement in page.winners() for one in statement)
    yield from ((BUYER, BUYER_ROLE, one) for one in page.buyers())
    yield from ((OBJECT, OBJECT_ROLE, one) for one in page.objects())
    yield from ((SUM, SUM_ROLE, one) for one in page.amounts())
