"""What lies ahead, drawn on the server: a middle line, bands around it, a floor, marks and dates.

Plain amounts in, places on a canvas out; a template writes them as SVG and the same numbers stand
beside it as a table. The invariant: nothing is drawn outside the canvas, and one scale holds for
everything on it, so that what is above the floor is seen above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale
from martlet.kernel.rounding import divide
from martlet.web.limits import FAN_GRID_LINES, FAN_TICKS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

Band = tuple["Sequence[int]", "Sequence[int]"]


@dataclass(frozen=True, slots=True)
class Canvas:
    """How large a drawing is, and the room that its labels take."""

    width: int
    height: int
    left: int
    top: int
    right: int
    bottom: int
    bare: bool = False
    """Without amounts, dates and marks."""


PHONE = Canvas(width=330, height=240, left=42, top=26, right=10, bottom=40)
DESK = Canvas(width=880, height=270, left=64, top=26, right=14, bottom=34)
SPARK = Canvas(width=330, height=64, left=2, top=4, right=2, bottom=4, bare=True)
STRIP = Canvas(width=330, height=110, left=2, top=4, right=2, bottom=4, bare=True)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is to be drawn, all in fen and a value for each day."""

    days: Sequence[date]
    middle: Sequence[int]
    bands: Sequence[Band]
    """The widest first."""
    floor_fen: int | None = None
    """Below it lies the red zone; None where no amount is too little."""
    before: Sequence[int] = ()
    """The middle as it was before something was changed."""
    lowest: tuple[int, int] | None = None
    """The place of the lowest day, and what is expected there."""
    marks: Sequence[Mark] = ()
    provisional: Collection[int] = ()
    """Places of days whose calendar nobody has decreed yet."""
    from_zero: bool = False
    """Whether the scale begins at nought, so that sizes are seen as sizes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something known of a day: money that comes or goes."""

    place: int
    kind: str
    told: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Label:
    """A text and the place it belongs to."""

    x: int
    y: int
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Sign:
    """A mark as it is drawn, with what it says."""

    x: int
    y: int
    kind: str
    told: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that a template writes as SVG."""

    canvas: Canvas
    bands: tuple[str, ...]
    middle: str
    before: str
    danger: Box | None
    floor_y: int | None
    grid: tuple[Label, ...]
    dates: tuple[Label, ...]
    signs: tuple[Sign, ...]
    provisional: tuple[Box, ...]
    lowest: tuple[int, int] | None


def draw(ahead: Ahead, canvas: Canvas, locale: Locale) -> Drawing:
    """Return where everything of a chart stands."""
    scale = _Scale.of(ahead, canvas)
    plot = Box(
        canvas.left,
        canvas.top,
        canvas.width - canvas.left - canvas.right,
        canvas.height - canvas.top - canvas.bottom,
    )
    floor_y = None if ahead.floor_fen is None else scale.y(ahead.floor_fen)
    bottom = plot.y + plot.height
    lowest = ahead.lowest
    return Drawing(
        canvas=canvas,
        bands=tuple(_area(scale, low, high) for low, high in ahead.bands),
        middle=_line(scale, ahead.middle),
        before=_line(scale, ahead.before) if ahead.before else "",
        danger=None
        if floor_y is None or floor_y >= bottom
        else Box(plot.x, floor_y, plot.width, bottom - floor_y),
        floor_y=floor_y,
        grid=tuple(
            Label(canvas.left - 6, scale.y(value), short_yuan(value, locale), "end")
            for value in scale.lines
        ),
        dates=tuple(_dates(ahead.days, scale, canvas, locale)),
        signs=tuple(
            Sign(scale.x(mark.place), bottom + 9, mark.kind, mark.told) for mark in ahead.marks
        ),
        provisional=tuple(_strips(ahead.provisional, scale, plot)),
        lowest=None if lowest is None else (scale.x(lowest[0]), scale.y(lowest[1])),
    )


def short_yuan(amount_fen: int, locale: Locale) -> str:
    """Write an amount so that it fits an axis: 1.2万, 12k."""
    steps: tuple[tuple[int, str], ...]
    if locale is Locale.ZH_CN:
        steps = ((10_000_000_000, "亿"), (1_000_000, "万"))
    else:
        steps = ((100_000_000_000, "bn"), (100_000_000, "m"), (100_000, "k"))
    size, sign = abs(amount_fen), "-" if amount_fen < 0 else ""
    for unit_fen, word in steps:
        if size >= unit_fen:
            whole, tenth = divmod(divide(size * 10, unit_fen), 10)
            return f"{sign}{whole:,}{f'.{tenth}' if tenth else ''}{word}"
    return f"{sign}{divide(size, 100):,}"


def short_day(value: date, locale: Locale) -> str:
    """Write a day without its year: 3月5日, 5 Mar."""
    if locale is Locale.ZH_CN:
        return f"{value.month}月{value.day}日"
    return f"{value.day} {value:%b}"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where amounts and days lie on a canvas."""

    canvas: Canvas
    low: int
    high: int
    count: int
    lines: tuple[int, ...]

    @classmethod
    def of(cls, ahead: Ahead, canvas: Canvas) -> _Scale:
        """Return the scale on which all that is drawn has room, with lines at round amounts."""
        rows = [ahead.middle, ahead.before, *(side for band in ahead.bands for side in band)]
        amounts = [fen for row in rows for fen in row]
        if ahead.floor_fen is not None:
            amounts.append(ahead.floor_fen)
        if ahead.from_zero:
            amounts.append(0)
        low, high = min(amounts, default=0), max(amounts, default=0)
        step = _round_step(max(high - low, 100))
        first, last = low // step, -(-high // step)
        if first == last:
            last += 1
        lines = tuple(step * at for at in range(first, last + 1))
        return cls(canvas, lines[0], lines[-1], len(ahead.days), lines)

    def x(self, place: int) -> int:
        """Return a day's place across."""
        room = self.canvas.width - self.canvas.left - self.canvas.right
        return self.canvas.left + place * room // max(self.count - 1, 1)

    def y(self, amount_fen: int) -> int:
        """Return an amount's place, counted from the top."""
        room = self.canvas.height - self.canvas.top - self.canvas.bottom
        inside = min(max(amount_fen, self.low), self.high)
        return self.canvas.top + (self.high - inside) * room // (self.high - self.low)


