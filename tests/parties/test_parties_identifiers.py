"""Numbers are read as people write them and refused when they cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.parties.identifiers import credit_code_check_sign, read_credit_code, read_mobile

SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.text(alphabet=SIGNS, min_size=17, max_size=17)


@pytest.mark.parametrize(
    "text",
    ["13800138000", " 138 0013 8000 ", "+86 138-0013-8000", "008613800138000", "86（138）00138000"],
)
def test_a_mobile_number_however_it_is_written(text: str) -> None:
    assert read_mobile(text) == "13800138000"


@pytest.mark.parametrize("text", ["", "23800138000", "1380013800", "138001380000", "١٣٨٠٠١٣٨٠٠٠"])
def test_no_mobile_number(text: str) -> None:
    with pytest.raises(Invalid, match="parties.phone_invalid"):
        read_mobile(text)


def test_a_well_known_code() -> None:
    """The code with which the standard is usually explained."""
    assert read_credit_code("91350100m000100y43") == "91350100M000100Y43"


@given(BODIES)
def test_every_code_with_its_check_sign_is_read(body: str) -> None:
    code = body + credit_code_check_sign(body)
    assert read_credit_code(code.lower()) == code


@given(BODIES, st.integers(0, 16), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_always_found(body: str, place: int, sign: str) -> None:
    code = body + credit_code_check_sign(body)
    if code[place] == sign:
        return
    with pytest.raises(Invalid, match="parties.registration_invalid"):
        read_credit_code(code[:place] + sign + code[place + 1 :])


@given(BODIES, st.integers(0, 15))
def test_two_signs_changing_places_are_always_found(body: str, place: int) -> None:
    code = body + credit_code_check_sign(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped == code:
        return
    with pytest.raises(Invalid, match="parties.registration_invalid"):
        read_credit_code(swapped)


@pytest.mark.parametrize("text", ["", "9135", "91350100I000100Y43", "91350100M000100Y4３"])
def test_no_code_at_all(text: str) -> None:
    with pytest.raises(Invalid, match="parties.registration_invalid"):
        read_credit_code(text)
