"""The register of position indicators: formula, missing-data rule and cap of each.

The invariant: `measure` fills exactly these, and what is not marked as counting moves no line.
"""

from __future__ import annotations

from martlet.supplychain.indicator import Indicator

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "chain_revenue_monthly_fen",
        "fen",
        "sum over 12 whole months of verified sales to firms from which known trades or tenders "
        "lead to the core firm, less purchases from the same firms, related firms left out, / 12; "
        "for a distributor "
        "all verified sales × the core firm's share of its purchases / 12",
        "0: no line",
        "none here; the policy's share and cap",
        counts=True,
        en="Verified revenue through the chain in a month",
        zh_cn="链上月均可核实收入",
    ),
    Indicator(
        "chain_working_capital_fen",
        "fen",
        "days until invoices are paid, first in first out by customer, × verified revenue a day",
        "absent: the policy's least need, so that knowing never lowers a line",
        "365 days of revenue",
        counts=True,
        en="Working capital tied up in the chain",
        zh_cn="链上营运资金需求",
    ),
    Indicator(
        "chain_tiers_count",
        "count",
        "hops from firm to firm of the shortest explained path; 1: trades with the core firm",
        "absent: no points",
        "5",
        counts=True,
        en="Tiers to the core firm",
        zh_cn="距核心企业的层级",
    ),
    Indicator(
        "chain_tenure_months_count",
        "count",
        "months from the first verified trade into the chain through the month asked about",
        "absent: no points",
        "240",
        counts=True,
        en="Months since the first trade in the chain",
        zh_cn="链上合作时长（月）",
    ),
    Indicator(
        "chain_trade_months_count",
        "count",
        "months with a verified trade into the chain, of the last 24",
        "absent: no points",
        "24",
        counts=True,
        en="Months with trade in the chain, of 24",
        zh_cn="近24个月中有链上交易的月数",
    ),
    Indicator(
        "chain_regularity_ppm",
        "ppm",
        "months with trade / months since the first, of the last 24 months",
        "absent",
        "1,000,000",
        counts=False,
        en="Regularity of trade in the chain",
        zh_cn="链上交易规律性",
    ),
    Indicator(
        "chain_revenue_share_ppm",
        "ppm",
        "revenue through the chain / all verified sales, 12 months",
        "absent where nothing was sold",
        "1,000,000",
        counts=False,
        en="Share of revenue through the chain",
        zh_cn="链上收入占比",
    ),
    Indicator(
        "chain_customers_hhi_ppm",
        "ppm",
        "sum of squared shares of customers in verified sales, 12 months",
        "absent where nothing was sold",
        "1,000,000",
        counts=False,
        en="Concentration of customers",
        zh_cn="客户集中度",
    ),
    Indicator(
        "chain_alternatives_count",
        "count",
        "other firms that make a product of this firm's and supply one of its customers in the "
        "chain",
        "absent where the customers' other suppliers are unknown",
        "1,000",
        counts=False,
        en="Other suppliers of the same product to the same customers",
        zh_cn="同一产品的可替代供应商数",
    ),
    Indicator(
        "chain_exposure_ppm",
        "ppm",
        "largest share of verified sales that hangs on one customer in the chain; of a "
        "distributor, on the core firm's goods",
        "absent where nothing was sold",
        "1,000,000",
        counts=False,
        en="Share of revenue that hangs on one firm of the chain",
        zh_cn="对链上单一企业的依赖度",
    ),
    Indicator(
        "chain_coreness_count",
        "count",
        "k of the deepest k-core of the whole graph that the firm is in",
        "absent where whole-graph figures were not computed",
        "1,000",
        counts=False,
        en="Depth in the web of firms (k-core)",
        zh_cn="在企业网络中的核心度（k-core）",
    ),
    Indicator(
        "chain_nearness_ppm",
        "ppm",
        "personalised PageRank from the core firm, as a share of the largest",
        "absent where whole-graph figures were not computed",
        "1,000,000",
        counts=False,
        en="Nearness to the core firm (personalised PageRank)",
        zh_cn="与核心企业的关联强度",
    ),
)

SLUGS = tuple(one.slug for one in INDICATORS)
