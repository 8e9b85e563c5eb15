"""The endpoint that an installation names in its settings; none is named by default.

The invariant: without a base URL and a model nothing is ever asked of anybody.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from martlet.llm.budget import Budget
from martlet.llm.cache import AnswerCache
from martlet.llm.client import LlmClient, Surroundings
from martlet.llm.endpoint import Endpoint
from martlet.llm.model import Price
from martlet.llm.transport import HttpTransport

if TYPE_CHECKING:
    from martlet.kernel.config import Settings


def endpoint_of(settings: Settings) -> Endpoint | None:
    """Return the endpoint that the settings name; None where they name none."""
    if not settings.llm_base_url or not settings.llm_model:
        return None
    price = Price(
        settings.llm_input_fen_per_million_tokens, settings.llm_output_fen_per_million_tokens
    )
    return Endpoint(
        settings.llm_base_url,
        settings.llm_model,
        settings.llm_key,
        price,
        settings.llm_timeout_ms,
    )


def configured_client(settings: Settings) -> LlmClient | None:
    """Return a client of the endpoint in the settings; None where none is configured."""
    endpoint = endpoint_of(settings)
    if endpoint is None:
        return None
    # Jitter needs no secret and no repeatability: it only spreads retries in time.
    world = Surroundings(HttpTransport(), time.sleep, np.random.default_rng().random)
    budget = Budget(settings.llm_budget_tokens, settings.llm_budget_fen, endpoint.price)
    cache = AnswerCache(settings.home / "llm-answers")
    return LlmClient(endpoint, budget, world, cache, settings.llm_concurrent)
