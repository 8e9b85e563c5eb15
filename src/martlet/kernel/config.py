"""Settings: where the bank lives and which database it keeps. Read once, at the rim.

From the environment (`MARTLET_HOME`, `MARTLET_DATABASE_URL`, …) over `martlet.toml` in the home
folder over the defaults. The keys live in `keys.toml` in the home folder, readable by its owner
only.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.kernel.crypto import Keyring, new_keyring
from martlet.kernel.errors import Invalid

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
        values.update(tomllib.loads(file.read_text(encoding="utf-8")))
    known = {field.name: field.type for field in fields(Settings) if field.name != "home"}
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
    """Read the keys, or make them on the first run (file mode 600)."""
    path = settings.keys_file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        ring = new_keyring(ids)
        lines = [f'current = "{ring.current}"', f'index = "{ring.index_key.hex()}"', "[sealing]"]
        lines += [f'{name} = "{key.hex()}"' for name, key in ring.sealing_keys.items()]
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return ring
    stored = tomllib.loads(path.read_text(encoding="utf-8"))
    sealing = {name: bytes.fromhex(key) for name, key in stored["sealing"].items()}
    return Keyring(sealing, stored["current"], bytes.fromhex(stored["index"]))
