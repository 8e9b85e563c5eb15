"""One port to any OpenAI-compatible endpoint: JSON answers, budget, cache; absent by default.

Nothing that a model says is believed here or above here: an answer is a value of the form that was
asked for, and the room that asked verifies it by rules.
"""

from martlet.llm.budget import Budget
from martlet.llm.cache import AnswerCache
from martlet.llm.client import LlmClient, Surroundings
from martlet.llm.configured import configured_client, endpoint_of
from martlet.llm.endpoint import Endpoint
from martlet.llm.model import Answer, Price, Question
from martlet.llm.transport import HttpTransport, Reply, Transport, Unreachable

__all__ = [
    "Answer",
    "AnswerCache",
    "Budget",
    "Endpoint",
    "HttpTransport",
    "LlmClient",
    "Price",
    "Question",
    "Reply",
    "Surroundings",
    "Transport",
    "Unreachable",
    "configured_client",
    "endpoint_of",
]
