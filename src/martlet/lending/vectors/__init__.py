"""Case files of other lenders and regulators, played through the public API of the room.

Each family has a module with `play(case) -> list[str]`: every string is one difference, none means
passed. Conventions that a case states become fields of the schedule; nothing here knows a case by
its name.
"""

from martlet.lending.vectors.player import FileResult, play_case, play_file

__all__ = ["FileResult", "play_case", "play_file"]
