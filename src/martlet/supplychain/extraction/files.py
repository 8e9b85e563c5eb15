"""Texts in, facts out: JSON lines, a batch at a time, whatever some lines hold.

The invariant: a line that cannot be used is told by its number and stops nothing; the output is
whole or is not there.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.extraction.dates import first_date
from martlet.supplychain.extraction.limits import (
    BATCH_DOCUMENTS,
    DOCUMENTS_MAX,
    ID_CHARS_MAX,
    TEXT_CHARS_MAX,
)
from martlet.supplychain.extraction.model import Document, Fact, FactRelation
from martlet.supplychain.extraction.reading import Mistakes, json_lines, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    from martlet.supplychain.extraction.model import Extractor

    Moved = Callable[[int, int | None], None]


def read_documents(path: Path, mistakes: Mistakes) -> Iterator[Document]:
    """Yield the documents of a file of `id, text` (and `title`, `published` where they stand)."""
    seen: set[str] = set()
    for number, row in json_lines(path, mistakes):
        name, text, title = row.get("id", number), row.get("text"), row.get("title")
        if not isinstance(text, str) or not text.strip():
            mistakes.add(number, "extraction.text_missing")
        elif len(text) > TEXT_CHARS_MAX:
            mistakes.add(number, "extraction.text_too_long")
        elif str(name)[:ID_CHARS_MAX] in seen:
            mistakes.add(number, "extraction.id_repeated")
        else:
            if len(seen) >= DOCUMENTS_MAX:
                raise TooLarge("extraction.too_many_documents", most=DOCUMENTS_MAX)
            seen.add(str(name)[:ID_CHARS_MAX])
            yield Document(
                str(name)[:ID_CHARS_MAX],
                text,
                title if isinstance(title, str) else "",
                first_date(str(row.get("published", ""))),
            )


def extract_file(
    extractor: Extractor, texts: Path, out: Path, mistakes: Mistakes, moved: Moved
) -> dict[str, int]:
    """Write the facts of a file's texts, one a line, and return what was counted."""
    counted = {"documents_count": 0, "facts_count": 0, "documents_with_facts_count": 0}
    lines = sum(1 for _ in lines_of(texts, Mistakes()))
    with _whole_file(out) as file:
        for batch in _batches(read_documents(texts, mistakes)):
            for document, facts in zip(batch, extractor.extract(batch), strict=True):
                counted["documents_count"] += 1
                counted["documents_with_facts_count"] += bool(facts)
                counted["facts_count"] += len(facts)
                for fact in facts:
                    file.write(json.dumps(fact_json(document.id, fact), ensure_ascii=False) + "\n")
            moved(counted["documents_count"], lines)
    return counted


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for each in documents:
        batch.append(each)
        if len(batch) == BATCH_DOCUMENTS:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def _whole_file(out: Path) -> Iterator[TextIO]:
    """Open a file that takes its name only when everything is written."""
    draft = out.with_name(f"{out.name}.part")
    try:
        with draft.open("w", encoding="utf-8") as file:
            yield file
        draft.replace(out)
    except OSError as error:
        raise Invalid("extraction.file_unwritable", file=out.name) from error
    finally:
        draft.unlink(missing_ok=True)


def fact_json(document_id: str, fact: Fact) -> dict[str, object]:
    """Return a fact as a line of the output file."""
    return {
        "id": document_id,
        "subject": fact.subject,
        "relation": fact.relation.value,
        "object": fact.object,
        "attributes": dict(fact.attributes),
        "span": fact.span,
        "confidence": fact.confidence,
        "extractor": f"{fact.extractor} {fact.version}",
    }


def read_facts(path: Path, mistakes: Mistakes) -> Iterator[tuple[str, Fact]]:
    """Yield the facts of such a file with the document that each comes from."""
    for number, row in json_lines(path, mistakes):
        fact = _fact(row)
        if fact is None:
            mistakes.add(number, "extraction.fact_unusable")
        else:
            yield str(row.get("id", ""))[:ID_CHARS_MAX], fact


def _fact(row: Mapping[str, object]) -> Fact | None:
    words = {name: row.get(name) for name in ("subject", "object", "span", "extractor")}
    confidence, attributes = row.get("confidence"), row.get("attributes", {})
    usable = (
        all(isinstance(value, str) for value in words.values())
        and str(words["subject"]).strip()
        and isinstance(confidence, int | float)
        and not isinstance(confidence, bool)
        and 0 <= confidence <= 1
        and isinstance(attributes, dict)
        and str(row.get("id", "")).strip()
    )
    try:
        relation = FactRelation(str(row.get("relation")))
    except ValueError:
        return None
    if not usable or not isinstance(attributes, dict) or not isinstance(confidence, int | float):
        return None
    who, _, version = str(words["extractor"]).rpartition(" ")
    return Fact(
        str(words["subject"]).strip(),
        relation,
        str(words["object"]).strip(),
        str(words["span"]),
        float(confidence),
        who or version,
        version if who else "",
        {str(name): str(value) for name, value in attributes.items()},
    )
