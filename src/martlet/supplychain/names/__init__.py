"""Names: what people write → firms of a register, with a probability, a reason, or a blank.

Short names ("铁汉生态") are read as abbreviations of registered ones by habits that confirmed pairs
teach; a wrong merge gives one firm another's orders, so what is not likelier than the threshold is
left blank. A name is only ever a string.
"""

from martlet.supplychain.names.evaluation import Evaluated, Protocol, Scores, evaluate
from martlet.supplychain.names.linking import Link, link_records
from martlet.supplychain.names.matching import Directory, Matcher
from martlet.supplychain.names.merging import merges_of, told
from martlet.supplychain.names.model import (
    Abstention,
    Answer,
    Asked,
    Candidate,
    Confirmed,
    Ground,
    NamesPerFirm,
    Reason,
    Registered,
    Setting,
)
from martlet.supplychain.names.reading import read_asked, read_confirmed, read_register
from martlet.supplychain.names.record_columns import ColumnKind, Records, read_records
from martlet.supplychain.names.record_files import Linked, RecordFiles, link_files
from martlet.supplychain.names.resolving import Files, Resolved, resolve_files
from martlet.supplychain.names.writing import query_key

__all__ = [
    "Abstention",
    "Answer",
    "Asked",
    "Candidate",
    "ColumnKind",
    "Confirmed",
    "Directory",
    "Evaluated",
    "Files",
    "Ground",
    "Link",
    "Linked",
    "Matcher",
    "NamesPerFirm",
    "Protocol",
    "Reason",
    "RecordFiles",
    "Records",
    "Registered",
    "Resolved",
    "Scores",
    "Setting",
    "evaluate",
    "link_files",
    "link_records",
    "merges_of",
    "query_key",
    "read_asked",
    "read_confirmed",
    "read_records",
    "read_register",
    "resolve_files",
    "told",
]
