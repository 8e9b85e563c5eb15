"""The register of technology indicators: formula, missing-data rule and cap of each.

The invariant: `grade` fills exactly these. All of them are sums over patents that count, so that a
further patent never lowers a grade.
"""

from __future__ import annotations

from martlet.supplychain.indicator import Indicator

_WEIGHT = "type × legal state × ownership × relevance to the firm's products or its chain"

INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "technology_patents_count", "count", "patents and applications known, of any worth",
        "0", "5,000", counts=False,
        en="Patents known", zh_cn="已知专利数",
    ),
    Indicator(
        "technology_inventions_count", "count",
        "granted inventions in force that count at all (weight above 0)", "0", "5,000",
        counts=False,
        en="Granted inventions in force and relevant", zh_cn="有效且相关的授权发明专利数",
    ),
    Indicator(
        "technology_stock_ppm", "ppm",
        f"sum of weights of patents in force; weight = {_WEIGHT}; utility models and designs "
        "together at most one whole patent",
        "a type, state or day that is not told is read as the least", "8 patents", counts=True,
        en="Stock of patents that count", zh_cn="有效专利存量（加权）",
    ),
    Indicator(
        "technology_recency_ppm", "ppm", "sum of weights × 0.85 for each year since filing",
        "without a filing day: 0", "3 patents", counts=True,
        en="Stock weighted by recency", zh_cn="近期专利存量（加权）",
    ),
    Indicator(
        "technology_years_count", "count",
        "years with a filing that counts, of the last five calendar years", "0", "5", counts=True,
        en="Years with filings, of five", zh_cn="近五年有申请的年数",
    ),
    Indicator(
        "technology_life_ppm", "ppm", "sum of weights × days left / 20 years",
        "without a filing day: 0", "4 patents", counts=True,
        en="Remaining life", zh_cn="专利剩余有效期",
    ),
    Indicator(
        "technology_fields_count", "count",
        "different fields (first four signs of the class) of patents that count",
        "1 where patents count and none tells a class", "3", counts=True,
        en="Breadth: fields of technology", zh_cn="技术领域广度",
    ),
    Indicator(
        "technology_relevance_ppm", "ppm",
        "largest relevance of a title in force to a product of the firm: share of the product "
        "name's pieces of two and three signs, weighed by rarity, that the title holds",
        "0 where no product is known", "1,000,000", counts=False,
        en="Relevance to what the firm sells", zh_cn="与主营产品的相关性",
    ),
    Indicator(
        "technology_chain_ppm", "ppm",
        "sum of weights × relevance to products of the chain beyond the firm's own",
        "0 where no product of the chain is known", "4 patents", counts=True,
        en="Relevance to the chain", zh_cn="与产业链的相关性",
    ),
    Indicator(
        "technology_other_holders_count", "count",
        "other firms with a patent in force on the same product", "absent: no points", "1,000",
        counts=True, en="Other holders of patents at the node", zh_cn="同节点其他专利持有企业数",
    ),
    Indicator(
        "technology_points_count", "count",
        "sum over parts of points × min(1, figure / full), weights.toml", "0", "100", counts=True,
        en="Technology points", zh_cn="技术流得分",
    ),
    Indicator(
        "technology_grade_count", "count", "T1 from 90 points, T2 from 80, … T10 below 10",
        "absent: no points", "1 to 10, 1 the best", counts=True,
        en="Technology grade (T1 best)", zh_cn="技术流等级（T1最高）",
    ),
)  # fmt: skip

SLUGS = tuple(one.slug for one in INDICATORS)
