"""Colours and lines that all plots share."""

INK = "#1f2933"
FAINT = "#9aa5b1"
GRID = "#e4e7eb"
SEEN = "#2368a2"
KNOWN = "#1f2933"
VISUAL = "#e0a100"
ACOUSTIC = "#c52f3d"
HEART = "#b0306a"
MOUTH = "#8c564b"
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    # Letters stay letters: a fifth of the size, and they can be searched.
    "svg.fonttype": "none",
    # Same figures, same bytes.
    "svg.hashsalt": "fatigue_ros",
}
