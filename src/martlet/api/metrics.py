"""What is measured about the bank's faces, for Prometheus.

One registry for each app, so that two banks in one process do not add up.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from starlette.types import Scope

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Requests by route and status, and the bank's own figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "martlet_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "martlet_http_seconds",
            "Seconds from the first byte in to the last byte out",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._business_date = Gauge(
            "martlet_business_date_days",
            "The open business date, in days since 1970-01-01",
            registry=self.registry,
        )
        self._difference_fen = Gauge(
            "martlet_trial_balance_difference_fen",
            "Debits less credits of the open day; anything but 0 is an alarm",
            registry=self.registry,
        )
        self._decisions = Counter(
            "martlet_decisions", "Credit decisions made here", ("outcome",), registry=self.registry
        )
        self._drawn = Counter("martlet_drawdowns", "Loans drawn here", registry=self.registry)
        self._drawn_fen = Counter(
            "martlet_drawn_fen", "Fen drawn here in loans", registry=self.registry
        )
        self._placed_fen = Counter(
            "martlet_treasury_subscribed_fen",
            "Fen put into products for idle cash here",
            ("product",),
            registry=self.registry,
        )
        self._redeemed_fen = Counter(
            "martlet_treasury_redeemed_fen",
            "Fen taken out of products for idle cash here",
            ("product", "when"),
            registry=self.registry,
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one answer under its route's pattern, never under its path."""
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def decided(self, answer: dict[str, Any]) -> None:
        """Count a decision by its outcome."""
        self._decisions.labels(answer["decision"]["outcome"]).inc()

    def was_drawn(self, answer: dict[str, Any]) -> None:
        """Count a loan and its amount."""
        self._drawn.inc()
        self._drawn_fen.inc(answer["amount_fen"])

    def was_subscribed(self, answer: dict[str, Any]) -> None:
        """Count what went into a product."""
        self._placed_fen.labels(answer["product"]).inc(answer["amount_fen"])

    def was_redeemed(self, answer: dict[str, Any]) -> None:
        """Count what came out of a product, at once and later."""
        for when in ("at_once", "later"):
            self._redeemed_fen.labels(answer["product"], when).inc(answer[f"{when}_fen"])

    def book(self, business_date: date, difference_fen: int) -> None:
        """Note how the book stands."""
        self._business_date.set(business_date.toordinal() - _EPOCH)
        self._difference_fen.set(difference_fen)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)


_EPOCH = date(1970, 1, 1).toordinal()
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
