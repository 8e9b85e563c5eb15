"""Asking a language model: a real server on this machine answers well, badly, late or never."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.llm.endpoint_server import Served, Server, serving

from martlet.kernel.config import Settings, load_settings
from martlet.kernel.errors import Invalid, Refused, TooLarge, Unavailable
from martlet.llm import (
    AnswerCache,
    Budget,
    Endpoint,
    HttpTransport,
    LlmClient,
    Price,
    Question,
    Surroundings,
    configured_client,
)

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
QUESTION = Question("Count the letters.", "abc", SCHEMA, "count-1", answer_tokens=50)
PRICE = Price(input_fen_per_million=100, output_fen_per_million=400)


class World:
    """Pauses that are noted instead of waited for."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def surroundings(self) -> Surroundings:
        return Surroundings(HttpTransport(), self.pauses.append, lambda: 0.5)


def client_of(
    server: Server,
    world: World,
    *,
    tokens: int = 100_000,
    fen: int = 1_000,
    cache: Path | None = None,
    timeout_ms: int = 5_000,
) -> LlmClient:
    endpoint = Endpoint(server.url, "count", "secret-key", PRICE, timeout_ms)
    kept = AnswerCache(cache) if cache else None
    budget = Budget(tokens, fen, PRICE)
    return LlmClient(endpoint, budget, world.surroundings(), kept, concurrent=3)


def test_a_valid_answer_comes_back_as_json_and_its_tokens_are_booked() -> None:
    with serving(lambda _, __: Served('{"n": 3}')) as server:
        client = client_of(server, World())
        answer = client.ask(QUESTION)
    assert answer.value == {"n": 3}
    assert client.budget.spent_tokens == 120
    assert client.budget.spent_fen == 1  # 100 × 100 + 20 × 400 millionths of a fen, rounded up
    (asked,) = server.asked
    assert asked["temperature"] == 0
    assert asked["response_format"]["json_schema"]["schema"] == SCHEMA
    assert server.keys == ["Bearer secret-key"]


def test_the_same_question_is_asked_once_and_replayed_from_the_disk(tmp_path: Path) -> None:
    with serving(lambda _, __: Served('{"n": 3}')) as server:
        first = client_of(server, World(), cache=tmp_path).ask(QUESTION)
        again = client_of(server, World(), cache=tmp_path, tokens=0).ask(QUESTION)
        other = Question("Count the letters.", "abc", SCHEMA, "count-2", answer_tokens=50)
        client_of(server, World(), cache=tmp_path).ask(other)
    assert (first.value, first.from_cache) == (again.value, False)
    assert again.from_cache
    assert len(server.asked) == 2
    kept = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "secret-key" not in kept


def test_a_spoiled_entry_of_the_cache_is_no_entry(tmp_path: Path) -> None:
    with serving(lambda _, __: Served('{"n": 3}')) as server:
        client_of(server, World(), cache=tmp_path).ask(QUESTION)
        (entry,) = tmp_path.rglob("*.json")
        entry.write_text("{half")
        assert client_of(server, World(), cache=tmp_path).ask(QUESTION).value == {"n": 3}
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_endpoint_is_asked_again_after_growing_pauses(status: int) -> None:
    world = World()
    with serving(lambda _, n: Served('{"n": 3}', status=status if n < 2 else 200)) as server:
        client = client_of(server, world)
        assert client.ask(QUESTION).value == {"n": 3}
    assert world.pauses == [0.5, 1.0]
    assert client.budget.spent_tokens == 120


def test_a_pause_that_the_endpoint_asks_for_is_kept_within_bounds() -> None:
    world = World()
    headers = {"Retry-After": "3600"}
    served = Served('{"n": 3}', status=429, headers=headers)
    with serving(lambda _, n: served if n == 0 else Served('{"n": 3}')) as server:
        client_of(server, world).ask(QUESTION)
    assert world.pauses == [20.0]


def test_an_endpoint_that_stays_down_is_given_up_and_named() -> None:
    world = World()
    with (
        serving(lambda _, __: Served(status=500)) as server,
        pytest.raises(Unavailable, match="endpoint_unavailable"),
    ):
        client_of(server, world).ask(QUESTION)
    assert len(server.asked) == 4
    assert len(world.pauses) == 3


def test_a_refusal_is_not_asked_again() -> None:
    with (
        serving(lambda _, __: Served(status=401)) as server,
        pytest.raises(Refused, match="endpoint_refused") as refusal,
    ):
        client_of(server, World()).ask(QUESTION)
    assert len(server.asked) == 1
    assert "secret-key" not in str(refusal.value)


def test_a_redirect_is_not_followed_with_the_key() -> None:
    headers = {"Location": "http://127.0.0.1:1/elsewhere"}
    with (
        serving(lambda _, __: Served(status=307, headers=headers)) as server,
        pytest.raises(Refused, match="endpoint_refused"),
    ):
        client_of(server, World()).ask(QUESTION)
    assert len(server.asked) == 1


