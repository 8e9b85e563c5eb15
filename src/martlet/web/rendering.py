"""Templates: everything escaped, words in the reader's language, figures by their unit."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.i18n import Locale, day, explain, text, yuan
from martlet.kernel.money import decimal_text
from martlet.kernel.rates import percent_text
from martlet.web import wording
from martlet.web.cash_ahead import whole_yuan
from martlet.web.prose import prose

if TYPE_CHECKING:
    from jinja2.runtime import Context

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def static_path(name: str) -> str:
    """Return a static file's address with the hash of what is in it, so that it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "yuan": yuan,
        "whole_yuan": whole_yuan,
        "yuan_plain": decimal_text,
        "percent": percent_text,
        "day": _day,
        "moment": _moment,
        "prose": prose,
    }
    environment.globals |= {"static": static_path, "_": _say, "explain": _explain, "word": _word}
    return environment


@pass_context
def _say(context: Context, message: str, **parameters: object) -> str:
    return text(message, context["locale"], **parameters)


@pass_context
def _explain(context: Context, code: str, parameters: dict[str, object] | None = None) -> str:
    return explain(code, parameters or {}, context["locale"])


@pass_context
def _word(context: Context, family: str, code: str) -> str:
    return wording.word(family, code, context["locale"])


@pass_context
def _day(context: Context, value: date | str | None) -> str:
    if value is None or value == "":
        return "—"
    return day(
        date.fromisoformat(value[:10]) if isinstance(value, str) else value, context["locale"]
    )


@pass_context
def _moment(context: Context, value: datetime | str | None) -> str:
    if value is None or value == "":
        return "—"
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = moment.astimezone(SHANGHAI)
    return f"{day(local.date(), context['locale'])} {local:%H:%M}"


def render(template: str, locale: Locale, **context: Any) -> str:  # noqa: ANN401
    """Return a template's HTML in a language."""
    return _environment().get_template(template).render(locale=locale, Locale=Locale, **context)
