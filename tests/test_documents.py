"""The documents do not lag: links lead somewhere, named tests exist, both READMEs say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not dead, dead


def test_every_test_that_the_security_table_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    written = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert named
    assert not named - written, sorted(named - written)


def _claims(page: str) -> list[str]:
    """Return the commands and figures of a README's table of claims."""
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in (ROOT / page).read_text(encoding="utf-8").splitlines()
        if row.startswith("| ")
    ]
    return [
        " ".join(re.findall(r"`([^`]+)`", row[1]) + re.findall(r"[\d,.]*\d", row[2]))
        for row in rows[1:]
    ]


def test_both_languages_make_the_same_claims() -> None:
    english = [claim.replace("DIR", "") for claim in _claims("README.md")]
    chinese = [claim.replace("目录", "") for claim in _claims("README.zh-CN.md")]
    assert english == chinese


def test_the_two_commands_stand_on_the_first_screen() -> None:
    for page in ("README.md", "README.zh-CN.md"):
        first = "\n".join((ROOT / page).read_text(encoding="utf-8").splitlines()[:20])
        assert "scripts/demo" in first
        assert "scripts/test" in first
