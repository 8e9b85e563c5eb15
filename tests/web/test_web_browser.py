"""A real browser walks the owner's whole way and every page of the console.

In Chinese and English, on a phone and on a laptop, in light and dark: nothing is asked of another
host, nothing breaks the content security policy, axe finds nothing, nothing overflows the screen.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.web.conftest import SAMPLES, Town, build_town

from martlet.api import create_app
from martlet.credit import ModelState, default_policy, expert_scorecard
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.ledger import current_business_date
from martlet.parties import PersonKind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LAPTOP = {"viewport": {"width": 1280, "height": 900}}
LOOKS = [
    ("zh-CN", "light", PHONE),
    ("zh-CN", "dark", LAPTOP),
    ("en", "dark", PHONE),
    ("en", "light", LAPTOP),
]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WATCH = """
window.__broken = [];
document.addEventListener('securitypolicyviolation',
  (event) => window.__broken.push(event.violatedDirective + ' ' + event.blockedURI));
"""


def need_chromium() -> None:
    """Skip with one clear line where there is no browser; in CI that is a failure."""
    if CHROMIUM is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("CI must have Chromium: apt-get install chromium fonts-wqy-microhei")
        pytest.skip("no Chromium here: apt-get install chromium fonts-wqy-microhei")


@dataclass(slots=True)
class Look:
    """A browser window that keeps what it saw go wrong."""

    page: Any
    address: str
    axe: str
    foreign: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    seen: int = 0

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.check()

    def check(self) -> None:
        """Hold the page that is open to everything."""
        page = self.page
        page.wait_for_load_state("load")
        where = page.url.removeprefix(self.address)
        assert page.evaluate("window.__broken") == [], where
        wide, screen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= screen, f"{where} is {wide} wide on a screen of {screen}"
        page.evaluate(self.axe)
        report = page.evaluate(
            "tags => axe.run({runOnly: tags, resultTypes: ['violations']})", AXE_TAGS
        )
        found = [
            f"{where}: {item['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for item in report["violations"]
            for node in item["nodes"]
        ]
        assert not found, "\n".join(found)
        self.seen += 1

    def press(self, selector: str, then: str) -> None:
        """Press a button and wait for the page that follows."""
        self.page.locator(selector).click()
        self.page.wait_for_url(self.address + then)
        self.check()

    def clean(self) -> None:
        assert self.foreign == []
        assert self.said == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


def serve(home: Path) -> Iterator[tuple[Town, str]]:
    """Put a bank behind a real server for as long as it is looked at."""
    need_chromium()
    import uvicorn

    town = build_town(home)
    config = uvicorn.Config(create_app(town.bank), port=0, log_level="error", server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield town, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    town.bank.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A seeded bank behind a real server."""
    yield from serve(tmp_path_factory.mktemp("bank") / "home")


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(request: pytest.FixtureRequest, browser: Any, served: tuple[Town, str]) -> Iterator[Look]:
    import axe_playwright_python

    language, scheme, screen = request.param
    context = browser.new_context(locale=language, color_scheme=scheme, **screen)
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(15_000)
    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    made = Look(page, served[1], axe.read_text(encoding="utf-8"))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((served[1], "data:", "blob:"))
            else made.foreign.append(asked.url)
        ),
    )
    page.on(
        "console",
        lambda line: made.said.append(line.text) if line.type in {"error", "warning"} else None,
    )
    page.on("pageerror", lambda error: made.said.append(str(error)))
    yield made
    context.close()


def enter(look: Look, town: Town, kind: PersonKind, then: str) -> None:
    """Sign in by a one-time link: its secret stands behind the # and is read by the page."""
    look.page.goto(f"{look.address}/link#{town.link(kind)}")
    look.check()
    assert "#" not in look.page.url, "the secret stays in the address bar"
    look.press("main button", then)


