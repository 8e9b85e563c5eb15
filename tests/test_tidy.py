"""The house style, held by a test instead of by good will.

Each rule walks the sources that git knows and names the file and line that breaks it.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
LINE_CHARS_MAX = 100
MEDIAN_FILE_LINES_MAX = 200

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc"}
TEXT_SUFFIXES = {
    *(".py", ".md", ".toml", ".po", ".html", ".css", ".js", ".json", ".txt", ".lock", ".in"),
    *(".cfg", ".ini", ".yml", ".yaml", ""),
}
# Written in parts, so that this file does not break its own rule.
HOSTS = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "conda." + "anaconda.org")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/")


@cache
def tracked() -> tuple[Path, ...]:
    """Return every file that git knows or would take, without vendored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if "vendor" not in path.parts and path.is_file())


@cache
def sources() -> tuple[Path, ...]:
    """Return the package's own modules."""
    package = ROOT / "src" / "martlet"
    return tuple(p for p in tracked() if p.suffix == ".py" and p.is_relative_to(package))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def python_files() -> tuple[Path, ...]:
    return tuple(path for path in tracked() if path.suffix == ".py")


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def place(path: Path, line: int = 1) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def none_of(breaches: list[str]) -> None:
    assert not breaches, "\n" + "\n".join(sorted(breaches))


def test_no_file_is_longer_than_a_reader_holds_in_mind() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    none_of([f"{place(p)} has {n} lines" for p, n in lengths.items() if n > FILE_LINES_MAX])
    median = statistics.median(lengths[path] for path in sources())
    assert median <= MEDIAN_FILE_LINES_MAX, f"the median module has {median} lines"


def test_every_function_fits_on_one_screen() -> None:
    breaches = []
    for path in python_files():
        for function in functions(path):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > FUNCTION_LINES_MAX:
                breaches.append(f"{place(path, function.lineno)} {function.name}: {length} lines")
    none_of(breaches)


def test_no_line_is_wider_than_the_page() -> None:
    """But for tables of figures in a docstring and statements written by the migration tool."""
    none_of(
        [
            place(path, number)
            for path in python_files()
            if "versions" not in path.parts and "# noqa: E501" not in path.read_text("utf-8")
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > LINE_CHARS_MAX and "noqa" not in line
        ]
    )


def test_nothing_is_left_for_later_without_a_decision_on_record() -> None:
    marks = re.compile(r"\b(?:" + "TO" + "DO|" + "FIX" + "ME|" + "XX" + r"X)\b")
    breaches = []
    for path in tracked():
        if path.suffix not in {".py", ".js", ".html", ".toml", ".po"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if marks.search(line) and not re.search(r"ADR-\d{4}", line):
                breaches.append(place(path, number))
    none_of(breaches)


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [
        node
        for node in function.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        and not isinstance(node, ast.Pass)
    ]
    if not body:
        return True
    raised = body[0].exc if isinstance(body[0], ast.Raise) else None
    name = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(name, ast.Name) and name.id == "NotImplementedError"


def _protocol_methods(tree: ast.Module) -> set[ast.AST]:
    methods: set[ast.AST] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases}
        if "Protocol" in bases:
            methods.update(node.body)
    return methods


def test_nothing_only_pretends_to_be_there() -> None:
    breaches = []
    for path in sources():
        promised = _protocol_methods(parsed(path))
        breaches += [
            f"{place(path, function.lineno)} {function.name} is a stub"
            for function in functions(path)
            if function not in promised
            and function.name != "__enter__"
            and _is_stub(function)
            and not any("overload" in ast.unparse(d) for d in function.decorator_list)
        ]
    none_of(breaches)


def test_modules_are_named_after_what_they_are_about() -> None:
    none_of(
        [
            place(path)
            for path in python_files()
            if FORBIDDEN_NAMES & set(re.split(r"[_\W]+", path.stem))
        ]
    )


def test_every_module_says_what_it_is() -> None:
    none_of([place(path) for path in sources() if not ast.get_docstring(parsed(path))])


def test_test_modules_have_names_of_their_own() -> None:
    names = [path.name for path in python_files() if path.name.startswith("test_")]
    none_of([name for name in names if names.count(name) > 1])


def test_no_file_knows_a_machine_or_a_package_host() -> None:
    none_of(
        [
            place(path, number)
            for path in tracked()
            if path.suffix in TEXT_SUFFIXES
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
            if any(host in line for host in HOSTS) or MACHINE_PATHS.search(line)
        ]
    )


def _calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
        if name in names:
            yield node


@pytest.mark.parametrize("name", ["with_for_update", "notify", "pg_advisory_lock"])
def test_no_statement_means_something_on_one_database_only(name: str) -> None:
    """`with_for_update` vanishes on SQLite: a guard is a conditional UPDATE instead."""
    none_of([place(path, call.lineno) for path in sources() for call in _calls(parsed(path), name)])


def _tables_with_tenants() -> set[str]:
    names = set()
    for path in sources():
        if path.name != "tables.py":
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Assign) and "'tenant_id'" in ast.unparse(node.value):
                names.update(t.id for t in node.targets if isinstance(t, ast.Name))
    return names


def _imported_tables(tree: ast.Module) -> set[str]:
    """Return the names under which a module knows tables that belong to tenants."""
    tables = _tables_with_tenants()
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("tables"):
            for alias in node.names:
                if alias.name in tables:
                    known.add(alias.asname or alias.name)
                elif alias.name == "tables":
                    known.add("tables")
    return known


def _unscoped(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    tables = _imported_tables(parsed(path))
    for function in functions(path):
        body = ast.get_source_segment(text, function) or ""
        if "tenant" in body or "principal" in body:
            continue
        for call in _calls(function, "select", "update", "delete"):
            used = {n.id for a in call.args for n in ast.walk(a) if isinstance(n, ast.Name)}
            if isinstance(call.func, ast.Name) and used & tables:
                yield f"{place(path, call.lineno)} {function.name}"


def test_every_statement_stays_inside_its_tenant() -> None:
    """A function that reads or changes a tenant's table names the tenant, or says why all of them.

    The exception is written as a comment inside the function: `# all tenants: <reason>`.
    """
    none_of([breach for path in sources() for breach in _unscoped(path)])


def _is_fraction(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Div()) | ast.Constant(value=float()):
            return True
        case ast.Call(func=ast.Name(id="float" | "round")):
            return True
    return False


def _amount_assignments(tree: ast.Module) -> Iterator[tuple[int, str, ast.AST]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            targets = [node.target]
        elif isinstance(node, ast.keyword) and node.arg:
            if node.arg.endswith(("_fen", "_ticks")):
                yield node.value.lineno, node.arg, node.value
            continue
        else:
            continue
        for target in targets:
            name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
            if name.endswith(("_fen", "_ticks")) and node.value is not None:
                yield node.lineno, name, node.value


def test_no_float_touches_an_amount() -> None:
    """What is called fen or ticks comes from whole numbers; `kernel.rounding` divides them."""
    none_of(
        [
            f"{place(path, line)} {name}"
            for path in sources()
            for line, name, value in _amount_assignments(parsed(path))
            if any(_is_fraction(node) for node in ast.walk(value))
        ]
    )
