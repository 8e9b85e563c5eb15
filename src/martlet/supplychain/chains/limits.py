"""Every bound of an industry chain, with its reason."""

from __future__ import annotations

NODES_MIN = 25
NODES_MAX = 60
"""Fewer explain nothing; more are not read on one page, and far tiers are no common knowledge."""

WAYS_MAX = 12
"""Edges on one side of a node: what goes into more things than this is a generic hub, not a tie."""

GENERIC = frozenset(
    {
        *("材料", "原材料", "原料", "塑料", "塑料制品", "金属", "金属制品", "玻璃", "橡胶", "钢材"),
        *("钢铁", "铝材", "铜材", "化工产品", "化学品", "食品", "粮食", "设备", "机械", "零件"),
        *("零部件", "配件", "电子产品", "电子元器件", "产品", "制品", "包装", "水", "电力"),
    }
)
"""Words that join everything to everything; a path through one of them explains nothing."""
