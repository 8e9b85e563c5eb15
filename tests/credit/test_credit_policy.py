"""A policy is data: read, checked, compared, and refused with the place where it is wrong."""

from __future__ import annotations

from datetime import date

import pytest

from martlet.credit import default_policy, difference, parse_policy
from martlet.kernel.errors import Invalid

TEXT = default_policy().text


def changed(before: str, after: str) -> str:
    assert before in TEXT
    return TEXT.replace(before, after, 1)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (changed("sample_min = 10", "sample_min = -1"), "sample_min"),
        (changed("sample_min = 10", 'sample_min = "ten"'), "sample_min"),
        (changed("sample_min = 10", "sample_min = 1.5"), "sample_min"),
        (changed("sample_min = 10", ""), "sample_min"),
        (changed("sample_min = 10", "sample_min = 10\nsurprise = 1"), "surprise"),
        (changed("pd_max_ppm = 50_000", "pd_max_ppm = 10_000"), "band B.pd_max_ppm"),
        (
            changed("rate_ppm_per_day = 280", "rate_ppm_per_day = 100"),
            "band B.rate_ppm_per_day",
        ),
        (
            changed("B = 1_500_000", "B = 9_500_000"),
            "verified_takings_monthly_fen.share_ppm.B",
        ),
        (changed("B = 1_500_000", ""), "capacity[0].share_ppm.B"),
        (changed("limit_fen = 300_000", "limit_fen = 1"), "thin_history.step"),
        (
            changed("limit_min_fen = 100\n", "limit_min_fen = 999_999_999_900\n"),
            "product.revolving",
        ),
        (changed("effective_from = 2017-08-04", "effective_from = 7"), "rate_cap[0]"),
        (changed('kind = "records_days_since', 'kind = "no_days_since'), "eligibility[0].kind"),
        (
            changed('kind = "verified_takings_monthly_fen"', 'kind = "records_history_days"'),
            "records_history_days",
        ),
        ("version = ", "(file)"),
        ("x" * 70_000, "(file)"),
    ],
)
def test_a_malformed_policy_is_refused_at_its_place(text: str, place: str) -> None:
    with pytest.raises(Invalid, match=r"credit\.policy_malformed") as refusal:
        parse_policy(text)
    assert str(refusal.value.details["place"]).startswith(place)


def test_the_legal_cap_is_a_dated_setting() -> None:
    stricter = "\n[[rate_cap]]\neffective_from = 2026-01-01\nannual_ppm = 73_000\nsource = 'x'\n"
    policy = parse_policy(changed("# Rules that", f"{stricter}# Rules that"))
    assert policy.lawful_rate(500, date(2017, 8, 3)) == 500
    assert policy.lawful_rate(700, date(2025, 12, 31)) == 240_000 // 365
    assert policy.lawful_rate(500, date(2026, 1, 1)) == 200


def test_two_versions_show_what_differs() -> None:
    other = parse_policy(
        changed('version = "starter-1"', 'version = "starter-2"')
        .replace("A = 2_500_000", "A = 3_000_000")
        .replace("tenors_months = [3, 6, 12, 24]", "tenors_months = [3, 6, 12]", 1)
    )
    found = {spot.place: (spot.before, spot.after) for spot in difference(default_policy(), other)}
    assert found == {
        "version": ("starter-1", "starter-2"),
        "capacity.verified_takings_monthly_fen.share_ppm.A": ("2500000", "3000000"),
        "products.equal_instalments.tenors": ("(3, 6, 12, 24)", "(3, 6, 12)"),
    }
