"""Records what the monitor says of every scenario, clip and table, to be compared with `git diff`.

usage: .venv/bin/python test/summaries/record.py [shared data folder]
(about half an hour on two cores)

Writes one JSON file for each way of feeding the monitor, beside this script: ``watch`` (nodes over
DDS), ``replay`` and ``replay_paper`` (bags of images), ``clips`` (videos through the nodes) and
``tables`` (blinks found in tables of eye aspect ratios). A change of rules shows in them; a change
of the code's shape must not.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FATIGUE = [sys.executable, "-m", "fatigue_ros.cli.main"]


def said(*words: str | Path, domain: int = 0) -> Any:
    """What a command prints as JSON, without what depends on the machine."""
    environment = {
        **os.environ,
        "ROS_DOMAIN_ID": str(domain),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }
    done = subprocess.run(
        [*FATIGUE, *map(str, words), "--json"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    result = json.loads(done.stdout)
    result.pop("latency_ms", None)
    return result


def scenario(job: tuple[Path, int]) -> dict[str, Any]:
    """A scenario through the nodes and, as a bag of images, through both profiles."""
    path, domain = job
    with tempfile.TemporaryDirectory() as folder:
        bag, picture = Path(folder) / path.stem, Path(folder) / "picture.png"
        subprocess.run(
            [*FATIGUE, "simulate", path.stem, "-o", str(bag)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return {
            "watch": said(
                "watch", f"sim:{path.stem}", "--fast", "--picture", picture, domain=domain
            ),
            "replay": said("replay", bag),
            "replay_paper": said("replay", bag, "--profile", "paper"),
        }


def clip(job: tuple[Path, int]) -> Any:
    """A video through the nodes."""
    path, domain = job
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        return said("watch", path, "--fast", "--picture", picture, domain=domain)


def main(data: Path) -> None:
    """Record all of it."""
    scenarios = sorted((ROOT / "config" / "scenarios").glob("*.yaml"))
    clips = sorted(p for p in data.glob("*clips*/*") if p.suffix in (".avi", ".mp4"))
    tables = sorted(data.glob("blink_annotations*/*.csv"))
    found: dict[str, dict[str, Any]] = {
        name: {} for name in ("watch", "replay", "replay_paper", "clips", "tables")
    }
    if tables:
        found["tables"] = {Path(k).name: v for k, v in said("blinks", *tables).items()}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(path, 10 + number) for number, path in enumerate([*scenarios, *clips])]
        for path, result in zip(scenarios, pool.map(scenario, jobs[: len(scenarios)]), strict=True):
            for way, summary in result.items():
                found[way][path.stem] = summary
        for path, summary in zip(clips, pool.map(clip, jobs[len(scenarios) :]), strict=True):
            found["clips"][path.name] = summary
    for way, summaries in found.items():
        if summaries:
            text = json.dumps(summaries, indent=1, sort_keys=True)
            (HERE / f"{way}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
