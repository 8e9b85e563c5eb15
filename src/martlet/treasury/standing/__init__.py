"""A standing order for idle cash: each morning a plan within what its owner agreed to, once.

Without consent a plan is only proposed. Nothing is locked for longer than something speaks of, no
term is ever broken by itself, and every plan that was carried out can be made again from what it
was made from.
"""

from martlet.treasury.standing.deciding import orders_for
from martlet.treasury.standing.morning import Kind, Lot, Morning, Offer, Order
from martlet.treasury.standing.needs import Needs, needs_from_flows
from martlet.treasury.standing.service import NeedSource, StandingOrders
from martlet.treasury.standing.telling import told

__all__ = [
    "Kind",
    "Lot",
    "Morning",
    "NeedSource",
    "Needs",
    "Offer",
    "Order",
    "StandingOrders",
    "needs_from_flows",
    "orders_for",
    "told",
]
