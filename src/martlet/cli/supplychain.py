"""`martlet supplychain`: a firm's place in its chain. Names, facts and links open no bank."""

from __future__ import annotations

from martlet.cli import (
    chain_chains,
    chain_facts,
    chain_firm_links,
    chain_graph,
    chain_line,
    chain_links,
    chain_names,
    chain_shock,
    chain_training,
    chain_whole,
)
from martlet.cli.options import group

app = group()
app.callback()(lambda: None)
"""The group's commands stand in modules `chain_*`, each of which adds its own."""

for _name, _command, _help in (
    *chain_chains.COMMANDS,
    *chain_facts.COMMANDS,
    *chain_firm_links.COMMANDS,
    *chain_graph.COMMANDS,
    *chain_line.COMMANDS,
    *chain_links.COMMANDS,
    *chain_names.COMMANDS,
    *chain_shock.COMMANDS,
    *chain_training.COMMANDS,
    *chain_whole.COMMANDS,
):
    app.command(_name, help=_help)(_command)
