"""The chain from a terminal: what ships as data, and what a dearer good does along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.test_cli_bank import terminal  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.cli.test_cli_bank import Terminal


def test_a_chain_is_listed_brought_in_and_asked_what_if(terminal: Terminal) -> None:  # noqa: F811
    listed = terminal("supplychain", "chains")["chains"]
    assert len(listed) == 9
    told = terminal("supplychain", "chains", "automobile")
    assert {edge["relation"] for edge in told["edges"]} == {"material_of", "kind_of", "feeds"}
    assert terminal("supplychain", "chains", "steel", code=1) is None
    terminal("supplychain", "import", "automobile", "--form", "chains")
    dearer = terminal("supplychain", "shock", "PA66树脂", "--price", "+0.60")
    first = dearer["hits"][0]
    assert (first["key"], first["share_ppm"]) == ("product:阻燃改性尼龙", 199_999)
    assert first["assumed"]
    assert terminal("supplychain", "shock", "PA66树脂", "--fails", code=1) is None, (
        "a product does not fail"
    )
