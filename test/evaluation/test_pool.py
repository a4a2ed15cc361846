"""Recordings in parallel: here and on a Dask cluster, with one that is bad among them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fatigue_ros.errors import FatigueError
from fatigue_ros.evaluation import pool
from fatigue_ros.evaluation.assess import Assessed, Job, Refused
from fatigue_ros.evaluation.labels import Labels
from fatigue_ros.evaluation.pool import assess_all
from fatigue_ros.evaluation.sources import ObserveSettings

DEADLY = """
import os
from fatigue_ros.evaluation.assess import Refused

def work(job):
    if job.path.name == "deadly":
        os._exit(9)
    return Refused(job.path.name, "alive")
"""


def recording(path: Path) -> Path:
    """Two blinks in ten seconds, as a table of eye aspect ratios."""
    rows = []
    for frame in range(300):
        shut = 60 <= frame < 66 or 150 <= frame < 156
        rows.append(f"{frame / 30.0:.4f},{0.08 if shut else 0.30},{int(shut)}")
    path.write_text("time_s,ear,blink\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    good = [recording(tmp_path / f"drive{i}.csv") for i in range(3)]
    bad = tmp_path / "bad.csv"
    bad.write_text("time_s,ear,blink\nnonsense\n", encoding="utf-8")
    labels = Labels(spans={"blink": ((2.0, 2.2), (5.0, 5.2))})
    paths = [good[0], bad, good[1], tmp_path / "gone.mp4", good[2]]
    return [Job(path, labels, ObserveSettings()) for path in paths]


def check(results: list[Assessed | Refused], jobs: list[Job]) -> None:
    assert [result.name for result in results] == [job.path.name for job in jobs]
    first, bad, second, gone, third = results
    assert isinstance(bad, Refused)
    assert "bad.csv, line 2" in bad.reason
    assert isinstance(gone, Refused)
    assert "gone.mp4: no such file" in gone.reason
    for result in (first, second, third):
        assert isinstance(result, Assessed)
        assert result.metrics["events"]["blink"]["f1"] == 1.0
        assert result.metrics["detected"]["blink"] == 2


def test_processes(jobs: list[Job]) -> None:
    done: list[str] = []
    results = assess_all(jobs, workers=2, on_done=lambda result: done.append(result.name))
    check(results, jobs)
    assert sorted(done) == sorted(job.path.name for job in jobs)


def test_a_recording_that_kills_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deadly_work.py").write_text(DEADLY, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    work: Any = importlib.import_module("deadly_work").work
    names = ["a", "deadly", "b", "c"]
    jobs = [Job(tmp_path / name, Labels(), ObserveSettings()) for name in names]
    results = assess_all(jobs, workers=2, work=work)
    assert [result.name for result in results] == names
    reasons = [result.reason for result in results if isinstance(result, Refused)]
    assert [reason == "alive" for reason in reasons] == [True, False, True, True]
    assert "the process that looked at it ended" in reasons[1]


@pytest.fixture
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip(
        "distributed", reason="Dask is not installed: pip install .[cluster]"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as running:
        yield running


def test_two_dask_workers(cluster: Any, jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "CONNECT_PATIENCE", 600.0)  # on a busy machine
    alone = assess_all(jobs, workers=1)
    together = assess_all(jobs, scheduler=cluster.scheduler_address)
    check(together, jobs)
    for here, there in zip(alone, together, strict=True):
        if isinstance(here, Assessed):
            assert isinstance(there, Assessed)
            assert here.metrics == there.metrics
            assert here.figure == there.figure


def test_no_scheduler_there(jobs: list[Job]) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed")
    with pytest.raises(FatigueError, match="--scheduler nonsense://x: expected a Dask scheduler"):
        assess_all(jobs, scheduler="nonsense://x")
