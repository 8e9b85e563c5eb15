"""The chain over HTTP: facts brought in bulk, who is around, and nobody else's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

EDGES = "/v1/supplychain/edges"
AROUND = "/v1/supplychain/around"


def facts(**changes: Any) -> dict[str, Any]:
    edge = {
        "from_key": "firm:尼龙厂", "relation": "supplies", "to_key": "firm:整车厂",
        "source": "contract", "reference": "contract 7", "amount_fen": 100,
    }  # fmt: skip
    nodes = [
        {"key": key, "kind": "firm", "name": key[5:]} for key in ("firm:尼龙厂", "firm:整车厂")
    ]
    return {"nodes": nodes, "edges": [edge | changes]}


def test_facts_are_brought_once_and_told_by_tier(api: TestClient, send: Callable[..., Any]) -> None:
    first = send(api, EDGES, facts())
    assert (first.status_code, first.json()["edges_new"]) == (201, 1)
    assert send(api, EDGES, facts(amount_fen=90)).json()["conflicts_count"] == 1
    told = api.get(AROUND, params={"firm": "整车厂", "tiers": 2}).json()
    (nylon,) = told["around"]
    assert (nylon["name"], nylon["tier"], nylon["could_be_financed"]) == ("尼龙厂", -1, True)
    assert told["edges"][0]["reference"] == "contract 7"
    assert api.get("/v1/supplychain/nodes", params={"name": "尼龙"}).json()["nodes"][0][
        "key"
    ] == "firm:尼龙厂"  # fmt: skip
    withdrawn = {"reference": "contract 7", "reason": "cancelled"}
    assert send(api, "/v1/supplychain/withdrawals", withdrawn).json()["edges_count"] == 1
    assert api.get(AROUND, params={"firm": "整车厂"}).json()["around"] == []


def test_what_cannot_be_a_fact_is_refused_in_words(
    api: TestClient, send: Callable[..., Any]
) -> None:
    for changes, code in (
        ({"to_key": "firm:尼龙厂"}, "supplychain.self_loop"),
        ({"relation": "makes"}, "supplychain.wrong_ends"),
        ({"relation": "owes"}, "supplychain.edge_unreadable"),
        ({"amount_fen": 10**30}, "supplychain.edge_impossible"),
        ({"to_key": "firm:谁"}, "supplychain.node_missing"),
        ({"known_at": "0001-01-01T00:00:00+00:00"}, "supplychain.edge_unreadable"),
    ):
        answer = send(api, EDGES, facts(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    ahead = api.get(AROUND, params={"firm": "整车厂", "as_of": "2100-01-01"})
    assert ahead.json()["code"] == "supplychain.as_of_ahead"


def test_a_key_for_one_business_sees_no_graph_of_others(
    api: TestClient,
    send: Callable[..., Any],
    make_client: Callable[..., TestClient],
    make_key: Callable[..., str],
    party_id: str,
) -> None:
    send(api, EDGES, facts())
    restricted = make_client(make_key(None, frozenset({UUID(party_id)})))
    assert restricted.get(AROUND, params={"firm": "firm:尼龙厂"}).status_code == 404
    assert restricted.get("/v1/supplychain/nodes", params={"name": "尼龙厂"}).status_code == 403
    assert send(restricted, EDGES, facts()).status_code == 403
