"""What is asked of a language model, and what it answers, as frozen values.

The invariant: an answer is JSON and says what it cost; two questions with one digest are the same
question to the same model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.canonical import canonical_json, hash_of
from martlet.kernel.errors import Invalid, TooLarge
from martlet.llm.limits import ANSWER_TOKENS, ANSWER_TOKENS_MAX, FRAME_TOKENS, PROMPT_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, in fen; 0 where the endpoint is one's own."""

    input_fen_per_million: int = 0
    output_fen_per_million: int = 0

    def micro_fen(self, input_tokens: int, output_tokens: int) -> int:
        """Return what tokens cost in millionths of a fen, exactly."""
        return (
            input_tokens * self.input_fen_per_million + output_tokens * self.output_fen_per_million
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One question: instructions, the text that they are about, and the form of the answer."""

    instructions: str
    text: str
    schema: Mapping[str, Any]
    version: str
    """Version of the instructions; another version is another question."""
    answer_tokens: int = ANSWER_TOKENS

    def __post_init__(self) -> None:
        if len(self.instructions) + len(self.text) > PROMPT_CHARS_MAX:
            raise TooLarge("llm.question_too_long", most=PROMPT_CHARS_MAX)
        if not 0 < self.answer_tokens <= ANSWER_TOKENS_MAX:
            raise Invalid("llm.answer_tokens_out_of_range", most=ANSWER_TOKENS_MAX)

    def digest(self, model: str) -> str:
        """Return what makes two questions to a model the same question."""
        return hash_of(
            {
                "model": model,
                "version": self.version,
                "instructions": self.instructions,
                "text": self.text,
                "schema": dict(self.schema),
                "answer_tokens": self.answer_tokens,
            }
        )

    @property
    def tokens_at_most(self) -> int:
        """Return more tokens than it can cost: one per byte sent, and the whole answer.

        The schema goes twice, in the instructions and as the form of the answer.
        """
        schema = 2 * len(canonical_json(dict(self.schema)))
        sent = len(self.instructions.encode()) + len(self.text.encode()) + schema
        return sent + FRAME_TOKENS + self.answer_tokens


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, and what it cost."""

    value: Any
    """JSON as parsed; whoever asked checks that it has the form asked for."""
    input_tokens: int = 0
    output_tokens: int = 0
    from_cache: bool = False