def test_an_endpoint_without_schemas_is_asked_for_plain_json() -> None:
    def reply(asked: dict[str, Any], _: int) -> Served:
        known = asked["response_format"]["type"] == "json_object"
        return Served('```json\n{"n": 3}\n```', status=200 if known else 400)

    with serving(reply) as server:
        client = client_of(server, World())
        assert client.ask(QUESTION).value == {"n": 3}
        client.ask(Question("Count.", "abcd", SCHEMA, "count-1", answer_tokens=50))
    kinds = [asked["response_format"]["type"] for asked in server.asked]
    assert kinds == ["json_schema", "json_object", "json_object"]


@pytest.mark.parametrize("says", ["not json", "", "{", '{"n": ' * 3])
def test_what_is_not_json_is_refused_and_paid_for(says: str) -> None:
    with serving(lambda _, __: Served(says)) as server:
        client = client_of(server, World())
        with pytest.raises(Unavailable, match="answer_unreadable"):
            client.ask(QUESTION)
    assert client.budget.spent_tokens > 50


@pytest.mark.parametrize("drips", [False, True])
def test_a_slow_answer_is_not_waited_for_and_counts_as_spent(drips: bool) -> None:
    world = World()
    slow = Served('{"n": 3}', seconds=0.02 if drips else 0.3, drips=drips)
    with serving(lambda _, n: slow if n == 0 else Served('{"n": 3}')) as server:
        client = client_of(server, world, timeout_ms=100)
        assert client.ask(QUESTION).value == {"n": 3}
    assert client.budget.spent_tokens == QUESTION.tokens_at_most + 120
    assert len(world.pauses) == 1


def test_nobody_there_is_unavailable() -> None:
    with serving(lambda _, __: Served()) as server:
        pass
    with pytest.raises(Unavailable, match="endpoint_unavailable"):
        client_of(server, World()).ask(QUESTION)


def test_a_question_that_might_overspend_is_not_sent() -> None:
    with serving(lambda _, __: Served('{"n": 3}')) as server:
        with pytest.raises(Refused, match="budget_spent"):
            client_of(server, World(), tokens=QUESTION.tokens_at_most - 1).ask(QUESTION)
        with pytest.raises(Refused, match="budget_spent"):
            client_of(server, World(), fen=0).ask(QUESTION)
    assert server.asked == []


def test_many_questions_keep_their_order_and_stop_at_the_budget() -> None:
    def reply(asked: dict[str, Any], _: int) -> Served:
        return Served(f'{{"n": {len(asked["messages"][1]["content"])}}}')

    asked = [Question("Count.", "a" * n, SCHEMA, "count-1", answer_tokens=10) for n in range(1, 9)]
    with serving(reply) as server:
        answers = client_of(server, World()).ask_many(asked)
        poor = client_of(server, World(), tokens=900)
        rest = poor.ask_many(asked)
    assert [answer.value for answer in answers] == [{"n": n} for n in range(1, 9)]
    assert any(isinstance(answer, Refused) for answer in rest)
    assert poor.budget.spent_tokens <= 900


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.booleans()), max_size=30))
def test_no_order_of_questions_overspends(asked: list[tuple[int, int, bool]]) -> None:
    budget = Budget(1_000, 1, PRICE)
    for sent, said, lost in asked:
        try:
            held = budget.hold(sent, said)
        except Refused:
            continue
        if lost:
            budget.lose(held)
        else:
            budget.settle(held, sent, said // 2)
        assert budget.spent_tokens <= 1_000
        assert budget.spent_fen <= 1


def test_a_key_stays_on_this_machine_or_is_encrypted() -> None:
    with pytest.raises(Invalid, match="key_over_plain_http"):
        Endpoint("http://models.example/v1", "count", "secret-key")
    assert "secret-key" not in repr(Endpoint("https://models.example/v1", "count", "secret-key"))
    with pytest.raises(Invalid, match="endpoint_malformed"):
        Endpoint("file:///etc/passwd", "count")


def test_a_question_has_a_length() -> None:
    with pytest.raises(TooLarge, match="question_too_long"):
        Question("Count.", "a" * 40_000, SCHEMA, "count-1")


def test_no_endpoint_is_asked_unless_the_settings_name_one(tmp_path: Path) -> None:
    assert configured_client(Settings(home=tmp_path)) is None
    told = {"MARTLET_LLM_BASE_URL": "http://127.0.0.1:8080/v1", "MARTLET_LLM_MODEL": "count"}
    settings = load_settings({**told, "MARTLET_LLM_KEY": "secret-key"}, tmp_path)
    assert "secret-key" not in repr(settings)
    client = configured_client(settings)
    assert client is not None
    assert client.endpoint.completions_url == "http://127.0.0.1:8080/v1/chat/completions"
