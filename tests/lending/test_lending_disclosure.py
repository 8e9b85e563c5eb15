"""What a loan costs, shown honestly, and the law's dated caps held against the highest figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.lending.loan_stories import START, story, terms_of

from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.i18n import Locale, explain
from martlet.lending import product_named, products
from martlet.lending.disclosure import (
    Fee,
    Lender,
    disclose,
    internal_rate_ppm,
    read_rate_caps,
    shipped_rate_caps,
)
from martlet.lending.lawful import price_of, refuse_unlawful
from martlet.lending.limits import RATE_SHOWN_PPM_MAX
from martlet.lending.projection import schedule

if TYPE_CHECKING:
    from tests.lending.conftest import LendingBank

CAPS = """
lender = "licensed"
[[cap]]
binds = "licensed"
effective_from = 2020-01-01
annual_ppm = 240_000
verified = true
source = "a rule"
[[cap]]
binds = "licensed"
effective_from = 2026-07-01
lpr_multiple = 4
verified = false
source = "a multiple"
[[lpr_one_year]]
effective_from = 2025-05-20
annual_ppm = 30_000
[[lpr_one_year]]
effective_from = 2026-09-20
annual_ppm = 29_000
"""
LOW = CAPS.replace("240_000", "40_000")


def test_a_fee_taken_at_once_makes_a_loan_dearer_than_its_rate() -> None:
    """¥10,000 for 90 days at 0.03 % a day, and a fee of ¥200 on the day of the drawdown."""
    terms = terms_of("revolving_daily", 10_000_00, 90)
    rows = schedule(terms, story(terms), START)
    plain = disclose(terms, START, rows)
    with_fee = disclose(terms, START, rows, [Fee(START, 200_00)])
    assert plain.simple_annual_ppm == with_fee.simple_annual_ppm == 108_000
    # 10,270 a quarter of a year after 10,000, or after 9,800.
    assert plain.internal_annual_ppm == round(((10_270 / 10_000) ** (365 / 90) - 1) * 10**6)
    assert with_fee.internal_annual_ppm == round(((10_270 / 9_800) ** (365 / 90) - 1) * 10**6)
    assert with_fee.highest_ppm == with_fee.internal_annual_ppm


def test_flows_without_a_rate_have_none_and_absurd_ones_the_highest() -> None:
    tomorrow = START + timedelta(days=1)
    assert internal_rate_ppm([(START, -100)]) is None
    assert internal_rate_ppm([(START, -100), (tomorrow, 100)]) == 0
    assert internal_rate_ppm([(START, -100), (tomorrow, 1_000)]) == RATE_SHOWN_PPM_MAX


def test_the_cap_of_a_day_is_the_latest_rule_and_the_latest_published_rate() -> None:
    caps = read_rate_caps(CAPS)
    assert caps.in_force(date(2019, 12, 31)) is None
    assert caps.in_force(date(2019, 12, 31), Lender.PRIVATE) is None
    found = [caps.in_force(day) for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 9, 20))]
    assert [cap.annual_ppm if cap else 0 for cap in found] == [240_000, 120_000, 116_000]


def test_what_ships_is_24_per_cent_and_four_times_the_prime_rate_both_unverified() -> None:
    caps, day = shipped_rate_caps(), date(2026, 9, 1)
    for lender, ppm in ((Lender.LICENSED, 240_000), (Lender.PRIVATE, 120_000)):
        cap = caps.in_force(day, lender)
        assert cap is not None
        assert (cap.annual_ppm, cap.verified) == (ppm, False)


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        ("lender = 1", "lender"),
        ('lender = "licensed"', "cap"),
        (CAPS.replace("annual_ppm = 240_000", "annual_ppm = 0"), "cap 1: annual_ppm"),
        (CAPS.replace("lpr_multiple = 4", ""), "cap 2: annual_ppm or lpr_multiple"),
        (CAPS.replace("2026-09-20", '"soon"'), "lpr_one_year 2: effective_from"),
        ("[[cap", ""),
    ],
)
def test_malformed_caps_are_refused_with_their_place(broken: str, place: str) -> None:
    if broken == "lender = 1":
        broken = CAPS.replace('lender = "licensed"', broken)
    with pytest.raises(Invalid) as refusal:
        read_rate_caps(broken)
    assert refusal.value.code == "lending.rate_caps_malformed"
    assert place in str(refusal.value.details["place"])


def test_the_cap_is_held_against_the_highest_rate_and_not_the_nominal_one() -> None:
    """0.06 % a day is 21.6 % of 360 days, and 24.5 % a year where a month is paid by the month."""
    day = date(2026, 3, 2)
    caps = shipped_rate_caps()
    refuse_unlawful(caps, "revolving_daily", 500, [30, 360], day)
    dear = price_of("revolving_daily", 600, 30, day)
    assert dear.simple_annual_ppm < 240_000 < dear.highest_ppm
    with pytest.raises(Refused) as refusal:
        refuse_unlawful(caps, "revolving_daily", 600, [30, 360], day)
    assert refusal.value.code == "lending.rate_above_cap"
    assert refusal.value.details["cap_ppm"] == 240_000


def test_an_offer_above_the_cap_is_priced_at_the_cap_and_says_so(bank: LendingBank) -> None:
    """4 % a year with everything: the highest daily rate under it, and not one ppm more."""
    party = bank.business()

    def apply() -> dict[str, Any]:
        product, wanted = "revolving_daily", 10_000_00
        return bank.lending.apply(bank.principal, bank.key(), party, product, wanted)

    usual = apply()
    rates = usual["offer"]["example"]["rates"]
    assert rates["highest_ppm"] < rates["cap_ppm"] == 240_000
    assert rates["cap_verified"] is False
    assert usual["notes"] == []
    bank.lending._caps = caps = read_rate_caps(LOW)
    answer = apply()
    offer, today = answer["offer"], date.fromisoformat(answer["applied_on"])
    rate = offer["rate_ppm_per_day"]
    assert rate < usual["offer"]["rate_ppm_per_day"]
    prices = [price_of("revolving_daily", rate, tenor, today) for tenor in offer["tenors"]]
    dearer = [price_of("revolving_daily", rate + 1, tenor, today) for tenor in offer["tenors"]]
    assert max(price.highest_ppm for price in prices) <= 40_000
    assert max(price.highest_ppm for price in dearer) > 40_000
    refuse_unlawful(caps, "revolving_daily", rate, offer["tenors"], today)
    (note,) = answer["notes"]
    assert note["code"] == "lending.priced_at_cap"
    assert note["params"]["rate_ppm_per_day"] == rate
    assert note in offer["reasons"]
    stored = bank.lending._credit.decision(bank.principal, UUID(answer["decision"]["decision_id"]))
    assert stored.decision.rate_ppm_per_day > rate, "the decision stays what it was"
    kept = bank.lending.answer_to(bank.principal, stored)
    assert kept["offer"]["rate_ppm_per_day"] == rate
    assert [reason.as_json() for reason in kept["notes"]] == [note]


def test_a_drawdown_above_the_cap_of_its_day_is_refused_and_takes_nothing(
    bank: LendingBank,
) -> None:
    line = bank.line()
    bank.lending._caps = read_rate_caps(LOW)
    with pytest.raises(Refused) as refusal:
        bank.lending.draw(bank.principal, bank.key(), line, 1_000_00)
    assert refusal.value.code == "lending.rate_above_cap"
    bank.lending._caps = shipped_rate_caps()
    drawn = bank.lending.draw(bank.principal, bank.key(), line, 1_000_00)
    assert drawn["facility"]["used_fen"] == 1_000_00


def test_a_fixed_fee_above_the_cap_at_any_rate_is_refused_and_all_is_kept(
    bank: LendingBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fifth of the sum as a fee, repaid in 45 days: no daily rate makes that lawful."""
    sold = product_named("takings_advance")
    assert sold.conventions.takings is not None
    dear = replace(sold.conventions.takings, fee_ppm=200_000)
    changed = replace(sold, conventions=replace(sold.conventions, takings=dear))
    catalogue = {**products(), sold.name: changed}
    monkeypatch.setattr("martlet.lending.product.products", lambda: catalogue)
    price_of.cache_clear()
    answer = bank.lending.apply(bank.principal, bank.key(), bank.business(), sold.name, 10_000_00)
    assert (answer["decision"]["outcome"], answer["outcome"]) == ("approved", "refused")
    assert answer["offer"] is None
    (note,) = answer["notes"]
    assert note["code"] == "lending.no_lawful_price"
    assert note["params"]["highest_ppm"] > note["params"]["cap_ppm"] == 240_000
    for locale in Locale:
        assert "24.00%" in explain(note["code"], note["params"], locale)
    (kept,) = bank.lending.applications(bank.principal)
    assert kept["outcome"] == "refused"
    decision_id = UUID(answer["decision"]["decision_id"])
    stored = bank.lending._credit.decision(bank.principal, decision_id)
    answered = bank.lending.answer_to(bank.principal, stored)
    assert (answered["outcome"], answered["offer"]) == ("refused", None)
    price_of.cache_clear()