def test_the_owners_whole_way(look: Look, served: tuple[Town, str]) -> None:
    town, _ = served
    shop = f"/businesses/{town.party_id}"
    look.open("/login")
    enter(look, town, PersonKind.OWNER, "/")
    look.open(f"{shop}/records")
    look.press("form[action$=consent] button", f"{shop}/consent")
    look.open(f"{shop}/records")
    look.page.locator("#upload").set_input_files(SAMPLES / "invoices_sales.csv")
    look.press("form[action$=records] button", f"{shop}/records")
    look.page.locator("#result").wait_for()
    look.open(f"{shop}/apply")
    assert look.page.locator("fieldset[data-for]:visible").count() == 1
    look.page.fill("#amount", "3,000")
    look.press("form[action$=apply] button", "/decisions/*")
    assert look.page.locator(".fall li").count() >= 2
    look.page.locator("details summary").first.click()
    look.check()
    look.press("form[action$=accept] button", "/lines/*")
    look.page.fill("#amount", "20")
    look.press("form[action$=draw] button", "/loans/*")
    look.page.fill("#amount", "5")
    look.press("button[value=part]", "/loans/*/repay")
    look.press("a[href$=statement]", "/loans/*/statement")
    look.press("a.back", "/loans/*")
    look.press("button[value=full]", "/loans/*/repay")
    look.open("/")
    look.clean()


def test_every_page_of_relief(look: Look, served: tuple[Town, str]) -> None:
    town, _ = served
    enter(look, town, PersonKind.STAFF, "/console")
    look.open("/console/relief/new")
    name = f"relief_{town.bank.ids.secret(4).hex()}"
    for place, text in (
        ("name", name),
        ("title_zh", "三个月免息"),
        ("title_en", "Three months free"),
        ("sentence_zh", "前三个月免收利息。"),
        ("sentence_en", "The first three months are free."),
        ("budget", "100000"),
        ("open_from", "2020-01-01"),
        ("open_until", "2099-12-31"),
    ):
        look.page.fill(f"#{place}", text)
    look.press("form[action$=new] button", "/console/relief/*")
    look.press("button[value=preview]", "/console/relief/*")
    look.page.locator("#preview").wait_for()
    look.open("/console/relief")
    look.clean()


def test_every_page_of_the_console(look: Look, served: tuple[Town, str]) -> None:
    town, _ = served
    seed(town)
    enter(look, town, PersonKind.STAFF, "/console")
    look.page.locator("[data-chart] canvas").wait_for()
    for page in ("imports", "trial-balance", "policy", "models"):
        look.open(f"/console/{page}")
    look.open("/console/policy/new")
    text = look.page.locator("#text").input_value()
    look.page.fill("#text", text.replace("offer_valid_days = 30", "offer_valid_days = 20"))
    look.press("button[value=preview]", "/console/policy/new")
    assert look.page.locator("ins").count() == 1
    look.page.locator("#trial").wait_for()
    look.open("/console/decisions")
    look.press("tbody a >> nth=0", "/console/decisions/*")
    look.page.locator("#replay button").click()
    look.page.locator("#replay .notice.good").wait_for()
    look.check()
    look.open("/console/end-of-day")
    look.press("form[action$=end-of-day] button", "/console/end-of-day")
    look.page.locator("#report").wait_for()
    look.clean()


def test_every_page_of_the_monitoring(look: Look, served: tuple[Town, str]) -> None:
    """What has become of decisions, and what others would have been."""
    town, _ = served
    seed(town)
    watched(town)
    enter(look, town, PersonKind.STAFF, "/console")
    look.open("/console/monitoring?everybody=true")
    look.page.locator("#approvals ~ [data-chart] canvas").wait_for()
    look.page.locator("summary").first.click()
    look.check()
    look.press("table.heats tbody a >> nth=0", "/console/monitoring/*?everybody=true")
    look.open("/console/fairness")
    look.open("/console/policy")
    look.press("a[href*='policy/versions'] >> nth=0", "/console/policy/versions/*")
    look.open("/console/models")
    look.press("a:has-text('expert-prior 3')", "/console/models/*")
    assert look.page.locator("section[aria-labelledby=shadow] dd").count() > 1, (
        "a shadow is held beside it"
    )
    look.open("/console/models")
    look.press("a:has-text('expert-prior 2')", "/console/models/*")
    look.page.locator("#drift").wait_for()  # the model that decides is monitored
    look.press("a[href$=backtest]", "/console/models/*/backtest")
    look.page.locator("#trial").wait_for()
    look.clean()


