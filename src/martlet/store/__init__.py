"""The vault: one way to write (a command, in one transaction, on the record) and one way to read.

Works on SQLite (the default) and PostgreSQL with the same promises: a command that was answered
survives a crash of the process and of the machine; it is carried out once however often it is
sent; its events and its audit entry are in the same commit, chained by hash.
"""

from martlet.store.chain import ChainEntry, read_chain, verify_chain
from martlet.store.command import Answer, Command, watch_replays
from martlet.store.database import Database, Reading, Snapshots, open_database
from martlet.store.jobs import Job, JobReport, Progress, do_step, read_job, run_job
from martlet.store.prepared import Prepared, PreparedOfSome
from martlet.store.transaction import Transaction

__all__ = [
    "Answer",
    "ChainEntry",
    "Command",
    "Database",
    "Job",
    "JobReport",
    "Prepared",
    "PreparedOfSome",
    "Progress",
    "Reading",
    "Snapshots",
    "Transaction",
    "do_step",
    "open_database",
    "read_chain",
    "read_job",
    "run_job",
    "verify_chain",
    "watch_replays",
]
