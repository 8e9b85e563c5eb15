"""Forms of files that the graph is read from: one module each, a pure function from a source.

A loader yields the facts of each row with where it stands, or a finding that says why the row is
none. It knows no database; `SupplychainService.import_form` takes its stream in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, NotFound
from martlet.supplychain.loaders import ckg, gdes, ickg, kag, ocds, patents, register, shipped
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Loader = Callable[[Path, Moments], Iterator[Fact]]

FOLDERS: Mapping[str, Loader] = {"ckg": ckg.load, "ickg": ickg.load, "kag": kag.load}
EITHER: Mapping[str, Loader] = {"gdes": gdes.load, "ocds": ocds.load}
FILES: Mapping[str, Loader] = {"register": register.load, "patents": patents.load}
FORMS: Mapping[str, Loader] = {**FOLDERS, **EITHER, **FILES}
"""Every form of file by its name on the command line."""

SHIPPED = "chains"
"""The form whose place is the name of a chain that ships as data, or `all`."""


def facts_from(form: str, place: Path, moments: Moments) -> Iterator[Fact]:
    """Return the facts of a file or folder of a form; what cannot be one is refused at once."""
    if form == SHIPPED:
        return shipped.load(place.name)
    if form not in FORMS:
        raise Invalid(
            "supplychain.form_unknown",
            form=form[:20],
            forms=", ".join((*FORMS, SHIPPED, "records")),
        )
    if not place.exists():
        raise NotFound("supplychain.file_missing", file=place.name)
    if form in FOLDERS and not place.is_dir():
        raise Invalid("supplychain.folder_needed", form=form)
    if form in FILES and not place.is_file():
        raise Invalid("supplychain.file_needed", form=form)
    return FORMS[form](place, moments)


__all__ = ["FORMS", "Fact", "Moments", "Source", "Told", "facts_from"]
