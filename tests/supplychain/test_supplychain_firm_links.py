"""Firm-to-firm links from dated snapshots: learnt from the past alone, with reasons to look up."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime

import numpy as np
import pytest
from tests.realdata import shared_data
from typer.testing import CliRunner

from martlet.cli.supplychain import app
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale
from martlet.supplychain.links.firms import (
    FirmLink,
    evaluate,
    evaluation,
    learn,
    learning,
    probabilities_of,
    proposal_of,
    read_queries,
    read_snapshots,
    suggest,
)
from martlet.supplychain.links.firms.evaluation import area
from martlet.supplychain.links.firms.features import describe
from martlet.supplychain.links.firms.learning import fit_curve, windows
from martlet.supplychain.links.firms.negatives import Draw, draw, new_pairs
from martlet.supplychain.links.firms.past import Past
from martlet.supplychain.links.firms.reasons import in_words, whys

SIZE = 6


def past_of(*snapshots):
    codes = [np.sort(np.array([a * SIZE + b for a, b in one], np.int64)) for one in snapshots]
    return Past(SIZE, codes)


def made_up(folder, half_years=8, seed=6):
    """Synthetic trade: suppliers of a town sell to customers of that town, a few more each time."""
    rng, pairs = np.random.default_rng(seed), set()
    for half in range(half_years):
        for _ in range(60):
            town = int(rng.integers(0, 8))
            supplier, customer = rng.integers(0, 9, 2)
            pairs.add((f"s{town}-{supplier}", f"c{town}-{customer}"))
        month = "06_30" if half % 2 == 0 else "12_31"
        kept = sorted(pairs)
        lines = ["supplier,customer", *(f"{a},{b}" for a, b in kept)]
        (folder / f"A_{2018 + half // 2}_{month}.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    return read_snapshots(made_up(tmp_path_factory.mktemp("snapshots")))


def test_snapshots_are_read_in_any_form_and_what_is_no_pair_is_counted(tmp_path):
    (tmp_path / "A_2020_06_30.csv").write_bytes(
        b"\xef\xbb\xbfSupplier , CUSTOMER\n1,2\n1,2\n\n3,\n4,4\n"
    )
    chinese = "supplier,customer\n甲厂,乙厂\n".encode("gb18030")
    (tmp_path / "B-2020-12-31.CSV").write_bytes(chinese)
    (tmp_path / "A_2021_06_30.csv").write_bytes(b"")
    (tmp_path / "notes.csv").write_text("nothing of a day")
    read = read_snapshots(tmp_path)
    assert read.days == (date(2020, 6, 30), date(2020, 12, 31), date(2021, 6, 30))
    assert [len(pairs) for pairs in read.pairs] == [1, 1, 0]
    assert read.names == ("1", "2", "乙厂", "甲厂")
    assert read.left_out == {"blank_count": 1, "self_loops_count": 1, "repeats_count": 1}
    with pytest.raises(Invalid, match=r"firmlinks\.no_snapshots"):
        read_snapshots(tmp_path / "elsewhere")


def test_later_snapshots_change_nothing_of_what_is_learnt_before_them(snapshots):
    cut = snapshots.days[5]
    again = evaluate(snapshots, cut)
    blind = learn(snapshots.until(cut))
    shuffled = snapshots.until(cut)
    pairs = [(snapshots.names[0], snapshots.names[-1]), (snapshots.names[1], snapshots.names[-2])]
    one, other = (
        [link.score for link in probabilities_of(learnt, snapshots.names, pairs)]
        for learnt in (blind, learn(shuffled))
    )
    assert one == other
    assert again == evaluate(snapshots, cut)
    assert again["train_to"] == cut.isoformat() < again["tested_from"]


def test_towns_are_found_where_size_says_nothing(snapshots):
    areas = evaluate(snapshots, snapshots.days[5])["auc"]
    assert areas["martlet"]["customer_matched"] > 0.8
    assert abs(areas["preferential_attachment"]["customer_matched"] - 0.5) < 0.1


def test_a_pair_is_described_by_its_ways_and_by_when_its_firms_were_seen():
    # 0 and 1 both sell to 4; 1 sells to 5 as well, and lately 2 sells to 5.
    past = past_of([(0, 4), (1, 4), (1, 5)], [(0, 4), (2, 5)])
    told = describe(past, np.array([0, 3]), np.array([5, 5]))
    assert told["paths3"].tolist() == [1, 0]
    assert told["preferential"].tolist() == [2, 0]
    assert told["s_sells_last"].tolist() == [0, 99]
    assert told["c_buys_new_1"].tolist() == [1, 1]
    assert told["back_ever"].tolist() == [0, 0]


def test_reasons_count_what_anybody_can_look_up():
    past = past_of([(0, 4), (1, 4), (1, 5), (4, 5), (5, 0)])
    codes = {why.code: why.details for why in whys(past, 0, 5)}
    assert codes == {"firmlinks.back": {}, "firmlinks.shared_customers": {"count": 1}}
    words = in_words(whys(past, 0, 5), Locale.EN)
    assert words.endswith("also supply a customer of the supplier: 1.")
    assert "共同客户" in in_words(whys(past, 0, 5), Locale.ZH_CN)
    assert [why.code for why in whys(past_of([(0, 4)], [], []), 4, 0)] == ["firmlinks.back"]


def test_pairs_drawn_beside_were_never_seen_and_match_in_degree():
    rng = np.random.default_rng(1)
    size = 200
    codes = np.unique(
        (rng.random(900) ** 2 * size).astype(np.int64) * size + rng.integers(0, size, 900)
    )
    past, later = Past(size, [codes[::2]]), codes[1::2]
    fresh, unknown = new_pairs(past, later)
    assert len(fresh) + unknown == len(later)
    for how in Draw:
        others = draw(past, later, fresh, how, np.random.default_rng(2))
        assert not np.isin(others.suppliers * size + others.customers, codes).any()
        assert len(others) > 0.9 * len(fresh)
    matched = draw(past, later, fresh, Draw.CUSTOMER_MATCHED, np.random.default_rng(2))
    degree = np.bincount(past.ends[1], minlength=size)
    assert abs(degree[matched.customers].mean() - degree[fresh.customers].mean()) < 0.3


def test_no_pair_that_was_seen_is_proposed_and_better_ranks_are_likelier(snapshots):
    learnt = learn(snapshots)
    known = {tuple(pair) for pair in _named(snapshots)}
    found = list(suggest(learnt, snapshots.names, ["s0-1", "s1-2", "nobody"], 10))
    assert {link.supplier for link in found} == {"s0-1", "s1-2"}
    for link in found:
        assert (link.supplier, link.customer) not in known
        assert link.customer != link.supplier
        assert link.whys
    for firm in ("s0-1", "s1-2"):
        mine = [link for link in found if link.supplier == firm]
        assert [link.rank for link in mine] == list(range(1, len(mine) + 1))
        chances = [link.probability for link in mine]
        assert chances == sorted(chances, reverse=True)
        assert all(0 <= chance <= 1 for chance in chances)


def test_a_proposal_is_an_inferred_edge_with_its_probability():
    link = FirmLink("甲", "乙", 1, 0.5, 0.41, whys(past_of([(0, 4), (5, 0)]), 0, 5))
    made = proposal_of(link, date(2021, 6, 30), datetime(2021, 7, 1, tzinfo=UTC))
    assert made.edges[0].provenance.inferred
    assert made.confidence_ppm == made.edges[0].provenance.confidence_ppm == 410_000
    assert set(made.explanation) == {"en", "zh_CN"} or len(made.explanation) == 2


def test_too_little_to_learn_from_is_said():
    with pytest.raises(Invalid, match=r"firmlinks\.too_few_snapshots"):
        windows(4)
    assert windows(13) == [11, 9, 7, 5, 3]


def test_the_curve_says_how_often_it_came_and_areas_count_ties_half():
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 2, 4_000)
    came = (rng.random(4_000) < 1 / (1 + np.exp(-(scores - 3)))).astype(float)
    slope, offset = fit_curve(scores, came)
    assert (slope, offset) == (pytest.approx(1, abs=0.15), pytest.approx(-3, abs=0.3))
    assert area(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == 0.875


def command(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_pairs_and_suppliers_are_answered_in_a_file(tmp_path):
    folder = made_up(tmp_path)
    (tmp_path / "asked.csv").write_text("Supplier,Customer\ns0-1,c0-3\ns0-1,c5-3\nnobody,c0-1\n")
    out = tmp_path / "ranked.csv"
    told = command(
        *("link-firms", "--snapshots", folder, "--train-to", "2021-06-30"),
        *("--queries", tmp_path / "asked.csv", "--out", out),
    )
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (told["learnt_to"], told["unknown_count"], len(rows)) == ("2021-06-30", 1, 3)
    assert [row["rank"] for row in rows] == ["1", "2", ""]
    assert float(rows[0]["probability"]) > float(rows[1]["probability"])
    assert rows[2]["probability"] == ""
    assert all(row["reason"] for row in rows)
    (tmp_path / "one.csv").write_text("supplier\ns0-1\n")
    assert read_queries(tmp_path / "one.csv") == [("s0-1", None)]


def _named(snapshots):
    size = len(snapshots.names)
    for code in np.unique(np.concatenate(snapshots.pairs)).tolist():
        yield snapshots.names[code // size], snapshots.names[code % size]


@pytest.mark.realdata
@pytest.mark.slow
def test_new_links_of_real_firms_are_foretold_better_than_size_foretells_them(monkeypatch):
    # Fewer lists for the probability and the ranking, which are not what is looked at here.
    monkeypatch.setattr(learning, "CALIBRATION_SUPPLIERS", 50)
    monkeypatch.setattr(evaluation, "SUPPLIERS_MAX", 20)
    read = read_snapshots(shared_data("supply-chain/gdes-firm-supply"))
    found = evaluate(read.until(date(2018, 6, 30)), date(2017, 6, 30))
    areas = {name: told["customer_matched"] for name, told in found["auc"].items()}
    assert areas["martlet"] >= 0.80
    assert areas["preferential_attachment"] <= 0.55
