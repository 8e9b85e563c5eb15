"""What may be shown of a person: enough to recognise oneself, too little for anyone else."""

from __future__ import annotations

import re


def mask_phone(phone: str) -> str:
    """Show the first three and last four digits: '138****5678'."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"  # noqa: PLR2004


def mask_name(name: str) -> str:
    """Show the first character only: '张**'."""
    return f"{name[0]}{'*' * min(len(name) - 1, 3)}" if len(name) > 1 else "*"


def mask_number(number: str) -> str:
    """Show the last four characters of a card, an account or a registration number."""
    return f"****{number[-4:]}" if len(number) > 4 else "****"  # noqa: PLR2004


_PATTERNS = (
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"), lambda m: mask_number(m.group())),
    (re.compile(r"(?<!\d)\d{16,19}(?!\d)"), lambda m: mask_number(m.group())),
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), lambda m: mask_phone(m.group())),
    (re.compile(r"\bmk_[\w-]+\.[\w-]+"), lambda _: "mk_****"),
)


def mask_text(text: str) -> str:
    """Mask every phone, resident id, card number and API key inside a free text (for logs)."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
