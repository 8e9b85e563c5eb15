"""Bytes of anybody's file as text: UTF-8, marked or not, else GB18030.

The invariant: what is neither is told as neither, never read with signs replaced.
"""

from __future__ import annotations

import codecs


def decoded(raw: bytes) -> str | None:
    """Return bytes as text, without the mark of UTF-8; None where they are in neither encoding."""
    raw = raw.removeprefix(codecs.BOM_UTF8)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
