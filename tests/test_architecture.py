"""The rooms and the one direction of their imports (see CONTRIBUTING.md), checked on the source itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "vision"

FLOW = ("config", "sources", "detect", "scene", "rules", "cases", "evidence", "publish")
"""The rooms a frame passes through; each may import itself and the rooms before it."""

ABOVE = ("runtime", "simulate", "console", "evaluate", "dataset", "fleet", "cli")
"""What puts the rooms to use. May import all of FLOW and one another, without a circle; nobody imports `cli`."""

MAX_LINES = 400

FORBIDDEN_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "core"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room a module lies in; empty for `vision/__init__.py` and `vision/__main__.py`."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def imported_rooms(source: str, package: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """(line, room) of every import of ours, at any depth of the code, under TYPE_CHECKING too.

    `package` is the package the source lies in, e.g. `("vision", "scene")`; relative imports count from it.
    """
    for node in ast.walk(ast.parse(source)):
        names: list[tuple[str, ...]] = []
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            # `from vision import cases` names the room only in what it imports.
            names = [(*module, alias.name) for alias in node.names] if len(module) == 1 else [module]
        for name in names:
            if name[0] == "vision" and len(name) > 1 and (PACKAGE / name[1]).is_dir():
                yield node.lineno, name[1]


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    package = ("vision", *path.relative_to(PACKAGE).parts[:-1])
    return imported_rooms(path.read_text(encoding="utf-8"), package)


def may_import(room: str, other: str) -> bool:
    if room == other:
        return True
    if room in FLOW:
        return other in FLOW[: FLOW.index(room)]
    if room in ABOVE:
        return other in FLOW or (other in ABOVE and other != "cli")
    # vision/__init__.py imports no room, so that `import vision` stays cheap; vision/__main__.py starts the program.
    return other == "cli"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_with_the_flow(path: Path) -> None:
    room = room_of(path)
    against = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: vision.{room} must not import vision.{other}"
        for line, other in imports_of(path)
        if not may_import(room, other)
    ]
    assert not against, "\n".join(against)


def test_rooms_above_the_flow_import_one_another_without_a_circle() -> None:
    graph: dict[str, set[str]] = {room: set() for room in ABOVE}
    for path in MODULES:
        if room_of(path) in ABOVE:
            graph[room_of(path)] |= {other for _, other in imports_of(path) if other in ABOVE} - {room_of(path)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these rooms import one another in a circle: {' → '.join(error.args[1])}")


def test_every_folder_of_the_package_is_a_known_room() -> None:
    rooms = {room_of(path) for path in MODULES} - {""}
    unknown = rooms - set(FLOW) - set(ABOVE)
    assert not unknown, f"new rooms {sorted(unknown)}: give them their place in FLOW or ABOVE, and in CONTRIBUTING.md"


def test_no_module_is_longer_than_a_person_reads_at_once() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = [f"{path.relative_to(PACKAGE.parent)}: {n} lines" for path, n in lengths.items() if n > MAX_LINES]
    assert not long, f"more than {MAX_LINES} lines; split by concern: {long}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    names = [path for path in MODULES if {path.stem.strip("_"), path.parent.name} & FORBIDDEN_NAMES]
    assert not names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import vision.cases", {"cases"}),
        ("import vision.cases.event as event", {"cases"}),
        ("from vision import cases, rules", {"cases", "rules"}),
        ("from vision.cases import event", {"cases"}),
        ("from ..cases.event import CaseEvent", {"cases"}),
        ("from .. import cases", {"cases"}),
        ("from . import tracking", {"scene"}),
        ("def late():\n    from vision.publish import outbox", {"publish"}),
        ("if TYPE_CHECKING:\n    import vision.cli", {"cli"}),
        ("import numpy\nfrom vision import __version__\nfrom visionary.cases import x", set()),
    ],
)
def test_imports_are_seen_however_they_are_written(source: str, expected: set[str]) -> None:
    assert {room for _, room in imported_rooms(source, ("vision", "scene"))} == expected


def test_the_rule_itself_forbids_what_it_should() -> None:
    assert may_import("scene", "detect")
    assert may_import("runtime", "publish")
    assert not may_import("detect", "scene")
    assert not may_import("publish", "runtime")
    assert not may_import("evaluate", "cli")
    assert not may_import("", "config")
