"""What is committed under vendor is what the packages contain, with its licences."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "src" / "martlet" / "web" / "static" / "vendor"
PACKAGE = Path(__file__).parents[2] / "package.json"


def test_every_vendored_file_is_listed_and_unchanged() -> None:
    listed = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    for entry in listed:
        content = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]
    there = {str(p.relative_to(VENDOR)) for p in VENDOR.rglob("*") if p.is_file()}
    assert there == {entry["file"] for entry in listed} | {"vendor.json"}


def test_versions_are_those_asked_for_and_each_has_its_licence() -> None:
    listed = json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))
    wanted = json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"]
    assert {entry["package"]: entry["version"] for entry in listed} == wanted
    licensed = {entry["package"] for entry in listed if entry["file"].startswith("LICENSES/")}
    assert licensed == set(wanted)
