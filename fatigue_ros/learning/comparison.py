"""Several trainings side by side, and beside what a paper prints."""

from __future__ import annotations

from collections.abc import Mapping

from fatigue_ros.learning import markdown
from fatigue_ros.learning.scores import Figure, Scores

COLUMNS = ("accuracy", "recall", "F1", "macro F1")


def columns(scores: Scores, drowsy: str) -> tuple[Figure, Figure, Figure, Figure]:
    """The columns of Shrestha's table: accuracy, recall and F1 of the drowsy class, macro F1."""
    figures = scores.per_class[drowsy]
    return scores.accuracy, figures["recall"], figures["f1"], scores.macro["f1"]


def table(
    found: Mapping[str, Scores], drowsy: str, published: Mapping[str, tuple[float, ...]]
) -> list[str]:
    """Rows of Markdown: each network's figures with 95 % intervals, and the paper's.

    Args:
        found: scores by network.
        drowsy: the class whose recall and F1 are shown.
        published: the paper's columns by network; networks that it does not have get none.
    """
    heads = [COLUMNS[0], f"{drowsy} {COLUMNS[1]}", f"{drowsy} {COLUMNS[2]}", COLUMNS[3]]
    rows = []
    for network, scores in found.items():
        theirs = [f"{value:.2f}" for value in published.get(network, ())] or ["-"] * len(heads)
        ours = map(str, columns(scores, drowsy))
        rows.append([network, *(cell for pair in zip(ours, theirs, strict=True) for cell in pair)])
    return markdown.table(["network", *(x for head in heads for x in (head, "paper"))], rows)
