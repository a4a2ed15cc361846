"""Put small faults into the code, one at a time, and see whether the tests notice: `make mutants`.

Four kinds of fault, after the operators of mutation testing that find most (Offutt et al., "An
experimental determination of sufficient mutant operators", ACM TOSEM 5, 1996): a comparison or an
operator is turned, a constant moves by a fifth, a statement is dropped, a branch is swapped. Each
goes into a copy of the project, in which the tests that mirror the module are run. A line for each
says whether they noticed, with file and line; the last line counts.
"""

from __future__ import annotations

import argparse
import ast
import collections
import concurrent.futures
import dataclasses
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("measures", "fusion", "monitor", "devices")
COPIED = ("fatigue_ros", "test", "config", "launch", "docs", "msg", "srv", "firmware", "scripts")
LIMIT = 10.0  # times what the tests take without a fault: it may make them wait for ever
STREAMS = "40"  # of the adversary, which has its own number in make test
_STEP = 1.2
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


def mirror(module: Path) -> list[str]:
    """The tests that mirror a module: of its name, and those of its room that import it.

    Raises:
        FileNotFoundError: its room has no tests.
    """
    inside = module.relative_to(ROOT / "fatigue_ros")
    room = ROOT / "test" / inside.parts[0]
    name = re.compile(rf"\b{inside.parent.name}(\.| import (\w+, )*){module.stem}\b")
    own = [
        path
        for path in sorted(room.glob("test_*.py"))
        if path.stem == f"test_{module.stem}" or name.search(path.read_text(encoding="utf-8"))
    ]
    tests = own or sorted(room.glob("test_*.py"))
    if not tests:
        raise FileNotFoundError(f"{room}: expected tests of {module.name}, found none")
    return [str(path.relative_to(ROOT)) for path in tests]


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
        self._folder = folder

    def run(self, tests: list[str], limit: float | None = None) -> str:
        """How the tests end: "passed", "failed", or "too long"."""
        environment = {
            **os.environ,
            "PYTHONPATH": str(self._folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "FATIGUE_ADVERSARY": STREAMS,
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        process = subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.communicate()
            return "too long"
        if process.returncode not in (0, 1, 2):  # passed, failed, not even collected
            raise RuntimeError(f"{' '.join(command)}: {output[-2000:]}")
        return "failed" if process.returncode else "passed"

    def try_one(self, mutation: Mutation, tests: list[str], limit: float) -> str:
        """Run the tests with a fault, and take it out again."""
        path = self._folder / mutation.path.relative_to(ROOT)
        whole = path.read_bytes()
        try:
            path.write_bytes(mutation.applied(whole))
            return self.run(tests, limit)
        finally:
            path.write_bytes(whole)


def main() -> int:
    """Print a line for each fault that went unnoticed; 1 where the tests fail without one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", type=Path, help=f"files or folders; {', '.join(ROOMS)}")
    parser.add_argument("-n", "--number", type=int, default=200, help="how many faults")
    parser.add_argument("--seed", type=int, default=1, help="which are drawn")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="copies at work")
    given = parser.parse_args()
    names = [name.resolve() for name in given.names]
    for name in names:
        if not name.exists() or ROOT / "fatigue_ros" not in name.parents:
            parser.error(f"{name}: expected a file or folder in fatigue_ros")
    chosen = drawn(names or [ROOT / "fatigue_ros" / r for r in ROOMS], given.number, given.seed)
    home = ROOT / "build" / "mutants"
    home.mkdir(parents=True, exist_ok=True)
    shared = home / "shared"  # the tests look for recordings beside the project
    if not shared.is_symlink():
        shared.symlink_to(ROOT.parent / "shared")
    copies: queue.Queue[Copy] = queue.Queue()
    for number in range(given.workers):
        copies.put(Copy(home / f"copy-{number}"))

    tests = {path: mirror(path) for path in {m.path for m in chosen}}
    limits: dict[tuple[str, ...], float] = {}
    first = copies.queue[0]
    for some in {tuple(names) for names in tests.values()}:
        began = time.monotonic()
        if (ended := first.run(list(some))) != "passed":
            print(f"without a fault, {' '.join(some)} {ended}", file=sys.stderr)  # noqa: T201
            return 1
        limits[some] = LIMIT * (time.monotonic() - began)

    def try_one(mutation: Mutation) -> tuple[Mutation, str]:
        copy = copies.get()
        try:
            names = tests[mutation.path]
            return mutation, copy.try_one(mutation, names, limits[tuple(names)])
        finally:
            copies.put(copy)

    killed: collections.Counter[str] = collections.Counter()
    every: collections.Counter[str] = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(given.workers) as pool:
        for mutation, ended in pool.map(try_one, chosen):
            room = mutation.path.relative_to(ROOT / "fatigue_ros").parts[0]
            every[room] += 1
            killed[room] += ended != "passed"
            verdict = "survived" if ended == "passed" else "killed"
            shown = str(mutation).replace(f"{ROOT}/", "")
            print(f"{verdict:9}{'(too long) ' * (ended == 'too long')}{shown}", flush=True)  # noqa: T201
    for room in sorted(every):
        print(f"{room}: {killed[room]} of {every[room]} killed")  # noqa: T201
    total = sum(every.values())
    print(  # noqa: T201
        f"seed {given.seed}: {killed.total()} of {total} killed, {total - killed.total()} survived"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
