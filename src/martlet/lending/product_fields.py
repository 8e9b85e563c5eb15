"""What a product's file may say, field by field down into its plan, so that a slip never passes.

A field that is not known is named with its whole way, as `plan.late_fee.ppm`; one that is left out
keeps its default. Values are checked where they are read.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def unknown_fields(kind: type, table: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Return the fields of a table, and of tables inside it, that a value of a kind has not."""
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    for name, value in table.items():
        if name not in known:
            yield f"{at}{name}"
            continue
        inner = next((one for one in _kinds(hints[name]) if is_dataclass(one)), None)
        for one in value if isinstance(value, list) else [value]:
            if inner is not None and isinstance(one, dict):
                yield from unknown_fields(inner, one, f"{at}{name}.")


def _kinds(hint: Any) -> Iterator[type]:  # noqa: ANN401 - a type as it is annotated
    """Return the classes that an annotation names, however they are combined."""
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _kinds(part)
