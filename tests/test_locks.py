"""The two locks agree with each other and with pyproject.toml, and name no host."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


def pins(name: str) -> set[tuple[str, str]]:
    return set(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


def project() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted(requirements: object) -> set[str]:
    assert isinstance(requirements, list)
    names = {NAME.findall(requirement)[0].lower() for requirement in requirements}
    return names - {"martlet"}


def test_what_runs_is_part_of_what_checks() -> None:
    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_every_declared_dependency_is_locked() -> None:
    declared = wanted(project()["project"]["dependencies"])
    extras = project()["project"]["optional-dependencies"]
    assert isinstance(extras, dict)
    for requirements in extras.values():
        declared |= wanted(requirements)
    assert declared <= {name for name, _version in pins("requirements.lock")}
    groups = project()["dependency-groups"]
    assert wanted(groups["dev"]) <= {name for name, _version in pins("requirements-dev.lock")}


def test_every_pin_has_hashes_and_no_line_an_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        for block in re.split(r"\n(?=\S)", text):
            assert "--hash=sha256:" in block or block.startswith("#"), block
