"""The dated rules of collections: buckets, hours and limits of contact, the plan, promises, help.

Data read once from `rules.toml` and checked as it is read; the entry in force on a day is the
latest that has begun. Guards one thing: nothing here is a constant of the code.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.kernel.i18n import Locale
from martlet.kernel.rates import PPM
from martlet.lending.in_force import in_force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class Bucket:
    """A range of days overdue, by its code; without an end where `to_days` is 0."""

    code: str
    from_days: int
    to_days: int
    en: str
    zh_cn: str

    def __post_init__(self) -> None:
        assert self.from_days >= 1, self
        assert self.to_days == 0 or self.to_days >= self.from_days, self

    def holds(self, days_overdue: int) -> bool:
        """Tell whether so many days lie in it."""
        return self.from_days <= days_overdue and (not self.to_days or days_overdue <= self.to_days)

    def label(self, locale: Locale) -> str:
        """Return its name in a language."""
        return self.zh_cn if locale is Locale.ZH_CN else self.en


@dataclass(frozen=True, slots=True)
class BucketSet:
    """The buckets of loans and of borrowers from a day on; each cover every day from the first."""

    effective_from: date
    source: str
    verified: bool
    loan: tuple[Bucket, ...]
    borrower: tuple[Bucket, ...]

    def __post_init__(self) -> None:
        for buckets in (self.loan, self.borrower):
            starts = [1, *(bucket.to_days + 1 for bucket in buckets[:-1])]
            assert [bucket.from_days for bucket in buckets] == starts, buckets
            assert buckets[-1].to_days == 0, buckets
            assert len({bucket.code for bucket in buckets}) == len(buckets), buckets

    def of_borrower(self, days_overdue: int) -> Bucket:
        """Return a borrower's bucket; the days are at least 1."""
        return next(bucket for bucket in self.borrower if bucket.holds(days_overdue))

    def of_loan(self, days_overdue: int) -> Bucket:
        """Return a loan's bucket; the days are at least 1."""
        return next(bucket for bucket in self.loan if bucket.holds(days_overdue))


@dataclass(frozen=True, slots=True)
class ChannelLimit:
    """How often one borrower is reminded over one channel."""

    channel: str
    per_day: int
    per_7_days: int

    def __post_init__(self) -> None:
        assert 0 <= self.per_day <= self.per_7_days, self


@dataclass(frozen=True, slots=True)
class ContactRule:
    """At what hours of Shanghai, and how often, a borrower may be reminded."""

    effective_from: date
    opens_at: time
    closes_at: time
    source: str
    verified: bool
    limits: tuple[ChannelLimit, ...]

    def __post_init__(self) -> None:
        assert self.opens_at < self.closes_at, self

    def open_at(self, local: datetime) -> bool:
        """Tell whether a moment, in Shanghai's time, is outside the quiet hours."""
        return self.opens_at <= local.time() < self.closes_at

    def limit(self, channel: str) -> ChannelLimit:
        """Return a channel's limit; a channel without one is never used."""
        none = ChannelLimit(channel, 0, 0)
        return next((limit for limit in self.limits if limit.channel == channel), none)


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder of a plan: so many days after the due date, before it where negative."""

    code: str
    days: int
    late_days: int
    bucket: str
    channel: str
    template: str

    def __post_init__(self) -> None:
        assert self.late_days >= 0, self
        assert self.days != 0, "what is due today is neither coming nor overdue"
        assert (self.days > 0) == bool(self.bucket), self
        assert self.days > 0 or self.days + self.late_days < 0, self

    def falls_on(self, days: int) -> bool:
        """Tell whether it may go out so many days after the due date."""
        return self.days <= days <= self.days + self.late_days


@dataclass(frozen=True, slots=True)
class Plan:
    """The reminders of a borrower, in force from a day on."""

    effective_from: date
    name: str
    source: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        assert len({step.code for step in self.steps}) == len(self.steps), self.name


@dataclass(frozen=True, slots=True)
class PromiseRule:
    """What a promise to pay may be."""

    effective_from: date
    source: str
    owner_days_max: int
    staff_days_max: int
    owner_promises_max: int
    staff_promises_max: int
    amount_share_min_ppm: int
    grace_days: int

    def __post_init__(self) -> None:
        assert 0 < self.owner_days_max <= self.staff_days_max, self
        assert 0 <= self.amount_share_min_ppm <= PPM, self
        assert self.grace_days >= 0, self


@dataclass(frozen=True, slots=True)
class HelpText:
    """What every reminder says on how to pay and where to ask for relief."""

    effective_from: date
    source: str
    how_en: str
    how_zh_cn: str
    ask_en: str
    ask_zh_cn: str

    def how(self, locale: Locale) -> str:
        """Return how to pay."""
        return self.how_zh_cn if locale is Locale.ZH_CN else self.how_en

    def ask(self, locale: Locale) -> str:
        """Return where to ask for relief."""
        return self.ask_zh_cn if locale is Locale.ZH_CN else self.ask_en


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything dated, each kind the earliest first."""

    buckets: tuple[BucketSet, ...]
    contact: tuple[ContactRule, ...]
    plan: tuple[Plan, ...]
    promise: tuple[PromiseRule, ...]
    help: tuple[HelpText, ...] = field(default=())

    def on(self, day: date) -> RulesOfDay:
        """Return the rules in force on a day."""
        return RulesOfDay(
            in_force(self.buckets, day),
            in_force(self.contact, day),
            in_force(self.plan, day),
            in_force(self.promise, day),
            in_force(self.help, day),
        )


@dataclass(frozen=True, slots=True)
class RulesOfDay:
    """The rules in force on one day."""

    buckets: BucketSet
    contact: ContactRule
    plan: Plan
    promise: PromiseRule
    help: HelpText


def read_rules(text: str) -> Rules:
    """Read the rules' TOML; a missing or unknown field is a mistake and says its name."""
    table = tomllib.loads(text)

    def dated(name: str) -> list[dict[str, Any]]:
        return sorted(table[name], key=lambda entry: entry["effective_from"])

    return Rules(
        tuple(_bucket_set(entry) for entry in dated("buckets")),
        tuple(
            ContactRule(**{**one, "limits": tuple(ChannelLimit(**row) for row in one["limits"])})
            for one in dated("contact")
        ),
        tuple(
            Plan(**{**one, "steps": tuple(Step(**row) for row in one["steps"])})
            for one in dated("plan")
        ),
        tuple(PromiseRule(**entry) for entry in dated("promise")),
        tuple(HelpText(**entry) for entry in dated("help")),
    )


def _bucket_set(entry: Mapping[str, Any]) -> BucketSet:
    sides = {side: tuple(Bucket(**row) for row in entry[side]) for side in ("loan", "borrower")}
    return BucketSet(**{**entry, **sides})


@cache
def rules() -> Rules:
    """Return the rules that ship with the bank."""
    folder = files("martlet.lending.collections")
    return read_rules((folder / "rules.toml").read_text(encoding="utf-8"))
