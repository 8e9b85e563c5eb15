"""The formats that can be read: one small TOML file each, beside this module.

A new export of a bank or a platform is a new file here, not new code. `README.md` explains the
fields.
"""

from martlet.records.formats.spec import FORMATS, Format, format_named

__all__ = ["FORMATS", "Format", "format_named"]
