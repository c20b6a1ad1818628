"""The source tree as data: modules, what each imports, and which of these imports only a type checker follows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
PACKAGES = ("server", "sql", "jobs", "storage")
"""From the outermost layer to the innermost: each may import what stands to its right."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a module: `target` is as it is written, relative ones resolved."""

    target: str
    line: int
    for_typing_only: bool


@dataclass(frozen=True, slots=True)
class Module:
    """A file of the source tree."""

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def package(self) -> str:
        """The top-level package that it is in."""
        return self.name.partition(".")[0]


def modules() -> dict[str, Module]:
    """Every module of the four packages, by name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found[name] = Module(name, path, tree, tuple(_imports(tree, name, is_package=parts[-1] == "__init__")))
    return found


def import_graph(found: Mapping[str, Module]) -> dict[str, set[str]]:
    """Which of our modules each of our modules imports.

    Imports under TYPE_CHECKING count: a cycle that only a type checker sees still means that neither file can be read
    without the other. The one exception is a file named errors.py, which may name the type that an error carries: to
    raise an error is to import it, so that without the exception no error could carry what it is about.
    """
    graph: dict[str, set[str]] = {}
    for module in found.values():
        is_errors = module.path.name == "errors.py"
        graph[module.name] = {
            name
            for imported in module.imports
            if not (is_errors and imported.for_typing_only) and (name := _ours(imported.target, found)) is not None
        } - {module.name}
    return graph


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of modules that import each other, by Tarjan's algorithm."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for target in sorted(graph[name]):
            if target not in index:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], index[target])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                groups.append(sorted(group))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return groups


def _ours(target: str, found: Mapping[str, Module]) -> str | None:
    """The module that `target` names: itself, or the module that the imported name is defined in."""
    if target in found:
        return target
    parent = target.rpartition(".")[0]
    return parent if parent in found else None


def _imports(tree: ast.Module, name: str, *, is_package: bool) -> Iterator[Import]:
    nodes = list(ast.walk(tree))
    for_typing = {
        id(inner)
        for node in nodes
        if isinstance(node, ast.If) and _asks_for_type_checking(node.test)
        for inner in ast.walk(node)
    }
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in for_typing)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*kept, *([base] if base else [])])
            for alias in node.names:
                yield Import(f"{base}.{alias.name}", node.lineno, id(node) in for_typing)


def _asks_for_type_checking(test: ast.expr) -> bool:
    """`TYPE_CHECKING` or `typing.TYPE_CHECKING`."""
    match test:
        case ast.Name("TYPE_CHECKING") | ast.Attribute(ast.Name("typing"), "TYPE_CHECKING"):
            return True
    return False
