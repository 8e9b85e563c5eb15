"""A file as it came: what container it is, which encoding, which content. Wrong ones are told so.

Nothing is guessed silently: a file is UTF-8 or it is GB18030 or it is refused with the place where
it stops being either.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import shutil
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from martlet.kernel.errors import Invalid, NotFound, TooLarge
from martlet.records.limits import SOURCE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAMPLE_BYTES = 1 << 20
_COPY_BYTES = 1 << 20
_NOT_TABLES = {
    b"PK\x03\x04": "xlsx/zip",
    b"\xd0\xcf\x11\xe0": "xls",
    b"%PDF": "pdf",
    b"\xff\xd8\xff": "jpeg",
    b"\x89PNG": "png",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
}
BROKEN_STREAM = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(frozen=True, slots=True)
class Source:
    """A file on disk that can be read more than once."""

    path: Path
    name: str
    """As its owner called it; decides between formats that both fit."""
    size_bytes: int
    content_hash: str
    container: str
    """text | gzip | parquet"""
    encoding: str
    """Empty for Parquet."""


@contextmanager
def open_source(given: Path | BinaryIO, name: str, staging: Path) -> Iterator[Source]:
    """Open a file or a stream as a source; a stream is laid down in `staging` and taken away."""
    if isinstance(given, Path):
        if not given.is_file():
            raise NotFound("records.file_missing", file=given.name)
        yield _sniff(given, name or given.name, _hash_of(given))
        return
    staging.mkdir(parents=True, exist_ok=True)
    path = staging / "source"
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("wb") as laid_down:
            while block := given.read(_COPY_BYTES):
                size += len(block)
                if size > SOURCE_BYTES_MAX:
                    raise TooLarge("records.file_too_large", max_bytes=SOURCE_BYTES_MAX)
                digest.update(block)
                laid_down.write(block)
        yield _sniff(path, name, digest.hexdigest())
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sniff(path: Path, name: str, content_hash: str) -> Source:
    size = path.stat().st_size
    if size == 0:
        raise Invalid("records.file_empty")
    with path.open("rb") as file:
        first = file.read(8)
    container = "text"
    if first[:4] == b"PAR1":
        return Source(path, name, size, content_hash, "parquet", "")
    if first[:2] == b"\x1f\x8b":
        container = "gzip"
    for magic, what in _NOT_TABLES.items():
        if first.startswith(magic):
            raise Invalid("records.file_not_a_table", what=what)
    return Source(path, name, size, content_hash, container, _encoding_of(path, container))


def _encoding_of(path: Path, container: str) -> str:
    """Return the encoding of a text, from its first megabyte; refuse what is neither."""
    try:
        with open_bytes(path, container) as file:
            sample = file.read(_SAMPLE_BYTES)
    except BROKEN_STREAM as error:
        raise Invalid("records.file_truncated") from error
    if not sample:
        raise Invalid("records.file_empty")
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("records.encoding_unsupported", encoding="UTF-16")
    if b"\0" in sample:
        raise Invalid("records.file_not_text", at_byte=sample.index(b"\0"))
    at_byte = _undecodable_at(sample, "utf-8")
    if at_byte is None:
        return "utf-8-sig" if sample.startswith(codecs.BOM_UTF8) else "utf-8"
    if _undecodable_at(sample, "gb18030") is None:
        return "gb18030"
    raise Invalid("records.encoding_unknown", at_byte=at_byte)


def _undecodable_at(sample: bytes, encoding: str) -> int | None:
    """Return where a sample stops being text of an encoding; a cut last character is none."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        text = decoder.decode(sample, final=False)
    except UnicodeDecodeError as error:
        return error.start
    unlikely = next((i for i, sign in enumerate(text) if "\ue000" <= sign <= "\uf8ff"), None)
    return unlikely if encoding == "gb18030" else None


@contextmanager
def open_bytes(path: Path, container: str) -> Iterator[BinaryIO]:
    """Open the bytes of a text, unpacked."""
    if container == "gzip":
        with gzip.open(path, "rb") as unpacked:
            yield cast("BinaryIO", cast("IO[bytes]", unpacked))
        return
    with path.open("rb") as plain:
        yield plain
