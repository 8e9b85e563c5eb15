"""The pages as HTML: the whole way works without JavaScript, and no form but ours is believed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.web.conftest import PHONE, SAMPLES

if TYPE_CHECKING:
    from tests.web.conftest import Town, Visit


def test_an_owner_signs_in_by_phone_and_code_and_out_again(visit: Visit, town: Town) -> None:
    assert visit.open("/").url.path == "/login"
    assert "a code is on its way" in visit.send("/login", phone=PHONE).text
    code = town.sender.take(PHONE) or ""
    assert visit.send("/login/code", phone=PHONE, code="000000").status_code in {200, 401}
    home = visit.send("/login/code", phone=PHONE, code=code)
    assert home.url.path == "/"
    assert "清风面馆" in home.text
    assert visit.send("/logout").url.path == "/login"
    assert visit.open("/").url.path == "/login"


def test_an_unknown_phone_is_answered_like_a_known_one(visit: Visit) -> None:
    visit.open("/login")
    assert "a code is on its way" in visit.send("/login", phone="13900139000").text


def test_a_link_works_once(visit: Visit, town: Town) -> None:
    secret = town.link()
    visit.open("/link")
    assert visit.send("/link", link=secret).url.path == "/"
    visit.open("/link")
    assert visit.send("/link", link=secret).status_code == 401


def test_the_owners_whole_way(owner: Visit, town: Town) -> None:
    shop = f"/businesses/{town.party_id}"
    owner.open(f"{shop}/records")
    given = owner.send(f"{shop}/consent", record_invoices="yes", record_takings="yes")
    assert given.status_code == 200
    sales = (SAMPLES / "invoices_sales.csv").read_bytes()
    brought = owner.send(f"{shop}/records", files={"file": ("sales.csv", sales, "text/csv")})
    assert "VAT invoices issued" in brought.text, brought.text[:3000]
    owner.open(f"{shop}/records")
    assert owner.send(f"{shop}/sources", source="takings.csv").status_code == 200
    owner.open(f"{shop}/apply")
    offer = owner.send(
        f"{shop}/apply", amount="20,000", product="revolving_daily", tenor_revolving_daily="90"
    )
    assert offer.url.path.startswith("/decisions/")
    assert "Your offer" in offer.text
    assert "Effective annual rate" in offer.text
    line = owner.send(f"{offer.url.path}/accept")
    assert line.url.path.startswith("/lines/")
    loan = owner.send(f"{line.url.path}/draw", amount="1", tenor="90")
    assert loan.url.path.startswith("/loans/")
    assert "¥1.00" in loan.text
    part = owner.send(f"{loan.url.path}/repay", amount="0.4", how="part", quoted_fen="100")
    assert "¥0.40" in part.text
    full = owner.send(f"{loan.url.path}/repay", amount="", how="full", quoted_fen="60")
    assert "Repaid" in full.text
    statement = owner.open(f"{loan.url.path}/statement")
    assert statement.text.count("Repaid by you") == 2


def test_an_owner_says_what_an_export_with_both_names_is(owner: Visit, town: Town) -> None:
    """A VAT export that names buyer and seller could be sales or purchases: the owner knows."""
    head = "发票号码,开票日期,购方名称,销方名称,金额,税额,价税合计,发票状态\n"
    both = (head + "07654321,2026-03-01,甲公司,乙公司,100.00,3.00,103.00,有效发票\n").encode()
    records = f"/businesses/{town.party_id}/records"
    owner.open(records)
    unclear = owner.send(records, files={"file": ("export.csv", both, "text/csv")})
    assert unclear.status_code == 422
    assert "Please say which" in unclear.text
    named = owner.send(
        records, format="vat_purchases", files={"file": ("export.csv", both, "text/csv")}
    )
    assert named.status_code == 200
    assert "Brought in" in named.text


def test_a_form_sent_twice_is_done_once(owner: Visit, town: Town) -> None:
    shop = f"/businesses/{town.party_id}"
    owner.open(f"{shop}/apply")
    fields = {"amount": "1", "product": "revolving_daily", "tenor_revolving_daily": "90"}
    page = owner.page
    first = owner.send(f"{shop}/apply", **fields)
    owner.page = page
    assert owner.send(f"{shop}/apply", **fields).url.path == first.url.path


NOBODY = "01900000-0000-7000-8000-00000000dead"

WRONG = {
    "letters": {"amount": "a lot"},
    "too exact": {"amount": "1.005"},
    "nothing": {"amount": ""},
    "no product": {"amount": "1", "product": "gold"},
    "a tenor that is none": {"amount": "1", "tenor_revolving_daily": "x"},
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_field_is_told_on_the_form(
    owner: Visit, town: Town, fields: dict[str, str]
) -> None:
    shop = f"/businesses/{town.party_id}"
    owner.open(f"{shop}/apply")
    usual = {"product": "revolving_daily", "tenor_revolving_daily": "90"}
    answer = owner.send(f"{shop}/apply", **{**usual, **fields})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_form_that_is_not_ours_is_not_believed(owner: Visit) -> None:
    owner.open("/")
    assert owner.client.post("/logout", data={}).status_code == 403
    assert owner.client.post("/logout", data={"token": "0" * 64}).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        token = re.findall(r'name="token" value="([0-9a-f]+)"', owner.page)[-1]
        answer = owner.client.post("/logout", data={"token": token}, headers=headers)
        assert answer.status_code == 403, headers
    assert owner.open("/").url.path == "/"


def test_the_api_refuses_a_foreign_page_with_our_cookie(owner: Visit) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Idempotency-Key": "k"}
    answer = owner.client.post("/v1/businesses", json={}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "api.foreign_page"
    assert owner.client.get("/v1/businesses").status_code == 200, "a session may read the API"


@pytest.mark.parametrize("path", ["//elsewhere.example", "/\\elsewhere", "https://elsewhere", "x"])
def test_after_signing_in_nobody_is_sent_elsewhere(visit: Visit, path: str) -> None:
    page = visit.client.get("/login", params={"next": path}).text
    assert 'name="next" value="/"' in page


def test_others_things_are_not_there(owner: Visit) -> None:
    for path in ("/loans/{}", "/lines/{}", "/decisions/{}", "/businesses/{}/apply"):
        assert owner.open(path.format(NOBODY)).status_code == 404, path
    assert owner.open("/console").status_code == 403
    assert owner.open("/loans/none").status_code == 404


def test_the_language_sticks(visit: Visit) -> None:
    assert 'lang="en"' in visit.open("/login").text
    assert 'lang="zh-CN"' in visit.send("/language", language="zh-CN", back="/login").text
    assert 'lang="zh-CN"' in visit.open("/login").text


def test_cookies_are_for_us_alone(owner: Visit, town: Town) -> None:
    owner.open("/link")
    answer = owner.client.post(
        "/link",
        data={"token": re.findall(r'"token" value="(\w+)"', owner.page)[-1], "link": town.link()},
        follow_redirects=False,
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_the_console_opens_every_page(staff: Visit) -> None:
    for page in ("", "/decisions", "/imports", "/trial-balance", "/end-of-day", "/policy"):
        assert staff.open(f"/console{page}").status_code == 200, page
    assert staff.open("/console/models").status_code == 200
    closed = staff.send("/console/end-of-day", date="2020-01-01")
    assert closed.status_code in {200, 403, 409, 422}


def test_staff_close_the_day_and_publish_a_policy(staff: Visit, town: Town) -> None:
    page = staff.open("/console/end-of-day").text
    day = re.findall(r'name="date" value="([\d-]+)"', page)[0]
    assert "Balance the books" in staff.send("/console/end-of-day", date=day).text
    draft = staff.open("/console/policy/new").text
    text = re.findall(r"<textarea[^>]*>(.*?)</textarea>", draft, re.DOTALL)[0].replace("&#34;", '"')
    start = re.findall(r'name="effective_from" value="([\d-]+)"', draft)[0]
    changed = re.sub(r'version = "[^"]+"', 'version = "page-2"', text, count=1)
    fields = {"text": changed, "effective_from": start}
    shown = staff.send("/console/policy/new", do="preview", **fields)
    assert "<ins>" in shown.text
    published = staff.send("/console/policy/new", do="publish", **fields)
    assert published.url.path == "/console/policy"
    assert "page-2" in published.text
    assert len(town.bank.credit.policies(town.itself)) == 1
