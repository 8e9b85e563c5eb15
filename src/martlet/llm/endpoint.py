"""An OpenAI-compatible endpoint: where it is, which model it serves, what it costs.

The invariant: its key is in nothing that is printed, cached or raised, and leaves this machine only
encrypted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from martlet.kernel.errors import Invalid
from martlet.llm.limits import TIMEOUT_MS_MAX
from martlet.llm.model import Price

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint: where it is, which model, at which price."""

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    price: Price = field(default_factory=Price)
    timeout_ms: int = 60_000

    def __post_init__(self) -> None:
        url = urlsplit(self.base_url)
        if url.scheme not in {"http", "https"} or not url.hostname or not self.model:
            raise Invalid("llm.endpoint_malformed", url=self.base_url[:200])
        if self.key and url.scheme == "http" and url.hostname not in _LOOPBACK:
            raise Invalid("llm.key_over_plain_http", host=url.hostname)
        if not 0 < self.timeout_ms <= TIMEOUT_MS_MAX:
            raise Invalid("llm.timeout_out_of_range", most_ms=TIMEOUT_MS_MAX)

    @property
    def completions_url(self) -> str:
        """Return where questions are sent."""
        return self.base_url.rstrip("/") + "/chat/completions"
