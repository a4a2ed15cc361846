"""Put small faults into the code, one at a time, and see whether the tests notice: `make mutants`.

Four kinds of fault, after the operators of mutation testing that find most (Offutt et al., "An
experimental determination of sufficient mutant operators", ACM TOSEM 5, 1996): a comparison or an
operator is turned, a constant moves by a fifth, a statement is dropped, a branch is swapped. Each
goes into a copy of the project, in which the tests of the room that run the broken line are run,
the quickest first. First comes the share of each room that its own tests run, by lines and
branches; then a line for each fault says whether they noticed, with file and line; then the counts.
"""

from __future__ import annotations

import argparse
import ast
import collections
import concurrent.futures
import dataclasses
import gc
import io
import multiprocessing
import os
import pickle
import queue
import random
import re
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("measures", "fusion", "monitor", "devices")
COPIED = ("fatigue_ros", "test", "config", "launch", "docs", "msg", "srv", "firmware", "scripts")
BUDGET = 20.0  # [s] of tests for one fault, the quickest first
LIMIT = 10.0  # times what the tests take without a fault: it may make them wait for ever
START = 20.0  # [s] beside it, for a process to begin on a busy machine
STREAMS = "12"  # of the adversary, which has its own number in make test
# What is not ours is imported once, and every process of tests is a fork of that one.
IMPORTED = ["pytest", "hypothesis.strategies", "numpy", "scipy.signal", "can", "cv2", "rclpy"]
IMPORTED += ["platformdirs", "http.server", "statistics", "yaml", "faulthandler", "pdb"]
Lines = dict[str, dict[int, set[str]]]
_STEP = 1.2
_LATE = "(too long) "
_TURNED: dict[type[ast.AST], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.And: "or",
    ast.Or: "and",
}


