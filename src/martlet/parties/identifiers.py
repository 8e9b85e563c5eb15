"""Numbers by which a business and a person are known, read strictly: each check is the standard's.

A number that fails its check is refused where it enters, because a wrong one stored is a person
who can never log in and a firm that nobody can find.
"""

from __future__ import annotations

import re

from martlet.kernel.errors import Invalid

_PHONE_NOISE = re.compile(r"[\s\-()（）]")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})", re.ASCII)
_PHONE_TEXT_CHARS_MAX = 40

# GB 32100-2015: 31 signs (no I, O, S, V, Z), the weight of place i is 3^i mod 31.
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {sign: value for value, sign in enumerate(_CREDIT_SIGNS)}
_CREDIT_LENGTH = 18
_CREDIT_MODULUS = 31


def read_mobile(text: str) -> str:
    """Return a mainland mobile number as 11 digits, however it was written; refuse another."""
    match = _MOBILE.fullmatch(_PHONE_NOISE.sub("", text[:_PHONE_TEXT_CHARS_MAX]))
    if match is None or len(text) > _PHONE_TEXT_CHARS_MAX:
        raise Invalid("parties.phone_invalid")
    return match.group(1)


def read_credit_code(text: str) -> str:
    """Return a unified social credit code in capitals; one whose check sign is wrong is refused."""
    code = text.strip().upper()
    known = len(code) == _CREDIT_LENGTH and all(sign in _CREDIT_VALUES for sign in code)
    if not known or credit_code_check_sign(code[:-1]) != code[-1]:
        raise Invalid("parties.registration_invalid")
    return code


def credit_code_check_sign(body: str) -> str:
    """Return the 18th sign that GB 32100-2015 gives to the first 17."""
    assert len(body) == _CREDIT_LENGTH - 1, body
    weighted = sum(
        _CREDIT_VALUES[sign] * pow(3, place, _CREDIT_MODULUS) for place, sign in enumerate(body)
    )
    return _CREDIT_SIGNS[-weighted % _CREDIT_MODULUS]
