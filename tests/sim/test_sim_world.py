"""The world's merchants come from the seed alone, look like real ones, and are nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from tests.realdata import ROOT, shared_data

import martlet.sim
from martlet.kernel.i18n import Locale, has_sentence
from martlet.parties.identifiers import read_credit_code, read_mobile
from martlet.sim import Merchant, calibration, merchants
from martlet.sim.takings import Till, festival_factor, takings_file, till

START = date(2026, 1, 1)
NEW_YEAR = date(2026, 2, 17)
SHAPE = calibration()
MANY = merchants(5, 600, START, 365, SHAPE)
SHOP = next(one for one in MANY if not one.wholesale and one.fails_on is None)


def _till(one: Merchant, days: int = 730) -> Till:
    return till(5, one, START - timedelta(days=365), days, START, SHAPE)


def test_a_larger_world_contains_the_smaller() -> None:
    assert merchants(5, 40, START, 365, SHAPE) == MANY[:40]
    assert merchants(6, 40, START, 365, SHAPE) != MANY[:40]


def test_every_merchant_says_that_it_is_synthetic_and_is_nobody() -> None:
    told = [one.registration().checked() for one in MANY]
    assert all("合成" in one.name and "synthetic" in one.name for one in told)
    assert all("合成" in one.owner_name and one.region == "合成市" for one in told)
    assert len({read_mobile(one.owner_phone) for one in told}) == len(told)
    numbers = {read_credit_code(one.registration_no or "") for one in told}
    assert len(numbers) == len(told)
    assert all(number[2:8] == "000000" for number in numbers), "no such region"


def test_the_world_has_the_sizes_and_shares_that_were_measured() -> None:
    shops = [one for one in MANY if not one.wholesale]
    middle = np.median([one.level_fen_per_day for one in shops])
    assert middle == pytest.approx(SHAPE.shop.takings_median_fen_per_day, rel=0.15)
    assert len(shops) / len(MANY) == pytest.approx(0.8, abs=0.05)
    assert sum(one.refund_ppm for one in MANY) / len(MANY) == pytest.approx(
        SHAPE.merchant.refund_ppm, rel=0.15
    )
    usual = sum(one.fails_on is not None for one in MANY)
    stress = merchants(5, 600, START, 365, SHAPE, stress=True)
    failing = sum(one.fails_on is not None for one in stress)
    assert 0 < usual < 20
    assert failing / len(stress) == pytest.approx(SHAPE.merchant.fail_stress_ppm / 1e6, abs=0.04)


def test_a_shop_has_its_week_and_its_spring_festival() -> None:
    days = [_till(one) for one in MANY[:200] if not one.wholesale]
    means = np.array([one.taken_fen / max(one.taken_fen.mean(), 1) for one in days]).mean(axis=0)
    first = days[0].first_day
    weekday = np.array([(first + timedelta(days=n)).weekday() for n in range(len(means))])
    assert means[weekday == 5].mean() > 1.08 * means[weekday == 0].mean()
    eve = (NEW_YEAR - first).days
    assert means[eve : eve + 5].mean() < 0.65 * means[eve - 40 : eve - 20].mean()
    assert festival_factor(NEW_YEAR, SHAPE) < 0.5
    assert festival_factor(START, SHAPE) == 1


def test_amounts_are_whole_and_refunds_never_exceed_them() -> None:
    for one in MANY[:50]:
        days = _till(one)
        assert days.taken_fen.dtype == days.refunded_fen.dtype == np.int64
        assert (days.refunded_fen <= days.taken_fen).all()
        assert ((days.payments > 0) == (days.taken_fen > 0)).all()


def test_a_failing_shop_sinks_and_ends() -> None:
    ends = date(2026, 6, 1)
    days = _till(replace(SHOP, fails_on=ends))
    last = (ends - days.first_day).days
    assert days.taken_fen[last:].sum() == 0
    before, end = days.taken_fen[last - 130 : last - 80], days.taken_fen[last - 20 : last]
    assert end.mean() < 0.4 * before.mean()
    whole = _till(SHOP)
    assert (days.taken_fen[: last - 75] == whole.taken_fen[: last - 75]).all()


def test_a_new_shop_has_no_past() -> None:
    days = _till(replace(SHOP, opened_on=START))
    assert days.taken_fen[:365].sum() == 0
    assert days.taken_fen[365:].sum() > 0


def test_the_file_is_what_a_platform_would_send() -> None:
    days = _till(SHOP)
    content, rows = takings_file([(SHOP, days)], START, START + timedelta(days=10))
    lines = content.decode().splitlines()
    assert lines[0] == "商户编号,日期,流水,退款,笔数"
    assert len(lines) == rows + 1 <= 11
    line = re.compile(rf"{SHOP.firm},2026-01-\d\d,\d+\.\d\d,\d+\.\d\d,\d+")
    assert all(line.fullmatch(row) for row in lines[1:])


def test_every_refusal_of_the_world_has_its_words() -> None:
    folder = Path(martlet.sim.__file__).parent
    codes = {
        code
        for source in folder.glob("*.py")
        for code in re.findall(r'"(sim\.\w+)"', source.read_text("utf-8"))
    }
    assert len(codes) == 6
    assert not [c for c in codes for locale in Locale if not has_sentence(c, locale)]


@pytest.mark.realdata
def test_the_constants_are_what_the_data_say(tmp_path: Path) -> None:
    """Worked out anew from the real data, the file comes out the same to the byte."""
    script = ROOT / "tools" / "calibrate_sim.py"
    again = tmp_path / "calibration.toml"
    data = shared_data("credit").parent
    subprocess.run([sys.executable, str(script), str(data), str(again)], check=True)
    kept = ROOT / "src" / "martlet" / "sim" / "calibration.toml"
    assert again.read_text("utf-8") == kept.read_text("utf-8")
