"""Every bound of extraction, with its reason."""

from __future__ import annotations

TEXT_CHARS_MAX = 200_000
"""One document: a prospectus chapter; a longer one is told by line number and left out."""

LINE_BYTES_MAX = 4_000_000
"""One line of an input file: the longest text escaped as \\uXXXX, with room for its labels."""

DOCUMENTS_MAX = 5_000_000
"""Documents of one run; they are read and written one batch at a time."""

BATCH_DOCUMENTS = 64
"""Documents handed to an extractor at once: enough for a batch model, little memory."""

FILE_BYTES_MAX = 1_000_000_000
"""A labelled set that is held in memory whole; the largest public one is 60 MB."""

ID_CHARS_MAX = 200
"""A document's identifier: a URL is cut off long before it names anything more."""

NAME_CHARS_MAX = 80
"""The longest name of a firm: registered names end near 50 characters."""

SPAN_CHARS_MAX = 400
"""The quoted evidence of one fact: a long sentence of a notice, not a page."""

ATTRIBUTE_CHARS_MAX = 400
"""One attribute's text, such as what a tender was about."""

FACTS_PER_DOCUMENT_MAX = 200
"""Facts kept of one document: a list of 100 suppliers has fewer; more is a table or an attack."""

MISTAKES_TOLD_MAX = 50
"""Bad lines that are told one by one; the rest is told as a number."""

TENDER_CHARS_MAX = 30_000
"""How much of a document is read for an award: a notice tells it on its first pages."""

TRAINING_SENTENCES_MIN = 20
"""Fewer labelled sentences cannot be split to choose a threshold."""

LONG_TEXT_CHARS = 6_000
"""A text up to this is read by a model at once; a longer one loses facts in the middle."""

PART_CHARS = 5_000
"""A part of a long text, in the first of two passes."""

PART_OVERLAP_CHARS = 400
"""What two parts share: a long sentence."""

PASSAGES_CHARS_MAX = 6_000
"""Passages of a long text that are read in the second pass."""

SENTENCE_CHARS_MAX = 1_000
"""A sentence that is searched for relations; a longer one is a table without stops."""

MENTIONS_PER_SENTENCE_MAX = 24
"""Firms of one sentence that are paired: a list of customers, not a register."""

PAIR_REACH = 4
"""How many firms further in the sentence a firm is paired with."""

MODEL_BYTES_MAX = 100_000_000
"""Trained readers in one file, unpacked: the largest that a million labelled rows would make."""
