"""How many tokens and how much money may be spent; refused before it is overspent.

The invariant: what is spent and what is under way never exceed the budget together, however many
ask at once. Tokens are whole numbers, money is whole millionths of a fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from martlet.kernel.errors import Refused

if TYPE_CHECKING:
    from martlet.llm.model import Price

MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Held:
    """What one question may cost at most, set aside until it is known what it did cost."""

    tokens: int
    micro_fen: int


class Budget:
    """Counts what is spent of a budget; safe to be asked from many threads."""

    def __init__(self, tokens_max: int, fen_max: int, price: Price) -> None:
        self._tokens_max, self._micro_fen_max = tokens_max, fen_max * MICRO
        self._price = price
        self._lock = Lock()
        self._tokens = self._micro_fen = 0
        self._held_tokens = self._held_micro_fen = 0

    @property
    def spent_tokens(self) -> int:
        """Return the tokens spent so far."""
        return self._tokens

    @property
    def spent_fen(self) -> int:
        """Return the money spent so far, in whole fen, rounded up."""
        return -(-self._micro_fen // MICRO)

    def hold(self, input_tokens: int, output_tokens: int) -> Held:
        """Set aside what a question may cost at most, or refuse it."""
        held = Held(
            input_tokens + output_tokens, self._price.micro_fen(input_tokens, output_tokens)
        )
        with self._lock:
            tokens = self._tokens + self._held_tokens + held.tokens
            money = self._micro_fen + self._held_micro_fen + held.micro_fen
            if tokens > self._tokens_max or money > self._micro_fen_max:
                raise Refused("llm.budget_spent", spent_tokens=self._tokens, most=self._tokens_max)
            self._held_tokens += held.tokens
            self._held_micro_fen += held.micro_fen
        return held

    def settle(self, held: Held, input_tokens: int, output_tokens: int) -> None:
        """Book what a question did cost in place of what was set aside for it."""
        with self._lock:
            self._held_tokens -= held.tokens
            self._held_micro_fen -= held.micro_fen
            self._tokens += input_tokens + output_tokens
            self._micro_fen += self._price.micro_fen(input_tokens, output_tokens)

    def lose(self, held: Held) -> None:
        """Book all that was set aside: the endpoint may have worked without our seeing it."""
        with self._lock:
            self._held_tokens -= held.tokens
            self._held_micro_fen -= held.micro_fen
            self._tokens += held.tokens
            self._micro_fen += held.micro_fen
