"""What is personal stays closed: sealed to its place, found blindly, masked where shown."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel import masking
from martlet.kernel.clock import SystemClock
from martlet.kernel.config import Settings, load_keyring, load_settings
from martlet.kernel.crypto import Keyring, new_keyring
from martlet.kernel.errors import Corrupt, Invalid
from martlet.kernel.ids import SeededIds, SystemIds, parse_id
from martlet.kernel.telemetry import configure_logging, mask_event

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.kernel.clock import ManualClock

IDS = SystemIds()
RING = new_keyring(IDS)
PLACE = "owner.phone.7"


@given(st.text(), st.text())
def test_what_is_sealed_opens_at_its_place_and_nowhere_else(plain: str, other: str) -> None:
    sealed = RING.seal(plain, PLACE, IDS)
    assert RING.open(sealed, PLACE) == plain
    if other != PLACE:
        with pytest.raises(Corrupt, match="kernel.sealed_value_unreadable"):
            RING.open(sealed, other)


def test_a_value_moved_to_another_row_does_not_open() -> None:
    sealed = RING.seal("13812345678", "owner.phone.1", IDS)
    with pytest.raises(Corrupt):
        RING.open(sealed, "owner.phone.2")


def test_a_value_that_was_altered_does_not_open() -> None:
    sealed = RING.seal("13812345678", PLACE, IDS)
    last = "1" if sealed.endswith("0") else "0"
    for altered in (sealed[:-1] + last, sealed[:9], "", sealed.upper(), "k9" + sealed[2:]):
        with pytest.raises(Corrupt):
            RING.open(altered, PLACE)


def test_the_same_value_is_never_sealed_twice_alike() -> None:
    assert RING.seal("张三", PLACE, IDS) != RING.seal("张三", PLACE, IDS)


def test_old_values_open_after_a_rotation_and_new_ones_take_the_new_key() -> None:
    old = RING.seal("张三", PLACE, IDS)
    keys = {**RING.sealing_keys, "k2": IDS.secret(32)}
    rotated = replace(RING, sealing_keys=keys, current="k2")
    assert rotated.open(old, PLACE) == "张三"
    new = rotated.seal("张三", PLACE, IDS)
    assert new.startswith("k2:")
    with pytest.raises(Corrupt, match="key_id='k2'"):
        RING.open(new, PLACE)
    assert rotated.blind_index("张三", "name") == RING.blind_index("张三", "name")


def test_a_blind_index_finds_but_does_not_tell() -> None:
    index = RING.blind_index("13812345678", "phone")
    assert index == RING.blind_index("13812345678", "phone")
    assert index != RING.blind_index("13812345678", "card")
    assert index != new_keyring(IDS).blind_index("13812345678", "phone")
    assert "138" not in repr(RING)
    assert RING.index_key.hex() not in repr(RING)


def test_a_keyring_has_whole_keys_and_knows_its_current_one() -> None:
    with pytest.raises(AssertionError):
        Keyring({"k1": b"short"}, "k1", bytes(32))
    with pytest.raises(AssertionError):
        Keyring({"k1": bytes(32)}, "k2", bytes(32))


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "bank")
    made = load_keyring(settings, IDS)
    assert stat.S_IMODE(settings.keys_file.stat().st_mode) == 0o600
    assert load_keyring(settings, IDS) == made
    assert list(settings.home.iterdir()) == [settings.keys_file], "no draft is left behind"


@pytest.mark.parametrize(
    "text", ["", "current = ", "current = 'k1'", "sealing = 3", "index = 'zz'"]
)
def test_keys_that_cannot_be_read_are_never_replaced(tmp_path: Path, text: str) -> None:
    settings = Settings(home=tmp_path)
    settings.keys_file.write_text(text)
    with pytest.raises(Corrupt, match="kernel.keys_unreadable"):
        load_keyring(settings, IDS)
    assert settings.keys_file.read_text() == text


def test_settings_come_from_the_environment_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "martlet.toml").write_text("port = 9000\nhost = '0.0.0.0'\n")
    settings = load_settings({"MARTLET_HOME": str(tmp_path), "MARTLET_PORT": "9001"})
    assert (settings.port, settings.host) == (9001, "0.0.0.0")
    assert settings.url == f"sqlite:///{tmp_path / 'martlet.db'}"
    assert settings.records_folder == tmp_path / "records"
    elsewhere = load_settings({"MARTLET_DATABASE_URL": "postgresql:///bank"}, tmp_path)
    assert elsewhere.url == "postgresql:///bank"


def test_a_setting_that_is_wrong_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="setting_malformed.*port"):
        load_settings({"MARTLET_PORT": "many"}, tmp_path)
    (tmp_path / "martlet.toml").write_text("prot = 9000\n")
    with pytest.raises(Invalid, match="setting_unknown.*prot"):
        load_settings({}, tmp_path)
    (tmp_path / "martlet.toml").write_text("port = \n")
    with pytest.raises(Invalid, match="setting_malformed.*martlet.toml"):
        load_settings({}, tmp_path)


def test_identifiers_grow_and_never_repeat(clock: ManualClock) -> None:
    for source in (SystemIds(), SeededIds(1, clock)):
        made = [source.new() for _ in range(5000)]
        assert made == sorted(made)
        assert len(set(made)) == len(made)
        assert {(each.version, each.variant) for each in made} == {(7, made[0].variant)}


def test_seeded_identifiers_repeat_and_carry_the_clocks_moment(clock: ManualClock) -> None:
    one, same, other = SeededIds(4711, clock), SeededIds(4711, clock), SeededIds(4712, clock)
    assert [one.new() for _ in range(3)] == [same.new() for _ in range(3)]
    assert one.secret() == same.secret() != other.secret()
    assert one.new().int >> 80 == int(clock.now().timestamp() * 1000)
    clock.advance(timedelta(milliseconds=1))
    assert one.new() > same.new() or one.new() > same.new()
    stamp = SystemIds().new().int >> 80
    assert abs(stamp - SystemClock().now().timestamp() * 1000) < 60_000
    assert len(SystemIds().secret(16)) == 16


@pytest.mark.parametrize("text", ["", "7", "not-an-id", None, 5])
def test_an_identifier_from_outside_is_read_or_refused(text: object) -> None:
    with pytest.raises(Invalid, match="kernel.id_unreadable"):
        parse_id(text)
    whole = "01900000-0000-7000-8000-000000000001"
    assert parse_id(whole) == UUID(whole)


def test_a_person_recognises_himself_and_nobody_else_does() -> None:
    assert masking.mask_phone("13812345678") == "138****5678"
    assert masking.mask_phone("1381") == "****"
    assert masking.mask_name("张三丰") == "张**"
    assert masking.mask_name("张") == "*"
    assert masking.mask_number("6222020200001234567") == "****4567"
    assert masking.mask_number("123") == "****"


def test_a_free_text_is_masked_wherever_a_person_shows() -> None:
    text = "张 13812345678, id 11010519491231002X, card 6222020200001234567, key mk_ab.c-d_e"
    assert masking.mask_text(text) == "张 138****5678, id ****002X, card ****4567, key mk_****"
    assert masking.mask_text("order 20260302 of 1381234567") == "order 20260302 of 1381234567"


def test_a_log_line_is_masked_at_the_last_moment(capsys: pytest.CaptureFixture[str]) -> None:
    import structlog

    assert mask_event(None, "info", {"who": "13812345678", "n": 1}) == {
        "who": "138****5678",
        "n": 1,
    }
    configure_logging("info")
    structlog.get_logger().info("called 13812345678", card="6222020200001234567")
    structlog.reset_defaults()
    written = capsys.readouterr()
    assert "138****5678" in written.out + written.err
    assert "6222020200001234567" not in written.out + written.err
