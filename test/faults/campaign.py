"""Try every fault, and print a row for each: `make faults`, or `campaign.py -k WORDS`.

The rows are a Markdown table, which docs/safety.md carries. The exit code is 1 when a fault was not
seen, was seen too late, or killed something.
"""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SLACK = 0.5  # [s] the nodes look around four times a second, and a machine pauses
HEAD = ("Fault", "Injected how", "Promised", "within [s]", "Seen", "within [s]", "Verdict")


def row(*cells: object) -> str:
    """A row of a table in Markdown."""
    return (
        "| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in cells) + " |"
    )


class Table:
    """Prints a row as soon as a fault has been tried.

    Attributes:
        late: how many were seen too late.
    """

    def __init__(self) -> None:
        self.late = 0
        self._group = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test is done."""
        about = dict(report.user_properties)
        fault = about.get("fault")
        if fault is None or (report.when != "call" and report.passed):
            return
        if fault["group"] != self._group:
            self._group = fault["group"]
            print(f"\n### {fault['group']}", row(*HEAD), row(*["---"] * len(HEAD)), sep="\n")  # noqa: T201
        within = about.get("within", math.inf)
        seen, verdict = about.get("seen", ""), "told"
        if report.skipped:
            seen, verdict = str(report.longrepr[-1]), "not tried"
        elif report.failed:
            seen, verdict = report.longreprtext.strip().splitlines()[-1], "**FAILED**"
        elif within > fault["within"] + SLACK and math.isfinite(fault["within"]):
            self.late += 1
            verdict = "**late**"
        promised = f"{fault['within']:.1f}" if math.isfinite(fault["within"]) else "-"
        took = f"{within:.1f}" if math.isfinite(within) else "-"
        cells = (fault["name"], fault["injected"], fault["expected"], promised, seen, took, verdict)
        print(row(*cells), flush=True)  # noqa: T201


def main() -> int:
    """Try them all; the exit code."""
    os.environ["FATIGUE_FAULTS"] = "all"
    table = Table()
    options = ["-q", "--no-header", "-s", "--tb=short", "-p", "no:cacheprovider", "-W", "ignore"]
    code = pytest.main([str(HERE / "test_campaign.py"), *options, *sys.argv[1:]], [table])
    return 1 if code or table.late else 0


if __name__ == "__main__":
    sys.exit(main())