def _round_step(span: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that a few lines cover the span."""
    rough = max(span // FAN_GRID_LINES, 1)
    power: int = 10 ** (len(str(rough)) - 1)
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def _line(scale: _Scale, amounts: Sequence[int]) -> str:
    points = (f"{scale.x(place)},{scale.y(fen)}" for place, fen in enumerate(amounts))
    return "M" + "L".join(points)


def _area(scale: _Scale, low: Sequence[int], high: Sequence[int]) -> str:
    above = [f"{scale.x(place)},{scale.y(fen)}" for place, fen in enumerate(high)]
    below = [f"{scale.x(place)},{scale.y(fen)}" for place, fen in enumerate(low)]
    return "M" + "L".join([*above, *reversed(below)]) + "Z"


def _dates(days: Sequence[date], scale: _Scale, canvas: Canvas, locale: Locale) -> Iterator[Label]:
    """Yield a few days under the plot, the first and the last among them."""
    last = len(days) - 1
    steps = min(FAN_TICKS - 1, last)
    for step in range(steps + 1):
        place = step * last // max(steps, 1)
        anchor = "start" if step == 0 else "end" if step == steps else "middle"
        text = short_day(days[place], locale)
        yield Label(scale.x(place), canvas.height - 4, text, anchor)


def _strips(places: Collection[int], scale: _Scale, plot: Box) -> Iterator[Box]:
    """Yield a strip for each run of days."""
    half = max(plot.width // max(scale.count - 1, 1) // 2, 1)
    for _, run in groupby(enumerate(sorted(places)), key=lambda pair: pair[1] - pair[0]):
        inside = [place for _, place in run]
        left = max(scale.x(inside[0]) - half, plot.x)
        right = min(scale.x(inside[-1]) + half, plot.x + plot.width)
        yield Box(left, plot.y, right - left, plot.height)
