"""Measure what monitoring costs on a video, everything in one run; ratios come first.

Frame by frame in turn: the bare landmark engine (MediaPipe where it is installed, else the networks
alone), then our landmarks, measures and fusion on the same frame. Then the video in real time
through the node graph: in one process, with a process for each node, and in one process at 60
frames/s (each frame comes twice). Then `fatigue replay` of its landmarks, repeated to longer
drives.

Without a video a driver is drawn who nods off every few seconds (scenario `bench`).
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from fatigue_ros.cli.options import add_shared, read_params
from fatigue_ros.console import say
from fatigue_ros.desk import benchmark
from fatigue_ros.simulator.scenario_file import load_scenario
from fatigue_ros.simulator.simulate import simulate
from fatigue_ros.vision import SCENARIO
from fatigue_ros.vision.quiet import without_engine_chatter

EXAMPLE = "fatigue bench drive.mp4 --json"
FAST = "at_60_hz"
MODES = ("one_process", "separate_processes", FAST)
_RATE = 60.0  # [Hz]
_PERCENTILES = (50, 95, 99)
_DEFAULT = SCENARIO + "bench"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "video",
        metavar="VIDEO",
        nargs="?",
        default=_DEFAULT,
        help=f"video file, or {SCENARIO}SCENARIO, which is drawn first (default: {_DEFAULT})",
    )
    parser.add_argument(
        "--rounds",
        type=int,
        default=1,
        metavar="N",
        help="how often the video goes through the nodes each way, in turn (default: 1)",
    )
    parser.add_argument(
        "--replay",
        type=float,
        nargs="*",
        default=[1.0, 10.0],
        metavar="MINUTES",
        help="lengths of the drives to be replayed (default: 1 10)",
    )
    add_shared(parser, "--params", "--json")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    params = read_params(options)
    # Around everything, since some of it comes late, from threads.
    with (
        without_engine_chatter(),
        _file(options.video) as video,
        tempfile.TemporaryDirectory() as folder,
    ):
        offline = benchmark.per_frame(video, params)
        fast = str(Path(folder) / "fast.avi")
        benchmark.faster(video, Path(fast), _RATE)
        runs: dict[str, list[dict[str, Any]]] = {mode: [] for mode in MODES}
        for number in range(max(1, options.rounds)):
            for mode in MODES[:: -1 if number % 2 else 1]:
                separate = mode == "separate_processes"
                played = fast if mode == FAST else video
                runs[mode].append(_apart(played, offline.closures, params.path, separate))
    result = offline.figures()
    result |= {mode: summed_up(found, len(offline.closures)) for mode, found in runs.items()}
    result["replay"] = [
        benchmark.replay(offline, minutes, params.path) for minutes in options.replay
    ]
    say(json.dumps(result, indent=2) if options.json else text(result))
    return 0


@contextmanager
def _file(video: str) -> Iterator[str]:
    """The video's path; a scripted driver is drawn beforehand, as that would cost more than all."""
    if not video.startswith(SCENARIO):
        yield video
        return
    scenario = load_scenario(video.removeprefix(SCENARIO))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drive.avi"
        simulate(scenario, path)
        yield str(path)


def _apart(
    video: str, closures: Sequence[float], params: Path | None, separate: bool
) -> dict[str, Any]:
    """One run of the graph in a new process, whose memory and processor time are its own."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(
            benchmark.graph, video, closures, params=params, separate=separate
        ).result()


def summed_up(runs: Sequence[dict[str, Any]], closures: int) -> dict[str, Any]:
    """All runs of one kind together."""
    total = {
        name: sum(found[name] for found in runs)
        for name in ("sent", "left_out", "overtaken", "processed", "cpu", "cpu_frames")
    }
    delays = [delay for found in runs for delay in found["alarms"]]
    return {
        "latency_ms": _percentiles([1e3 * s for found in runs for s in found["latencies"]], 2),
        "closure_to_warning_s": _percentiles(delays, 3),
        "closures": closures * len(runs),
        "closures_warned": len(delays),
        "frames_sent": total["sent"],
        "frames_left_out": total["left_out"],
        "frames_overtaken": total["overtaken"],
        "frames_processed": total["processed"],
        "cpu_ms_per_frame": round(1e3 * total["cpu"] / max(1, total["cpu_frames"]), 2),
        "memory_mb": round(max(found["memory"] for found in runs) / 2**20, 1),
    }


def _percentiles(values: Sequence[float], digits: int) -> dict[str, float | None]:
    names = [f"p{share}" for share in _PERCENTILES]
    if not values:
        return dict.fromkeys(names)
    found = np.percentile(values, _PERCENTILES)
    return {name: round(float(value), digits) for name, value in zip(names, found, strict=True)}


def text(result: dict[str, Any]) -> str:
    """The result as tables."""
    modes = [result[mode] for mode in MODES]
    one, separate, _ = modes
    bare = max(result["bare_cpu_ms"], 1e-3)
    processors = separate["cpu_ms_per_frame"] / max(one["cpu_ms_per_frame"], 1e-3)
    lines = [
        f"pipeline / bare engine              {result['ratio']:.3f}   "
        f"({result['engine']} {result['pipeline_ms']:.2f} ms / bare {result['bare']} "
        f"{result['bare_ms']:.2f} ms a frame, medians)",
        f"processor time, separate / one      {processors:.2f}",
        f"processor time, one / bare engine   {one['cpu_ms_per_frame'] / bare:.2f}",
        *(
            f"replay / real time, {r['minutes']:6g} min     {1.0 / r['times_real_time']:.4f}   "
            f"({r['times_real_time']:.0f} times as fast, {r['wall_s']:.1f} s with start-up, "
            f"{r['cpu_s']:.1f} s of a processor, {r['memory_mb']:.0f} MB)"
            for r in result["replay"]
        ),
        "",
        f"{'':36}{'one process':>22}{'separate processes':>22}{'one, 60 frames/s':>22}",
    ]

    def row(name: str, values: Iterator[str]) -> str:
        return f"{name:36}" + "".join(f"{value:>22}" for value in values)

    lines += [
        row("frame to level, 50/95/99 % [ms]", (_three(m["latency_ms"], 1) for m in modes)),
        row(
            "closure to warning, 50/95/99 % [s]",
            (_three(m["closure_to_warning_s"], 3) for m in modes),
        ),
        row("closures warned of", (f"{m['closures_warned']} of {m['closures']}" for m in modes)),
        row(
            "frames processed",
            (f"{m['frames_processed']} of {m['frames_sent']} sent" for m in modes),
        ),
        row(
            "frames too late / overtaken",
            (f"{m['frames_left_out']} / {m['frames_overtaken']}" for m in modes),
        ),
        row("processor time a frame [ms]", (f"{m['cpu_ms_per_frame']:.2f}" for m in modes)),
        row("memory at its peak [MB]", (f"{m['memory_mb']:.0f}" for m in modes)),
        "",
        "closure to warning: from the first frame with the eyes closed to the arrival of the "
        "warning;\n1 s of it is the rule itself",
    ]
    return "\n".join(lines)


def _three(percentiles: dict[str, float | None], digits: int) -> str:
    return " / ".join("-" if v is None else f"{v:.{digits}f}" for v in percentiles.values())
