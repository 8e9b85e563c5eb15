"""What an owner agrees to once: within these limits plans are carried out without asking again.

Everything that a standing order may do is bounded by a limit of its owner; a limit that is not
given is the careful one, never "no limit".
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - msgspec reads the types while running

from msgspec import Struct

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.treasury.limits import CONSENT_PRODUCTS_MAX, SHORT_PPM_MAX, SHORT_PPM_MIN


class Limits(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The limits of a standing order."""

    locked_share_ppm_max: int = 500_000
    """Largest share of everything it has that may be out of reach at a time."""
    move_fen_max: int = 5_000_000
    """Largest single move; what is more than that takes several days."""
    short_ppm_max: int = 2_000
    """How likely it may be that more is needed than stays in reach."""
    products: tuple[str, ...] = ("yulibao", "wenlibao")
    """Into which money may go without asking."""
    floor_fen: int = 0
    """What always stays in the balance."""
    valid_until: date | None = None

    def check(self, known: frozenset[str]) -> None:
        """Refuse limits that cannot be meant, or that name what the bank does not offer."""
        right = (
            0 <= self.locked_share_ppm_max <= PPM
            and 0 < self.move_fen_max <= AMOUNT_FEN_MAX
            and SHORT_PPM_MIN <= self.short_ppm_max <= SHORT_PPM_MAX
            and 0 <= self.floor_fen <= AMOUNT_FEN_MAX
            and 0 < len(self.products) <= CONSENT_PRODUCTS_MAX
            and len(set(self.products)) == len(self.products)
            and known.issuperset(self.products)
        )
        if not right:
            raise Invalid(
                "treasury.limits_unreadable",
                least_ppm=SHORT_PPM_MIN,
                most_ppm=SHORT_PPM_MAX,
                products=", ".join(sorted(known)),
            )
