"""`martlet supplychain resolve`: names that people write → firms of a register; opens no bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.reading import choice
from martlet.cli.words import LANGUAGE, say

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
    as_json: JsonOption = False,
) -> None:
    """Write a match or a blank for each name, and show how many of each."""
    from time import process_time

    from martlet.supplychain import names as room

    setting = room.Setting(
        threshold, always, unknown_share, choice(room.NamesPerFirm, names_per_firm)
    )
    files = room.Files(names, register, known, out, candidates)
    report = room.resolve_files(files, setting, LANGUAGE, process_time)
    show(report, as_json=as_json)
    if as_json:
        return
    if report.names_twice_count:
        note(say("Names that several firms of the register carry are never chosen between."))
    if report.one_name_per_firm:
        note(say("Each firm is taken to have one name; otherwise say --names-per-firm many."))
    note(say("A blank register_id is an abstention; --candidates tells the best and why."))


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
    ("resolve", resolve, say("Find the registered firms that names mean, or leave them blank.")),
    ("evaluate-names", evaluate_names, say("Cross-validate the matcher of names on known pairs.")),
)
"""Each command's name, what carries it out, and its line of help."""