@dataclasses.dataclass(frozen=True, order=True)
class Mutation:
    """A fault that one place of a file can have.

    Attributes:
        path: the file.
        line: number of the line, from 1.
        start: where the replaced text begins, in bytes of the file.
        end: where it ends.
        text: what stands there instead.
        before: what stood there.
    """

    path: Path
    line: int
    start: int
    end: int
    text: str
    before: str

    def applied(self, source: bytes) -> bytes:
        """The file's content with the fault in it."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def __str__(self) -> str:
        """On one line, as the table has it."""
        before = " ".join(self.before.split())
        return f"{self.path}:{self.line}: {before} -> {self.text}"


class _Finder(ast.NodeVisitor):
    def __init__(self, path: Path, source: bytes) -> None:
        self._path, self._source = path, source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self.found: list[Mutation] = []

    def _at(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._at(node.lineno, node.col_offset),
            self._at(node.end_lineno, node.end_col_offset),
        )

    def _add(self, line: int, start: int, end: int, text: str) -> None:
        before = self._source[start:end].decode()
        self.found.append(Mutation(self._path, line, start, end, text, before))

    def _turn(self, left: ast.expr, operator: ast.AST, right: ast.expr) -> None:
        turned = _TURNED.get(type(operator))
        if turned is None:
            return
        start, end = self._span(left)[1], self._span(right)[0]
        between = self._source[start:end].decode()
        # Parentheses and line breaks around an operator stay where they are.
        word = between.strip("()\\\n\t ")
        if not word or "\n" in word or "#" in between or between.count(word) != 1:
            return
        at = start + len(between[: between.index(word)].encode())
        self._add(left.end_lineno or 0, at, at + len(word.encode()), turned)

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, operator, right in zip(
            [node.left, *node.comparators], node.ops, node.comparators, strict=False
        ):
            self._turn(left, operator, right)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if not any(isinstance(side, ast.JoinedStr) for side in (node.left, node.right)):
            self._turn(node.left, node.op, node.right)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self._turn(node.values[0], node.op, node.values[1])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            moved: object = not value
        elif isinstance(value, float):
            moved = value * _STEP if value else 1.0
        elif isinstance(value, int):
            moved = max(value + 1, round(value * _STEP))
        else:
            return
        self._add(node.lineno, *self._span(node), repr(moved))

    def visit_If(self, node: ast.If) -> None:
        self._swap(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._swap(node.test)
        self.generic_visit(node)

    def _swap(self, test: ast.expr) -> None:
        start, end = self._span(test)
        self._add(test.lineno, start, end, f"(not ({self._source[start:end].decode()}))")

    def _drop(self, node: ast.stmt) -> None:
        self._add(node.lineno, *self._span(node), "pass")

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, (ast.Constant, ast.Yield)):
            self._drop(node)
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._drop(node)  # what it would have said is nobody's promise

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._drop(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if all(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
            self._drop(node)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)  # the annotation runs nowhere

    def visit_arguments(self, node: ast.arguments) -> None:
        for default in [*node.defaults, *node.kw_defaults]:
            if default is not None:
                self.visit(default)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit(node.args)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:  # what a decorator forbids is for mypy to say
            self.visit(statement)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Words for people."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)  # which item it is has no fifth
        if not isinstance(node.slice, (ast.Constant, ast.UnaryOp)):
            self.visit(node.slice)


def mutations(path: Path, source: bytes) -> list[Mutation]:
    """Every fault that a file's content can have, in the order of the text.

    Raises:
        SyntaxError: it is no Python.
    """
    finder = _Finder(path, source)
    finder.visit(ast.parse(source))
    return sorted(set(finder.found))


def files(names: Iterable[Path]) -> Iterator[Path]:
    """The modules that files and folders stand for."""
    for name in names:
        yield from sorted(name.rglob("*.py")) if name.is_dir() else [name]


def drawn(names: Iterable[Path], number: int, seed: int) -> list[Mutation]:
    """So many faults of these files and folders, each as likely as any other."""
    every = [m for path in files(names) for m in mutations(path, path.read_bytes())]
    return sorted(random.Random(seed).sample(every, min(number, len(every))))


@dataclasses.dataclass(frozen=True)
class Passed:
    """What the tests of a room do where nothing is wrong.

    Attributes:
        lines: by file, from the project's root, and line: the tests that run it; the name is empty
            where it runs when the file is imported.
        seconds: how long each test takes, with the most that its file prepares for.
    """

    lines: Lines
    seconds: dict[str, float]


class _Watch:
    """Plugin of pytest: tells coverage which test runs, and keeps how long each takes."""

    def __init__(self, measured: Any) -> None:
        self._measured = measured
        self.calls: dict[str, float] = {}
        self.prepared: dict[str, float] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._measured.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call":
            self.calls[report.nodeid] = report.duration
        file = report.nodeid.partition("::")[0]
        if report.when == "setup":
            self.prepared[file] = max(self.prepared.get(file, 0.0), report.duration)

    def seconds(self) -> dict[str, float]:
        return {
            test: called + self.prepared[test.partition("::")[0]]
            for test, called in self.calls.items()
        }


class _Only:
    """Plugin of pytest: of all that the files hold, these tests, the quickest first."""

    def __init__(self, tests: list[str]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._place),
            key=lambda item: self._place[item.nodeid],
        )


def _enter(folder: Path, log: Path) -> None:
    os.setsid()
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.path.insert(0, str(folder))
    os.environ.update(PYTHONPATH=str(folder), FATIGUE_ADVERSARY=STREAMS, OMP_NUM_THREADS="1")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    gc.freeze()  # pytest collects five times at its end, which need not go through what is not ours


def _watch(folder: Path, room: str, log: Path) -> None:
    _enter(folder, log)
    import coverage  # noqa: PLC0415 - where `make mutants` runs, and nowhere else
    import pytest  # noqa: PLC0415

    measured = coverage.Coverage(
        data_file=str(folder / f".coverage.{room}"),
        branch=True,
        source=[f"fatigue_ros/{room}"],
        config_file=False,
    )
    watch = _Watch(measured)
    measured.start()
    code = pytest.main(["-x", "-q", f"test/{room}"], plugins=[watch])
    measured.stop()
    measured.save()
    data = measured.get_data()
    lines: Lines = {
        str(Path(file).relative_to(folder)): {
            line: set(tests) for line, tests in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    (folder / f"{room}.passed").write_bytes(pickle.dumps(Passed(lines, watch.seconds())))
    sys.stdout.flush()
    os._exit(code)


def _try(folder: Path, tests: list[str], log: Path) -> None:
    _enter(folder, log)
    import pytest  # noqa: PLC0415

    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *files], plugins=[_Only(tests)])
    sys.stdout.flush()
    os._exit(code)


class Copy:
    """A copy of the project to break.

    Args:
        folder: where, made anew.
    """

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in COPIED:
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignore)
        for path in ROOT.glob("*.*"):
            if path.is_file():
                shutil.copy(path, folder)
        self.folder = folder
        self._log = folder / "tests.log"
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(IMPORTED)

    def watch(self, room: str) -> Passed:
        """Run all tests of a room where nothing is wrong.

        Raises:
            RuntimeError: one of them failed.
        """
        if self._ended(_watch, room) != 0:
            raise RuntimeError(f"without a fault: {self._log.read_text(errors='replace')[-3000:]}")
        passed: Passed = pickle.loads((self.folder / f"{room}.passed").read_bytes())
        return passed

    def run(self, tests: Iterable[str], limit: float) -> str:
        """How the tests end within a limit [s]: "passed", "failed", or "too long".

        Raises:
            RuntimeError: they did not run at all.
        """
        ended = self._ended(_try, list(tests), limit=limit)
        if ended is None:
            return "too long"
        if ended in (3, 4, 5):  # pytest's own errors
            raise RuntimeError(self._log.read_text(errors="replace")[-3000:])
        return "failed" if ended else "passed"

    def try_one(self, path: Path, broken: bytes, tests: Iterable[str], limit: float) -> str:
        """Run the tests with other content in a file of the project, and take it out again."""
        here = self.folder / path.relative_to(ROOT)
        whole = here.read_bytes()

        def write(content: bytes) -> None:
            for compiled in (here.parent / "__pycache__").glob(f"{here.stem}.*.pyc"):
                compiled.unlink()  # two contents of one second would look alike
            here.write_bytes(content)

        try:
            write(broken)
            return self.run(tests, limit)
        finally:
            write(whole)

    def _ended(self, target: Any, what: Any, limit: float | None = None) -> int | None:
        process = self._context.Process(target=target, args=(self.folder, what, self._log))
        process.start()
        process.join(limit)
        code = process.exitcode
        if code is None and process.pid:
            os.killpg(process.pid, signal.SIGKILL)
            process.join()
        return code


def spans(source: bytes) -> dict[int, tuple[int, int, set[str]]]:
    """For every line its statement or the head of it: first line, last line, names it gives."""
    found: dict[int, tuple[int, int, set[str]]] = {}
    for node in ast.walk(ast.parse(source)):  # outer ones first
        if not isinstance(node, ast.stmt):
            continue
        end, body = node.end_lineno or 0, getattr(node, "body", [])
        last = max(node.lineno, body[0].lineno - 1) if body else end
        within = [] if body else ast.walk(node)
        names = {n.id for n in within if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        first = min([node.lineno, *(n.lineno for n in getattr(node, "decorator_list", []))])
        found.update(dict.fromkeys(range(first, end + 1), (first, last, names)))
    return found


def tests_of(mutation: Mutation, passed: Passed) -> list[str]:
    """The tests that may notice a fault, the quickest first, as many as the budget allows.

    They run the line. Where it runs once for all when the file is imported, first come those that
    run a line on which a name stands that it gives, and then all others of the room.
    """
    first, last, names = spans(mutation.path.read_bytes())[mutation.line]
    of_file = passed.lines.get(str(mutation.path.relative_to(ROOT)), {})
    tests = {test for line in range(first, last + 1) for test in of_file.get(line, ())} - {""}
    runs = bool(tests)
    if not runs and names:
        word = re.compile(rf"\b({'|'.join(sorted(names))})\b")
        for file, lines in passed.lines.items():
            for number, text in enumerate((ROOT / file).read_text().splitlines(), 1):
                if word.search(text):
                    tests |= lines.get(number, set())
    tests = (tests - {""}) & set(passed.seconds)
    others = set() if runs else set(passed.seconds) - tests
    chosen: list[str] = []
    left = BUDGET
    for share, some in ((0.5 if others else 1.0, tests), (1.0, others)):
        for test in sorted(some, key=passed.seconds.__getitem__):
            if left - passed.seconds[test] < (1.0 - share) * BUDGET and chosen:
                break
            left -= passed.seconds[test]
            chosen.append(test)
    return chosen


def _coverage(folders: Iterable[Path]) -> None:
    """Print how much of each room its tests run, branches included."""
    import coverage  # noqa: PLC0415 - only the processes with tests need it otherwise

    for folder in folders:
        for data in sorted(folder.glob(".coverage.*")):
            os.chdir(folder)
            measured = coverage.Coverage(data_file=str(data), config_file=False)
            measured.load()
            share = measured.report(file=io.StringIO())
            print(f"{data.suffix[1:]}: {share:.1f} % of lines and branches run")  # noqa: T201


def main() -> int:
    """Print a line for each fault, noticed or not, and counts; 1 where tests fail without one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", type=Path, help=f"files or folders; {', '.join(ROOMS)}")
    parser.add_argument(
        "-n", "--number", type=int, default=200, help="how many faults; 0: coverage"
    )
    parser.add_argument("--seed", type=int, default=1, help="which are drawn")
    parser.add_argument(
        "--again", type=Path, help="what was printed before: only what it does not call killed"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="copies at work")
    given = parser.parse_args()
    names = [name.resolve() for name in given.names]
    rooms = [ROOT / "fatigue_ros" / room for room in ROOMS]
    for name in names:
        if not name.exists() or not any(room in (name, *name.parents) for room in rooms):
            parser.error(f"{name}: expected a file or folder in {', '.join(map(str, rooms))}")
    chosen = drawn(names or rooms, given.number, given.seed)
    before = given.again.read_text(encoding="utf-8").splitlines() if given.again else []
    noticed = {line[9:].removeprefix(_LATE) for line in before if line.startswith("killed ")}
    home = ROOT / "build" / "mutants"
    home.mkdir(parents=True, exist_ok=True)
    shared = home / "shared"  # the tests look for recordings beside the project
    if not shared.is_symlink():
        shared.symlink_to(ROOT.parent / "shared")
    folders = [home / f"copy-{number}" for number in range(given.workers)]
    copies: queue.Queue[Copy] = queue.Queue()
    for folder in folders:
        copies.put(Copy(folder))

    def watch(room: str) -> Passed:
        copy = copies.get()
        try:
            return copy.watch(room)
        finally:
            copies.put(copy)

    def try_one(mutation: Mutation) -> tuple[Mutation, str]:
        if _shown(mutation) in noticed:
            return mutation, "noticed before"
        passed = watched[_room(mutation.path)]
        tests = tests_of(mutation, passed)
        limit = START + LIMIT * sum(passed.seconds[test] for test in tests)
        copy = copies.get()
        try:
            broken = mutation.applied(mutation.path.read_bytes())
            return mutation, copy.try_one(mutation.path, broken, tests, limit)
        finally:
            copies.put(copy)

    killed: collections.Counter[str] = collections.Counter()
    every: collections.Counter[str] = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(given.workers) as pool:
        concerned = sorted({_room(path) for path in files(names or rooms)})
        try:
            watched = dict(zip(concerned, pool.map(watch, concerned), strict=True))
        except RuntimeError as error:
            print(error, file=sys.stderr)  # noqa: T201
            return 1
        _coverage(folders)
        for mutation, ended in pool.map(try_one, chosen):
            room = _room(mutation.path)
            every[room] += 1
            killed[room] += ended != "passed"
            verdict = "survived" if ended == "passed" else "killed"
            print(f"{verdict:9}{_LATE * (ended == 'too long')}{_shown(mutation)}", flush=True)  # noqa: T201
    for room in sorted(every):
        print(f"{room}: {killed[room]} of {every[room]} killed")  # noqa: T201
    total = sum(every.values())
    print(  # noqa: T201
        f"seed {given.seed}: {killed.total()} of {total} killed, {total - killed.total()} survived"
    )
    return 0


def _shown(mutation: Mutation) -> str:
    return str(mutation).replace(f"{ROOT}/", "")


def _room(module: Path) -> str:
    return module.relative_to(ROOT / "fatigue_ros").parts[0]


if __name__ == "__main__":
    sys.exit(main())
