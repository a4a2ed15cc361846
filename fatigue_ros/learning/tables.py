"""Figures of trained networks as tables in Markdown, also beside what a paper prints."""

import math
from collections.abc import Iterable, Mapping, Sequence

from fatigue_ros.learning.scores import PER_CLASS, Figure, Scores

_NAMES = ("precision", "recall", "F1", "AUC", "average precision")  # of PER_CLASS


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table with these cells."""
    return [_line(head), "|---" * len(head) + "|", *map(_line, rows)]


def _line(cells: Sequence[object]) -> str:
    return "|" + "".join(f" {cell} |" if cell != "" else " |" for cell in cells)


def report(scores: Scores) -> list[str]:
    """The classification report: figures of each class, and their means."""
    rows: list[tuple[str, dict[str, Figure], int]] = [
        (name, scores.per_class[name], count)
        for name, count in zip(scores.classes, scores.support, strict=True)
    ]
    rows.append(("macro", scores.macro, sum(scores.support)))
    return table(
        ["class", *_NAMES, "pictures"],
        [[name, *(figures[key] for key in PER_CLASS), count] for name, figures, count in rows],
    )


def calibrated(scores: Scores) -> str:
    """How far the probabilities mean what they say, in a sentence or two."""
    before = f"{scores.raw_ece:.3f} before" if math.isfinite(scores.raw_ece) else ""
    made = f" at temperature {scores.temperature:.2f} ({before})" if before else ""
    error = scores.ece
    return (
        f"Calibration error (ECE) {error.value:.3f} ({error.low:.3f} to {error.high:.3f}){made}, "
        f"log loss {scores.log_loss:.3f}."
    )


def comparison(
    found: Mapping[str, Scores], drowsy: str, published: Mapping[str, tuple[float, ...]]
) -> list[str]:
    """The columns of Shrestha's table, with 95 % intervals, for each network and in the paper.

    Args:
        found: scores by network.
        drowsy: the class whose recall and F1 are shown.
        published: the paper's columns by network; networks that it does not have get none.
    """
    heads = ["accuracy", f"{drowsy} recall", f"{drowsy} F1", "macro F1"]
    rows = []
    for network, scores in found.items():
        theirs = [f"{value:.2f}" for value in published.get(network, ())] or ["-"] * len(heads)
        one = scores.per_class[drowsy]
        ours = [scores.accuracy, one["recall"], one["f1"], scores.macro["f1"]]
        rows.append([network, *(cell for pair in zip(ours, theirs, strict=True) for cell in pair)])
    return table(["network", *(x for head in heads for x in (head, "paper"))], rows)
