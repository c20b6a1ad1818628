"""The rules of design.md and style.md that a program can check."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from pathlib import PurePath

import pytest

from tests.architecture import PACKAGES, ROOT, Module, cycles, import_graph, modules

LINES_LIMIT = 400

DRIVERS = {
    "rocksdict": {"storage.kv"},
    "duckdb": {"sql.engine", "sql.duckdb_connection", "sql.duckdb_errors"},
}
"""Third-party libraries that one part wraps, and the modules that are that part."""

IO_MODULES = {"asyncio", "socket", "ssl", "select", "selectors", "threading", "subprocess"}


@pytest.fixture(scope="module")
def sources() -> dict[str, Module]:
    """Every module: read here, as whoever collects tests need not wait for it."""
    return modules()


def places(found: list[tuple[Module, int]]) -> str:
    """Where something was found, one place a line."""
    return "\n".join(f"{module.path.relative_to(ROOT)}:{line}" for module, line in found)


def test_layers_point_one_way(sources: dict[str, Module]) -> None:
    """`server → sql → jobs → storage`: each imports only what stands to its right, types included."""
    wrong = [
        (module, imported.line)
        for module in sources.values()
        for imported in module.imports
        if imported.target.partition(".")[0] in PACKAGES
        and PACKAGES.index(imported.target.partition(".")[0]) < PACKAGES.index(module.package)
    ]
    assert not wrong, places(wrong)


def test_no_modules_import_each_other(sources: dict[str, Module]) -> None:
    """No cycles, nor any hidden under TYPE_CHECKING; see `import_graph` for the one exception."""
    graph = import_graph(sources)
    circles = [
        f"{name} imports {', '.join(sorted(graph[name].intersection(group)))}"
        for group in cycles(graph)
        for name in group
    ]
    assert not circles, "\n".join(circles)


def test_the_protocol_is_sans_io(sources: dict[str, Module]) -> None:
    """`server/protocol` imports the standard library and itself only, does no I/O and waits for nothing."""
    wrong = []
    for module in sources.values():
        if not module.name.startswith("server.protocol"):
            continue
        for imported in module.imports:
            top = imported.target.partition(".")[0]
            if imported.target.startswith("server.protocol"):
                continue
            if top not in sys.stdlib_module_names or top in IO_MODULES:
                wrong.append((module, imported.line))
        wrong += [
            (module, node.lineno)
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Await | ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith)
        ]
    assert not wrong, places(wrong)


@pytest.mark.parametrize("library", DRIVERS)
def test_a_driver_is_imported_by_the_part_that_wraps_it(sources: dict[str, Module], library: str) -> None:
    """RocksDB is behind `storage/kv.py` and DuckDB behind the engine, so that either can be replaced in one place."""
    wrong = [
        (module, imported.line)
        for module in sources.values()
        for imported in module.imports
        if imported.target.partition(".")[0] == library and module.name not in DRIVERS[library]
    ]
    assert not wrong, places(wrong)


def test_no_module_imports_tests_or_benchmarks(sources: dict[str, Module]) -> None:
    """The product stands without them."""
    wrong = [
        (module, imported.line)
        for module in sources.values()
        for imported in module.imports
        if imported.target.partition(".")[0] in ("tests", "benchmarks")
    ]
    assert not wrong, places(wrong)


def test_no_file_is_long() -> None:
    """A file is one noun of the field: at most 400 lines, tests and benchmarks included."""
    folders = [*PACKAGES, "tests", "benchmarks"]
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    long = {
        str(path.relative_to(ROOT)): count
        for path in files
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LINES_LIMIT
    }
    assert files
    assert not long


def test_every_package_tells_what_it_is(sources: dict[str, Module]) -> None:
    """The docstring of a package is its tour; a folder of modules is a package."""
    folders = {module.path.parent for module in sources.values()}
    silent = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
    ]
    assert not silent


def test_every_module_tells_what_it_is(sources: dict[str, Module]) -> None:
    """Each file starts with what it holds."""
    silent = [str(module.path.relative_to(ROOT)) for module in sources.values() if not ast.get_docstring(module.tree)]
    assert not silent


def test_no_state_hides_in_modules(sources: dict[str, Module]) -> None:
    """State has one owner: no `global` statement anywhere."""
    wrong = [
        (module, node.lineno)
        for module in sources.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global)
    ]
    assert not wrong, places(wrong)


def test_only_app_builds(sources: dict[str, Module]) -> None:
    """Only `server/app.py` knows storage, jobs and the SQL engine together."""
    wiring = {"storage.engine", "jobs.asyncio_manager", "sql.engine"}
    graph = import_graph(sources)
    builders = [name for name, targets in graph.items() if wiring <= targets]
    assert set(builders) <= {"server.app"}


def test_every_error_has_an_sqlstate(sources: dict[str, Module]) -> None:
    """Each error of a module errors.py is in the one table of `server/errors.py`, or a class above it has a real code.

    `Blocked`, `RowChanged`, `NotCached` and `NumbersNotReserved` reach no client: who catches them runs it again.
    """
    errors = importlib.import_module("server.errors")
    named = {error for error, code in errors.SQLSTATES.items() if code != errors.INTERNAL_ERROR}
    lost = []
    for name in sources:
        if PurePath(name.replace(".", "/")).name != "errors" or name.startswith("server"):
            continue
        for error in vars(importlib.import_module(name)).values():
            is_ours = inspect.isclass(error) and error.__module__ == name and issubclass(error, Exception)
            if is_ours and error not in errors.SQLSTATES and not named.intersection(error.__mro__):
                lost.append(f"{name}.{error.__name__}")
    assert set(lost) <= {
        f"storage.errors.{name}"
        for name in ("Blocked", "RowChanged", "DefinitionChanged", "NotCached", "NumbersNotReserved")
    }
