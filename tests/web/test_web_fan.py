"""A chart of what lies ahead: nothing outside its canvas, and the floor where it belongs."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.i18n import Locale
from martlet.web.fan import DESK, PHONE, SPARK, Ahead, Canvas, Mark, draw, short_yuan

FIRST = date(2026, 12, 20)
fens = st.integers(-(10**13), 10**13)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=age) for age in range(count)]


@given(
    st.lists(st.lists(fens, min_size=3, max_size=3).map(sorted), min_size=1, max_size=60),
    st.one_of(st.none(), fens),
    st.sampled_from([PHONE, DESK, SPARK]),
)
def test_nothing_is_drawn_outside_the_canvas(
    rows: list[list[int]], floor_fen: int | None, canvas: Canvas
) -> None:
    low, middle, high = ([row[at] for row in rows] for at in range(3))
    ahead = Ahead(
        days(len(rows)),
        middle,
        [(low, high)],
        floor_fen=floor_fen,
        lowest=(middle.index(min(middle)), min(middle)),
        marks=[Mark(len(rows) - 1, "out", "rent")],
        provisional={0, len(rows) - 1},
    )
    drawn = draw(ahead, canvas, Locale.EN)
    for path in (*drawn.bands, drawn.middle):
        for x, y in re.findall(r"(-?\d+),(-?\d+)", path):
            assert canvas.left <= int(x) <= canvas.width - canvas.right
            assert canvas.top <= int(y) <= canvas.height - canvas.bottom
    for box in (*drawn.provisional, *([drawn.danger] if drawn.danger else [])):
        assert box.width >= 0
        assert box.height >= 0
        assert canvas.left <= box.x <= box.x + box.width <= canvas.width - canvas.right
    assert len(drawn.dates) <= 4


@given(st.lists(fens, min_size=2, max_size=56), fens)
def test_a_day_above_the_floor_is_seen_above_it(middle: list[int], floor_fen: int) -> None:
    drawn = draw(Ahead(days(len(middle)), middle, [], floor_fen=floor_fen), PHONE, Locale.EN)
    heights = [int(y) for _, y in re.findall(r"(\d+),(\d+)", drawn.middle)]
    assert drawn.floor_y is not None
    for fen, y in zip(middle, heights, strict=True):
        assert (y <= drawn.floor_y) if fen >= floor_fen else (y >= drawn.floor_y)


def test_where_nothing_can_run_out_there_is_no_red_zone() -> None:
    drawn = draw(Ahead(days(3), [0, 100, 200], [], floor_fen=None), PHONE, Locale.EN)
    assert drawn.danger is None
    above = draw(Ahead(days(3), [900_00, 950_00, 990_00], [], floor_fen=0), PHONE, Locale.EN)
    assert above.danger is None, "the floor is the lowest line: nothing lies below it"


def test_days_without_a_decree_are_one_strip_for_each_run() -> None:
    drawn = draw(Ahead(days(30), [0] * 30, [], provisional={3, 4, 5, 20}), PHONE, Locale.EN)
    assert len(drawn.provisional) == 2


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (0, "0", "0"),
        (123_400, "1,234", "1.2k"),
        (-1_500_000, "-1.5万", "-15k"),
        (2_000_000_000, "2,000万", "20m"),
        (25_000_000_000, "2.5亿", "250m"),
        (99_999_999, "100万", "1,000k"),
    ],
)
def test_an_amount_on_an_axis_is_short(fen: int, chinese: str, english: str) -> None:
    assert short_yuan(fen, Locale.ZH_CN) == chinese
    assert short_yuan(fen, Locale.EN) == english
