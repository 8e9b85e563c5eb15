"""A policy written as the TOML text that `parse_policy` reads, every setting in its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.credit.policy import CapacitySource, ChainCapacity, Policy, ThinHistory


def policy_text(policy: Policy) -> str:
    """Return a policy's settings as TOML; read back, they are the same settings."""
    return "\n".join(_lines(policy)) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _lines(policy: Policy) -> Iterator[str]:
    yield f"version = {_quoted(policy.version)}"
    yield f"note = {_quoted(policy.note)}"
    yield ""
    yield f"confidence_min_ppm = {policy.confidence_min_ppm}"
    yield f"sample_min = {policy.sample_min}"
    yield f"limit_unit_fen = {policy.limit_unit_fen}"
    yield f"exposure_max_fen = {policy.exposure_max_fen}"
    yield f"offer_valid_days = {policy.offer_valid_days}"
    yield f"days_per_year = {policy.days_per_year}"
    for cap in policy.rate_caps:
        yield from ("", "[[rate_cap]]", f"effective_from = {cap.effective_from.isoformat()}")
        yield from (f"annual_ppm = {cap.annual_ppm}", f"source = {_quoted(cap.source)}")
    for rule in policy.eligibility:
        yield from ("", "[[eligibility]]", f"kind = {_quoted(rule.kind)}")
        for name, bound in (("at_most", rule.at_most), ("at_least", rule.at_least)):
            if bound is not None:
                yield f"{name} = {bound}"
    for band in policy.bands:
        yield from ("", "[[band]]", f"name = {_quoted(band.name)}")
        yield f"pd_max_ppm = {band.pd_max_ppm}"
        yield f"rate_ppm_per_day = {band.rate_ppm_per_day}"
    for source in policy.capacity:
        yield from _capacity(source)
    yield from _thin_history(policy.thin_history)
    if policy.chain is not None:
        yield from _chain(policy.chain)
    for name, terms in policy.products.items():
        yield from ("", f"[product.{_quoted(name)}]", f"limit_min_fen = {terms.limit_min_fen}")
        yield f"limit_max_fen = {terms.limit_max_fen}"
        yield f"tenors_{terms.tenor_unit} = {list(terms.tenors)}"


def _capacity(source: CapacitySource) -> Iterator[str]:
    yield from ("", "[[capacity]]", f"kind = {_quoted(source.kind)}")
    yield f"cap_fen = {source.cap_fen}"
    yield f"history_min_days = {source.history_min_days}"
    yield "[capacity.share_ppm]"
    for band, share_ppm in source.share_ppm.items():
        yield f"{_quoted(band)} = {share_ppm}"


def _chain(chain: ChainCapacity) -> Iterator[str]:
    yield from ("", "[chain]", f"history_min_days = {chain.history_min_days}")
    yield f"need_least_ppm = {chain.need_least_ppm}"
    yield f"grade_caps_fen = {list(chain.grade_caps_fen)}"
    yield "[chain.share_ppm]"
    for band, share_ppm in chain.share_ppm.items():
        yield f"{_quoted(band)} = {share_ppm}"


def _thin_history(thin: ThinHistory) -> Iterator[str]:
    yield from ("", "[thin_history]", f"least_fen = {thin.least_fen}")
    yield f"takings_share_ppm = {thin.takings_share_ppm}"
    yield f"rate_ppm_per_day = {thin.rate_ppm_per_day}"
    for step in thin.steps:
        yield from ("", "[[thin_history.step]]", f"history_min_days = {step.history_min_days}")
        yield f"limit_fen = {step.limit_fen}"
