"""Which extractor reads: the default without anybody's help, or a configured endpoint.

The invariant: an endpoint reads only where it is asked for by name and configured; otherwise that
is refused in words, never replaced in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.errors import Unavailable
from martlet.supplychain.extraction.deterministic import Deterministic
from martlet.supplychain.extraction.endpoint import EndpointExtractor
from martlet.supplychain.extraction.labelled import read_pairs, sentences_of
from martlet.supplychain.extraction.learned import mention_recogniser, pair_classifier
from martlet.supplychain.extraction.listed_names import ListedNames
from martlet.supplychain.extraction.reading import Mistakes, lines_of
from martlet.supplychain.extraction.trained import load

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.llm import LlmClient
    from martlet.supplychain.extraction.model import Extractor


class ExtractorName(StrEnum):
    """Who may be asked to read."""

    DETERMINISTIC = "deterministic"
    LLM = "llm"


@dataclass(frozen=True, slots=True)
class Training:
    """What the deterministic extractor may learn from: somebody's own files."""

    names: Path | None = None
    """Known firms, one name a line."""
    pairs: Path | None = None
    """Labelled pairs in FinRE's form."""
    model: Path | None = None
    """Readers trained before; without these and without pairs the package's own read."""


def extractor_named(name: ExtractorName, training: Training, client: LlmClient | None) -> Extractor:
    """Return the extractor of a name, with what the files that are given teach it."""
    if name is ExtractorName.LLM:
        if client is None:
            raise Unavailable("extraction.no_endpoint")
        return EndpointExtractor(client)
    lines = lines_of(training.names, Mistakes()) if training.names is not None else ()
    listed = [line.strip() for _, line in lines]
    if training.model is not None:
        readers = load(training.model)
        return Deterministic(ListedNames(listed, readers.mentions), readers.pairs)
    known = read_pairs(training.pairs, Mistakes()) if training.pairs is not None else []
    mentions = mention_recogniser(sentences_of(known))
    return Deterministic(ListedNames(listed, mentions), pair_classifier(known))