def test_every_page_of_the_book(look: Look, served: tuple[Town, str]) -> None:
    """Products, loans, and the portfolio with its vintages."""
    town, _ = served
    lent = seed(town)
    lived(town, 35)
    enter(look, town, PersonKind.STAFF, "/console")
    look.open("/console/products")
    look.press("h2 a[href$=equal_instalments]", "/console/products/equal_instalments")
    look.page.locator("#plan ~ [data-chart] canvas").wait_for()
    look.page.fill("#amount", "12,000")
    look.press("form.pick button", "/console/products/*?amount=*")
    look.open("/console/products/revolving_daily")
    look.open("/console/loans")
    look.press(f"tbody a[href$='{lent['loan_id']}']", "/console/loans/*")
    look.page.locator("[data-chart] canvas").wait_for()
    for summary in look.page.locator("summary").all():
        summary.click()
    look.check()
    look.press("a[href$='/event']", "/console/loans/*/event")
    look.open(look.page.url.removeprefix(look.address) + "?kind=fee_charged")
    look.page.fill("#amount", "1.50")
    look.page.fill("#name", "合成费用")
    look.press("button[value=preview]", "/console/loans/*/event")
    look.page.locator("#preview").wait_for()
    look.open("/console/partners")
    look.open("/console/portfolio")
    look.page.locator("#vintages").wait_for()
    look.page.locator("[data-chart=age-table] canvas").wait_for()
    look.press("a[href='?overdue=60#vintages']", "/console/portfolio?overdue=60#vintages")
    look.clean()


def lived(town: Town, days: int) -> None:
    """Let a bank be so many days old, whichever test runs first."""
    bank, itself = town.bank, town.itself
    with bank.database.read() as connection:
        first = min(date.fromisoformat(loan["created_on"]) for loan in bank.lending.loans(itself))
        today = current_business_date(connection, itself.tenant_id)
    while (today - first).days < days:
        bank.end_day(itself, today)
        today += timedelta(days=1)


def watched(town: Town) -> None:
    """Leave a registered champion and a published policy behind."""
    bank, itself = town.bank, town.itself
    if bank.credit.models(itself):
        return
    policy = default_policy().text.replace('version = "starter-1"', 'version = "same-again"')
    bank.credit.publish_policy(itself, "seed-policy", policy)
    model = replace(expert_scorecard(), version="2")
    answer = bank.credit.register_model(itself, "seed-model", model, "# A card\n\nOf a test.\n")
    other = Principal(itself.tenant_id, town.staff_id, ActorKind.STAFF, ALL_SCOPES)
    bank.credit.promote_model(other, "seed-promote", uuid_of(answer["model_id"]))
    shadow = replace(model, version="3", base_points=model.base_points - 20)
    answer = bank.credit.register_model(itself, "seed-model-3", shadow, "# A card\n\nOf a test.\n")
    model_id = uuid_of(answer["model_id"])
    bank.credit.promote_model(other, "seed-shadow", model_id, ModelState.SHADOW)
    bank.lending.apply(itself, "seed-again", town.party_id, "revolving_daily", 10_000)


def seed(town: Town) -> dict[str, Any]:
    """Leave a decision, an import and a live loan behind, whichever test runs first."""
    bank, itself, party_id = town.bank, town.itself, town.party_id
    if not bank.credit.decisions(itself):
        sales = SAMPLES / "invoices_sales.csv"
        bank.records.import_file(itself, "seed-file", sales, party_id=party_id)
        answer = bank.lending.apply(itself, "seed-apply", party_id, "revolving_daily", 10_000)
        bank.lending.accept(itself, "seed-accept", uuid_of(answer["offer"]["offer_id"]))
    if not bank.lending.loans(itself, status="live"):
        line = bank.lending.facilities(itself)[0]
        facility_id, least_fen = uuid_of(line["facility_id"]), min(line["available_fen"], 10_000)
        bank.lending.draw(itself, "seed-draw", facility_id, least_fen)
    return bank.lending.loans(itself, status="live")[0]


def uuid_of(text: str) -> Any:
    from martlet.kernel.ids import parse_id

    return parse_id(text)


def test_a_page_that_is_not_there_is_a_page(look: Look) -> None:
    look.page.goto(f"{look.address}/nowhere")
    look.check()
    assert look.foreign == []
