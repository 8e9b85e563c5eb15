"""`martlet supplychain resolve`: names that people write → firms of a register; opens no bank."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.reading import choice
from martlet.cli.words import LANGUAGE, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.names import Answer

PROPOSED_AT_ONCE = 500
"""Merges put into the queue by one command."""

RegisterOption = Annotated[
    Path,
    typer.Option(help=say("The register: register_id, name (CSV)."), exists=True, dir_okay=False),
]
PerFirmOption = Annotated[
    str, typer.Option(help=say("Names that a firm has among pairs and names: auto, one, many."))
]
ThresholdOption = Annotated[
    float, typer.Option(help=say("Least probability at which a firm is named."), min=0, max=1)
]


def resolve(
    names: Annotated[
        Path,
        typer.Option(help=say("Names to find: query_id, name (CSV)."), exists=True, dir_okay=False),
    ],
    register: RegisterOption,
    out: Annotated[
        Path, typer.Option(help=say("Where matches go: query_id, register_id, probability."))
    ],
    known: Annotated[
        Path | None,
        typer.Option(
            help=say("Confirmed pairs to learn from: name, register_id (CSV)."),
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option(help=say("Where the best candidates and their reasons go."))
    ] = None,
    threshold: ThresholdOption = 0.5,
    always: Annotated[
        bool, typer.Option("--always", help=say("Name the best candidate, however unlikely."))
    ] = False,
    unknown_share: Annotated[
        float | None,
        typer.Option(
            help=say("Share of names whose firm is not in the register; else estimated."),
            min=0,
            max=1,
        ),
    ] = None,
    names_per_firm: PerFirmOption = "auto",
    propose: Annotated[
        bool, typer.Option("--propose", help=say("Put the merges into the bank's review queue."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a match or a blank for each name, and show how many of each."""
    from time import process_time

    from martlet.supplychain import names as room

    setting = room.Setting(
        threshold, always, unknown_share, choice(room.NamesPerFirm, names_per_firm)
    )
    files = room.Files(names, register, known, out, candidates)
    report, answers = room.resolve_files(files, setting, LANGUAGE, process_time)
    if propose:
        _propose(answers)
    show(report, as_json=as_json)
    if as_json:
        return
    if report.names_twice_count:
        note(say("Names that several firms of the register carry are never chosen between."))
    if report.one_name_per_firm:
        note(say("Each firm is taken to have one name; otherwise say --names-per-firm many."))
    note(say("A blank register_id is an abstention; --candidates tells the best and why."))


def _propose(answers: Sequence[Answer]) -> None:
    """Propose the merges of what was named; a person decides, and may undo, each of them."""
    from martlet.cli.session import open_session
    from martlet.supplychain import names as room

    with open_session() as session:
        merges = room.merges_of(answers, session.bank.clock.now())
        for begin in range(0, len(merges), PROPOSED_AT_ONCE):
            part = merges[begin : begin + PROPOSED_AT_ONCE]
            key = str(session.bank.ids.new())
            session.bank.supplychain.propose(session.principal, key, part)


def link_records(
    left: Annotated[Path, typer.Option(help=say("Records (CSV)."), exists=True, dir_okay=False)],
    right: Annotated[
        Path,
        typer.Option(help=say("Records of another source (CSV)."), exists=True, dir_okay=False),
    ],
    out: Annotated[
        Path, typer.Option(help=say("Where links go: left_id, right_id, probability, reason."))
    ],
    identifier: Annotated[
        str, typer.Option("--id", help=say("The identifier's column; the first without it."))
    ] = "",
    key: Annotated[
        list[str] | None,
        typer.Option(help=say("A column whose equality alone makes a link; may be repeated.")),
    ] = None,
    kinds: Annotated[
        str,
        typer.Option(
            help=say("Kinds of columns that are not to be guessed: born=date,town=class,…")
        ),
    ] = "",
    threshold: ThresholdOption = 0.5,
    as_json: JsonOption = False,
) -> None:
    """Link two files of records, one to one, and show how many were linked and by what."""
    from martlet.supplychain import names as room

    given = {}
    for part in filter(None, kinds.split(",")):
        column, _, kind = part.partition("=")
        given[column.strip().lower()] = choice(room.ColumnKind, kind.strip())
    keys = tuple(one.strip().lower() for one in key or ())
    files = room.RecordFiles(left, right, out, identifier, keys, given)
    show(room.link_files(files, threshold, LANGUAGE), as_json=as_json)


def evaluate_names(
    register: RegisterOption,
    known: Annotated[
        Path,
        typer.Option(
            help=say("Confirmed pairs to test on: name, register_id (CSV)."),
            exists=True,
            dir_okay=False,
        ),
    ],
    names: Annotated[
        Path | None,
        typer.Option(
            help=say("Test only these of the pairs: query_id, name (CSV)."),
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    folds: Annotated[int, typer.Option(help=say("Parts of cross-validation."), min=2, max=20)] = 5,
    draws: Annotated[
        int, typer.Option(help=say("How often halves are taken out."), min=1, max=20)
    ] = 1,
    seed: Annotated[int, typer.Option(help=say("The draw's seed."), min=0)] = 0,
    threshold: ThresholdOption = 0.5,
    names_per_firm: PerFirmOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Show how well names are resolved: firms all known, and half of them unknown."""
    from time import process_time

    from martlet.supplychain import names as room

    setting = room.Setting(
        threshold=threshold, names_per_firm=choice(room.NamesPerFirm, names_per_firm)
    )
    only = None
    if names is not None:
        only = frozenset(room.query_key(one.name) for one in room.read_asked(names))
    report = room.evaluate(
        room.read_register(register),
        room.read_confirmed(known),
        setting,
        room.Protocol(folds, draws, seed, only),
        process_time,
    )
    show(report, as_json=as_json)


COMMANDS = (
    ("link-records", link_records, say("Link records of several fields, without labels.")),
    ("resolve", resolve, say("Find the registered firms that names mean, or leave them blank.")),
    ("evaluate-names", evaluate_names, say("Cross-validate the matcher of names on known pairs.")),
)
"""Each command's name, what carries it out, and its line of help."""
