"""Every refusal of this room has its sentence in both languages; what is generated is current."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from tools.feature_reference import TARGET, reference
from tools.make_examples import FOLDER, write_examples

import martlet.records
from martlet.kernel.i18n import Locale, has_sentence
from martlet.records import FORMATS

ROOT = Path(__file__).resolve().parent.parent.parent
NO_REFUSALS = {
    "records.clear_finding",
    "records.finding_cleared",
    "records.import",
    "records.imported",
    "records.integrity",
    "records.signals",
}
CODES = {
    code
    for source in Path(martlet.records.__file__).parent.rglob("*.py")
    for code in re.findall(r"\"(records\.[a-z_]+)(?:\"|\|)", source.read_text("utf-8"))
} - NO_REFUSALS


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("locale", list(Locale))
def test_every_refusal_has_a_sentence(code: str, locale: Locale) -> None:
    assert has_sentence(code, locale)


def test_the_page_of_features_is_current() -> None:
    assert TARGET.read_text("utf-8") == reference(), "run: python tools/feature_reference.py"


def test_the_synthetic_examples_are_what_their_seed_gives(tmp_path: Path) -> None:
    for made in write_examples(tmp_path):
        assert made.read_bytes() == (ROOT / FOLDER / made.name).read_bytes()


def test_a_year_can_be_written_that_ends_on_any_day(tmp_path: Path) -> None:
    takings = write_examples(tmp_path, ending=date(2025, 3, 1))[0].read_text("utf-8")
    assert takings.splitlines()[-1].startswith("2025-03-01")


def test_every_format_says_what_it_is_in_both_languages() -> None:
    assert len(FORMATS) == 12
    for spec in FORMATS.values():
        assert spec.en
        assert spec.zh_cn
