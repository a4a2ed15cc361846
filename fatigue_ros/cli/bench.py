"""Measure what monitoring costs on a video, everything in one run.

First, frame by frame in turn: the bare landmark engine's network, then our landmarks, measures and
fusion on the same frame. Then the video in real time through the node graph, once in one process
and once with a process for each node: latency from the frame's stamp to the fatigue level
that carries it, frames lost, and processor time.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from fatigue_ros.errors import SourceError

HELP = "measure cost and latency on a video"
EXAMPLE = "fatigue bench drive.mp4 --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("video", metavar="VIDEO", help="video file or sim:SCENARIO")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Measure and print."""
    result = per_frame(options.video)
    result["one_process"] = graph(options.video, separate=False)
    result["separate_processes"] = graph(options.video, separate=True)
    if options.json:
        print(json.dumps(result, indent=2))  # noqa: T201
        return 0
    lines = [
        f"pipeline / bare engine   {result['ratio']:.3f}"
        f"   ({result['pipeline_ms']:.2f} ms / {result['bare_ms']:.2f} ms per frame, medians)"
    ]
    for name in ("one_process", "separate_processes"):
        r = result[name]
        lines.append(
            f"{name.replace('_', ' '):24} frame to level {r['latency_ms']['p50']:.1f} ms (median), "
            f"{r['latency_ms']['p99']:.1f} ms (99 %); {r['frames_processed']} of "
            f"{r['frames_sent']} frames; {r['cpu_ms_per_frame']:.1f} ms of processor time a frame"
        )
    print("\n".join(lines))  # noqa: T201
    return 0


def per_frame(video: str) -> dict[str, Any]:
    """Bare engine against our whole chain, in turn on each frame; medians in [ms]."""
    from sensor_msgs.msg import Image  # noqa: PLC0415

    from fatigue_ros.nodes.camera import open_any  # noqa: PLC0415
    from fatigue_ros.replay.pipeline import Pipeline  # noqa: PLC0415
    from fatigue_ros.vision.engine import LandmarkSettings, create_engine  # noqa: PLC0415
    from fatigue_ros.vision.face_mesh import face_mesh  # noqa: PLC0415
    from fatigue_ros.vision.images import fill, to_rgb  # noqa: PLC0415
    from fatigue_ros.vision.quiet import without_mediapipe_chatter  # noqa: PLC0415
    from fatigue_ros.vision.sources import CameraSettings  # noqa: PLC0415

    settings = LandmarkSettings()
    engine = create_engine(settings)
    with without_mediapipe_chatter():
        bare = face_mesh(settings)
    pipeline = Pipeline()
    room: Any = None
    bare_s: list[float] = []
    pipeline_s: list[float] = []
    with open_any(CameraSettings(source=video)) as source, without_mediapipe_chatter():
        while (frame := source.read()) is not None:
            message = Image()
            fill(message, frame.image)
            rgb = to_rgb(message)
            stamp = frame.time or 0.0

            # Each goes first half of the time: the second finds the frame in the cache.
            for ours in (True, False) if frame.index % 2 else (False, True):
                began = time.perf_counter()
                if ours:
                    room = to_rgb(message, room)  # as the landmarks node does
                    pipeline.see(engine.detect(room, stamp))
                else:
                    bare.process(rgb)
                (pipeline_s if ours else bare_s).append(time.perf_counter() - began)
    engine.close()
    bare.close()
    if not bare_s:
        raise SourceError(f"{video}: expected frames, found none")
    bare_ms, pipeline_ms = (1e3 * float(np.median(s)) for s in (bare_s, pipeline_s))
    return {
        "frames": len(bare_s),
        "bare_ms": round(bare_ms, 3),
        "pipeline_ms": round(pipeline_ms, 3),
        "ratio": round(pipeline_ms / bare_ms, 4),
    }


def graph(video: str, *, separate: bool) -> dict[str, Any]:
    """The video in real time through all nodes, in one process or a process for each."""
    from fatigue_ros.nodes.desk import Desk  # noqa: PLC0415

    overrides = {"vehicle_speed": {"source": "fixed"}}
    with Desk(video, overrides=overrides, quiet=True, separate=separate) as desk:
        desk.start()
        # What the processes spent on starting is not the cost of a frame.
        desk.spin(lambda: desk.log.frames)
        before, already = desk.cpu(), desk.log.frames
        desk.spin(lambda: False)
        cpu = desk.cpu() - before
        sent, latencies = desk.frames_sent, desk.log.latencies
    p50, p99 = np.percentile(latencies, (50, 99)) * 1e3 if latencies else (None, None)
    return {
        "latency_ms": {
            "p50": None if p50 is None else round(float(p50), 2),
            "p99": None if p99 is None else round(float(p99), 2),
        },
        "frames_sent": sent,
        "frames_processed": len(latencies),
        "cpu_ms_per_frame": round(1e3 * cpu / max(1, sent - already), 2),
    }
