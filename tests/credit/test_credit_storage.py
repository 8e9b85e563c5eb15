"""What is kept of a decision's inputs: every signal whole, its provenance written once."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, OTHER_SHOP, STEADY, known, signal

from martlet.kernel.canonical import canonical_json, parse_json
from martlet.signals import Signal, SignalSet


def test_signals_of_one_reading_share_their_provenance() -> None:
    written = known(STEADY).as_json()
    [(_, rows)] = written
    assert rows[0] == ("invoice_refund_share_ppm", 10_000, 60)
    whole = [one.as_json() for one in known(STEADY).signals]
    assert len(canonical_json(written)) * 3 < len(canonical_json(whole))


def test_signals_written_out_one_by_one_are_still_read() -> None:
    whole = [one.as_json() for one in known(STEADY).signals]
    assert SignalSet.from_json(parse_json(canonical_json(whole))) == known(STEADY)


ORIGINS = st.fixed_dictionaries(
    {
        "party_id": st.sampled_from([known(STEADY).signals[0].party_id, OTHER_SHOP]),
        "known_at": st.sampled_from([NOON, NOON - timedelta(microseconds=1)]),
        "provider": st.sampled_from(["records", "crops"]),
        "evidence": st.sampled_from([(), ("ab" * 32,), ("ab" * 32, "cd" * 32)]),
        "sample_size": st.integers(0, 99),
        "confidence_ppm": st.integers(0, 1_000_000),
    }
)


@given(st.lists(ORIGINS, max_size=len(STEADY)))
def test_every_signal_comes_back_as_it_went(origins: list[dict[str, object]]) -> None:
    signals: list[Signal] = [
        signal(kind, value, **origin)
        for (kind, value), origin in zip(STEADY.items(), origins, strict=False)
    ]
    kept = SignalSet(tuple(signals))
    read = SignalSet.from_json(parse_json(canonical_json(kept.as_json())))
    assert read == kept
    assert read.signals == tuple(sorted(signals, key=lambda one: one.kind))


@given(st.permutations(known(STEADY).signals))
def test_the_order_in_which_signals_came_is_not_written(signals: list[Signal]) -> None:
    assert SignalSet(signals).text() == known(STEADY).text()


@given(st.lists(ORIGINS, min_size=2, max_size=2))
def test_of_two_eyes_the_surer_one_is_heard(origins: list[dict[str, object]]) -> None:
    one, other = (
        SignalSet([signal("invoice_refund_share_ppm", value, **origin)])
        for value, origin in zip((1, 2), origins, strict=True)
    )
    [heard] = one.merged(other).signals
    surest = max(one.signals[0].confidence_ppm, other.signals[0].confidence_ppm)
    assert heard.confidence_ppm == surest
    assert heard in (*one.signals, *other.signals)
