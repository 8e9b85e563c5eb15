"""Every table of every room in one place: for the migrations and for whoever compares with them.

A room's tables are known to the catalogue (`store.schema.metadata`) once its module is imported.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from sqlalchemy import Table


def load_all_tables() -> dict[str, str]:
    """Import the tables of every room; return the room of each table."""
    rooms: dict[str, str] = {}
    for path in sorted(Path(__file__).parent.glob("*/tables.py")):
        module = import_module(f"martlet.{path.parent.name}.tables")
        tables = (value for value in vars(module).values() if isinstance(value, Table))
        rooms |= {table.name: path.parent.name for table in tables}
    return rooms
