"""Settings: where the bank lives and which database it keeps. Read once, at the rim.

From the environment (`MARTLET_HOME`, `MARTLET_DATABASE_URL`, …) over `martlet.toml` in the home
folder over the defaults. The keys live in `keys.toml` in the home folder, readable by its owner
only.
"""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.kernel.crypto import Keyring, new_keyring
from martlet.kernel.errors import Corrupt, Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.kernel.ids import IdSource


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two installations."""

    home: Path
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8310
    log_level: str = "info"
    commit_wait_ms: int = 2
    """How long the writer waits for company before a commit (group commit)."""
    llm_base_url: str = ""
    """An OpenAI-compatible endpoint, such as http://127.0.0.1:8080/v1; none by default."""
    llm_model: str = ""
    llm_key: str = field(default="", repr=False)
    llm_timeout_ms: int = 60_000
    llm_concurrent: int = 4
    """Questions under way at once."""
    llm_budget_tokens: int = 2_000_000
    """Tokens that one run of a command may spend."""
    llm_budget_fen: int = 1_000
    """Money that one run may spend, at the prices below."""
    llm_input_fen_per_million_tokens: int = 0
    llm_output_fen_per_million_tokens: int = 0

    @property
    def url(self) -> str:
        """The database's URL; by default a SQLite file in the home folder."""
        return self.database_url or f"sqlite:///{self.home / 'martlet.db'}"

    @property
    def records_folder(self) -> Path:
        """Where raw records lie as Parquet."""
        return self.home / "records"

    @property
    def keys_file(self) -> Path:
        """Where the sealing keys lie."""
        return self.home / "keys.toml"


def load_settings(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """Read the settings; an unknown or malformed one is refused by name."""
    chosen = home or Path(environment.get("MARTLET_HOME", "var/martlet"))
    values: dict[str, object] = {}
    file = chosen / "martlet.toml"
    if file.exists():
        try:
            values.update(tomllib.loads(file.read_text(encoding="utf-8")))
        except ValueError as error:
            raise Invalid("kernel.setting_malformed", setting=file.name) from error
    known = {one.name: one.type for one in fields(Settings) if one.name != "home"}
    for name in known:
        if (given := environment.get(f"MARTLET_{name.upper()}")) is not None:
            values[name] = given
    for name, value in values.items():
        if name not in known:
            raise Invalid("kernel.setting_unknown", setting=name)
        if known[name] == "int":
            try:
                values[name] = int(str(value))
            except ValueError as error:
                raise Invalid("kernel.setting_malformed", setting=name) from error
    return Settings(home=chosen, **values)  # type: ignore[arg-type] # checked just above


def load_keyring(settings: Settings, ids: IdSource) -> Keyring:
    """Read the keys, or make them on the first run (readable by their owner only)."""
    path = settings.keys_file
    if not path.exists():
        _write_once(path, _keys_text(new_keyring(ids)))
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
        sealing = {name: bytes.fromhex(key) for name, key in stored["sealing"].items()}
        return Keyring(sealing, stored["current"], bytes.fromhex(stored["index"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise Corrupt(
            "kernel.keys_unreadable", path=str(path), reason=type(error).__name__
        ) from error


def _keys_text(ring: Keyring) -> str:
    lines = [f'current = "{ring.current}"', f'index = "{ring.index_key.hex()}"', "[sealing]"]
    lines += [f'{name} = "{key.hex()}"' for name, key in ring.sealing_keys.items()]
    return "\n".join(lines) + "\n"


def _write_once(path: Path, text: str) -> None:
    """Write a file whole and onto the disk, or leave the one that another process just made.

    A lost or half-written key would leave every sealed value closed for ever.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
