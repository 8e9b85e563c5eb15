"""A table keeps its numbers whole on a narrow terminal."""

from __future__ import annotations

import pytest

from martlet.cli.output import show

RULES = {
    "rules": [
        {
            "rule": "of redemptions",
            "ratio": "0.967901",
            "mean_reserve": 866471589,
            "breaches": 0,
            "freed_percent": "31.2",
            "hindsight_percent": "3.9",
            "both_in_hindsight_percent": "20.3",
        }
    ]
}


@pytest.mark.parametrize("columns", ["80", "100", "200"])
def test_a_number_is_not_broken_in_two(
    columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    show(RULES, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    (row,) = (line for line in lines if "866471589" in line)
    assert row.split()[-5:] == ["866471589", "0", "31.2", "3.9", "20.3"]
    assert "Breaches" in " ".join(lines)
