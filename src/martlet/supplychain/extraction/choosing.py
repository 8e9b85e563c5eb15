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
from martlet.supplychain.extraction.reading import Mistakes, lines_of
from martlet.supplychain.extraction.rules import KnownNames

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


def extractor_named(name: ExtractorName, training: Training, client: LlmClient | None) -> Extractor:
    """Return the extractor of a name, trained on the files that are given."""
    if name is ExtractorName.LLM:
        if client is None:
            raise Unavailable("extraction.no_endpoint")
        return EndpointExtractor(client)
    if training.pairs is not None:
        known = read_pairs(training.pairs, Mistakes())
        return Deterministic(mention_recogniser(sentences_of(known)), pair_classifier(known))
    if training.names is not None:
        lines = lines_of(training.names, Mistakes())
        return Deterministic(KnownNames(line.strip() for _, line in lines))
    return Deterministic()
