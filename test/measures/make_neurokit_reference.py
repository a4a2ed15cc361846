"""Write what NeuroKit2 makes of a recorded photoplethysmogram, window by window.

    pip install neurokit2==0.2.13
    python test/measures/make_neurokit_reference.py \
        ../shared/data/ppg/data2.csv > test/measures/neurokit_reference.csv

NeuroKit2 brings pandas and scikit-learn with it (500 MB), so that its answers are kept and not
the package. The recording is one of HeartPy's examples (MIT).
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np

WINDOW, STEP = 30.0, 2.0  # [s]
REGULAR = 0.3  # [1] deviation from the median interval


def main(path: Path) -> None:
    """Print the table for a file with the columns time [ms] and converter counts."""
    neurokit = importlib.import_module("neurokit2")
    times, counts = np.loadtxt(path, delimiter=",", skiprows=1).T
    rate = 1000.0 * (len(times) - 1) / (times[-1] - times[0])
    length = int(WINDOW * rate)
    sys.stdout.write(
        f"# NeuroKit2 {neurokit.__version__}: ppg_clean, ppg_findpeaks (method 'elgendi')\n"
        f"# {path.name} of HeartPy (MIT), windows of {WINDOW:g} s\n"
        f"# made by test/measures/{Path(__file__).name}, which says what each column is\n"
        "end,beats,median_bpm,regular_bpm,regular_share\n"
    )
    for end in np.arange(WINDOW, len(counts) / rate, STEP):  # [s]
        last = int(end * rate)
        wave = neurokit.ppg_clean(counts[last - length : last], sampling_rate=rate)
        peaks = neurokit.ppg_findpeaks(wave, sampling_rate=rate)["PPG_Peaks"]
        intervals = np.diff(peaks) / rate
        usual = np.median(intervals)
        # Those that are no missed beat and no beat too many, as any measure of rate asks for.
        regular = intervals[np.abs(intervals - usual) <= REGULAR * usual]
        sys.stdout.write(
            f"{end:.0f},{len(peaks)},{60.0 / usual:.2f},{60.0 / regular.mean():.2f},"
            f"{regular.sum() / WINDOW:.3f}\n"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
