"""Every table of every room in one place: for the migrations and for whoever compares with them.

A room's tables are known to the catalogue (`store.schema.metadata`) once its module is imported;
a part of a room (`lending/relief`) may have tables of its own.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Table


def load_all_tables() -> dict[str, str]:
    """Import the tables of every room; return the room of each table."""
    rooms: dict[str, str] = {}
    house = Path(__file__).parent
    for path in sorted(house.rglob("tables.py")):
        parts = path.relative_to(house).parent.parts
        module = import_module(".".join(("martlet", *parts, "tables")))
        tables = (value for value in vars(module).values() if isinstance(value, Table))
        rooms |= {table.name: parts[0] for table in tables}
    return rooms
