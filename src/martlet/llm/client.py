"""Asks an OpenAI-compatible endpoint and hands back JSON: cached, retried, bounded, paid for.

The invariant: a question whose worst cost does not fit the budget is not sent; the same question is
sent once; every refusal is one of a few codes. Whatever the text says, nothing here obeys it: the
answer is a value, and whoever asked verifies it.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import MartletError, Refused, TooLarge, Unavailable
from martlet.llm.limits import CONCURRENT_MAX, PAUSE_MS, PAUSE_MS_MAX, QUESTIONS_MAX, TRIES_MAX
from martlet.llm.model import Answer
from martlet.llm.transport import Reply, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.llm.budget import Budget
    from martlet.llm.cache import AnswerCache
    from martlet.llm.endpoint import Endpoint
    from martlet.llm.model import Question
    from martlet.llm.transport import Transport

_TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_OK, _BAD_REQUEST = 200, 400


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the client needs of the world, handed in."""

    transport: Transport
    pause: Callable[[float], None]
    """Waits for seconds."""
    jitter: Callable[[], float]
    """A number from 0 to 1, so that many askers do not come back at the same moment."""


class LlmClient:
    """Asks one endpoint; safe to be asked from many threads."""

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        surroundings: Surroundings,
        cache: AnswerCache | None = None,
        concurrent: int = 4,
    ) -> None:
        self.endpoint = endpoint
        self.budget = budget
        self._world = surroundings
        self._cache = cache
        self._concurrent = max(1, min(concurrent, CONCURRENT_MAX))
        self._form = "json_schema"

    def ask(self, question: Question) -> Answer:
        """Return the answer to a question, from the cache where it was asked before."""
        digest = question.digest(self.endpoint.model)
        if self._cache and (kept := self._cache.find(digest)) is not None:
            return Answer(kept["value"], from_cache=True)
        answer = self._fetch(question)
        if self._cache:
            self._cache.keep(digest, {"model": self.endpoint.model, "value": answer.value})
        return answer

    def ask_many(self, questions: Sequence[Question]) -> list[Answer | MartletError]:
        """Return an answer or the refusal of each question, in order, a few at a time."""
        if len(questions) > QUESTIONS_MAX:
            raise TooLarge("llm.too_many_questions", most=QUESTIONS_MAX)
        with ThreadPoolExecutor(self._concurrent) as pool:
            return list(pool.map(self._asked, questions))

    def _asked(self, question: Question) -> Answer | MartletError:
        try:
            return self.ask(question)
        except MartletError as refusal:
            return refusal

    def _fetch(self, question: Question) -> Answer:
        reason = ""
        for attempt in range(TRIES_MAX):
            reply = self._send(question)
            if reply is not None and reply.status == _OK:
                return _read(reply)[0]
            if reply is not None and reply.status == _BAD_REQUEST and self._form == "json_schema":
                # Many endpoints know JSON answers but no schema; the instructions tell the form.
                self._form = "json_object"
                continue
            if reply is not None and reply.status not in _TRY_AGAIN:
                raise Refused("llm.endpoint_refused", status=reply.status)
            reason = "no reply in time" if reply is None else str(reply.status)
            if attempt + 1 < TRIES_MAX:
                self._world.pause(self._pause_ms(attempt, reply) / 1000)
        raise Unavailable("llm.endpoint_unavailable", reason=reason, tries=TRIES_MAX)

    def _send(self, question: Question) -> Reply | None:
        """Send a question once and book what it cost; None where no whole reply came."""
        worst = question.tokens_at_most - question.answer_tokens
        held = self.budget.hold(worst, question.answer_tokens)
        try:
            reply = self._world.transport.post(
                self.endpoint.completions_url,
                self._headers(),
                self._body(question),
                self.endpoint.timeout_ms,
            )
        except Unreachable:
            self.budget.lose(held)
            return None
        if reply.status != _OK:
            self.budget.settle(held, 0, 0)
            return reply
        try:
            _, tokens = _read(reply)
        except MartletError:
            self.budget.lose(held)
            raise
        if tokens is None:
            self.budget.lose(held)
        else:
            self.budget.settle(held, *tokens)
        return reply

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.endpoint.key:
            headers["Authorization"] = f"Bearer {self.endpoint.key}"
        return headers

    def _body(self, question: Question) -> bytes:
        schema = {"name": "answer", "strict": True, "schema": dict(question.schema)}
        form: dict[str, Any] = {"type": self._form}
        if self._form == "json_schema":
            form["json_schema"] = schema
        told = json.dumps(dict(question.schema), ensure_ascii=False)
        body = {
            "model": self.endpoint.model,
            "messages": [
                {
                    "role": "system",
                    "content": f"{question.instructions}\nAnswer with JSON of this schema: {told}",
                },
                {"role": "user", "content": question.text},
            ],
            "temperature": 0,
            "max_tokens": question.answer_tokens,
            "response_format": form,
        }
        return json.dumps(body, ensure_ascii=False).encode()

    def _pause_ms(self, attempt: int, reply: Reply | None) -> float:
        asked = (reply.headers.get("retry-after", "") if reply else "").strip()
        if asked.isdecimal():
            return min(int(asked) * 1000, PAUSE_MS_MAX)
        doubled: int = PAUSE_MS << attempt
        return min(doubled * (0.5 + self._world.jitter()), PAUSE_MS_MAX)


def _read(reply: Reply) -> tuple[Answer, tuple[int, int] | None]:
    """Return the answer in a reply and the tokens it says that it cost."""
    try:
        told = json.loads(reply.body)
        content = told["choices"][0]["message"]["content"]
        value = json.loads(_unfenced(content))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise Unavailable("llm.answer_unreadable") from error
    usage = told.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    sent, said = counts.get("prompt_tokens"), counts.get("completion_tokens")
    if type(sent) is not int or type(said) is not int or min(sent, said) < 0:
        return Answer(value), None
    return Answer(value, sent, said), (sent, said)


def _unfenced(content: str) -> str:
    """Return JSON without the fence that some models put around it."""
    text = content.strip()
    if text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text
