"""Files in, files out: a list of names and a register become a list of matches.

The invariant: every query of the file has one row in the answer, in its order; a blank identifier
is an abstention, its reason stands in the candidates' file, and nothing else is written.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.i18n import explain
from martlet.supplychain.names.limits import CANDIDATES_SHOWN_MAX
from martlet.supplychain.names.matching import Directory, Matcher
from martlet.supplychain.names.merging import told
from martlet.supplychain.names.reading import read_asked, read_confirmed, read_register

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from martlet.kernel.i18n import Locale
    from martlet.supplychain.names.model import Answer, Setting


@dataclass(frozen=True, slots=True)
class Files:
    """Where names, register and confirmed pairs are read and matches are written."""

    names: Path
    register: Path
    known: Path | None
    out: Path
    candidates: Path | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was done with a file of names."""

    queries_count: int
    named_count: int
    abstained: dict[str, int]
    """How many names were left blank, by reason."""
    registered_count: int
    names_twice_count: int
    confirmed_count: int
    confirmed_left_count: int
    """Confirmed pairs whose firm is not in the register."""
    learnt_count: int
    one_name_per_firm: bool
    unknown_share: float | None
    """Share of short names whose firm the register seems to lack."""
    calibration_error: float | None
    learn_cpu_seconds: float
    query_cpu_ms: float
    setting: Setting

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        told = {name: getattr(self, name) for name in self.__slots__ if name != "setting"}
        for name, digits in (
            ("unknown_share", 4),
            ("calibration_error", 5),
            ("learn_cpu_seconds", 3),
            ("query_cpu_ms", 3),
        ):
            told[name] = None if told[name] is None else round(told[name], digits)
        return self.setting.as_json() | told


def resolve_files(
    files: Files, setting: Setting, locale: Locale, cpu: Callable[[], float]
) -> tuple[Resolved, list[Answer]]:
    """Resolve a file of names and write the matches; `cpu` tells CPU seconds so far."""
    asked = read_asked(files.names)
    registered = read_register(files.register)
    confirmed = read_confirmed(files.known) if files.known else []
    began = cpu()
    directory = Directory(registered)
    matcher = Matcher.of(directory, confirmed, setting)
    learnt = cpu()
    answers = matcher.resolve(asked, setting)
    answered = cpu()
    _write_matches(files.out, answers)
    if files.candidates is not None:
        _write_candidates(files.candidates, answers, locale)
    report = Resolved(
        queries_count=len(answers),
        named_count=sum(answer.register_id is not None for answer in answers),
        abstained=dict(Counter(answer.abstention.value for answer in answers if answer.abstention)),
        registered_count=len(registered),
        names_twice_count=directory.names_twice(),
        confirmed_count=len(confirmed),
        confirmed_left_count=matcher.known.left_count,
        learnt_count=matcher.brain.learnt_pairs,
        one_name_per_firm=matcher.known.one_name,
        unknown_share=matcher.unknown_share,
        calibration_error=matcher.brain.calibration_error,
        learn_cpu_seconds=learnt - began,
        query_cpu_ms=1000 * (answered - learnt) / max(len(answers), 1),
        setting=setting,
    )
    return report, answers


def _write_matches(path: Path, answers: Sequence[Answer]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["query_id", "register_id", "probability"])
        for answer in answers:
            named = answer.register_id if answer.register_id is not None else ""
            writer.writerow([answer.query_id, named, f"{answer.probability:.6f}"])


def _write_candidates(path: Path, answers: Sequence[Answer], locale: Locale) -> None:
    columns = ["query_id", "name", "rank", "register_id", "registered_name", "probability"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "named", "ground", "abstention", "reason"])
        for answer in answers:
            why = answer.abstention.value if answer.abstention else ""
            if not answer.candidates:
                reason = explain(f"names.abstained_{why}", {}, locale)
                row = [answer.query_id, answer.asked, 0, "", "", "0.000000"]
                writer.writerow([*row, "no", answer.ground.value, why, reason])
            for rank, one in enumerate(answer.candidates[:CANDIDATES_SHOWN_MAX], 1):
                chance = f"{one.probability:.6f}"
                row = [answer.query_id, answer.asked, rank, one.register_id, one.name, chance]
                named = "yes" if one.register_id == answer.register_id else "no"
                reason = told(one, locale)
                if rank == 1 and why:
                    reason = f"{explain(f'names.abstained_{why}', {}, locale)} {reason}"
                writer.writerow([*row, named, answer.ground.value, why, reason])
