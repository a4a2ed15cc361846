"""Many recordings at once: processes of this machine, or a Dask cluster, by the same code."""

import concurrent.futures
import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fatigue_ros.errors import FatigueError, first_line
from fatigue_ros.evaluation.assess import Assessed, Job, Refused, assess_job
from fatigue_ros.extras import load

CONNECT_PATIENCE = 10.0
"""[s] a scheduler that is there answers far sooner."""


class Named(Protocol):
    """What is to be done, and the recording it is about."""

    @property
    def path(self) -> Path:
        """Of the recording."""


J = TypeVar("J", bound=Named)
R = TypeVar("R")


def assess_all(
    jobs: Sequence[Job],
    *,
    workers: int = 0,
    scheduler: str = "",
    on_done: Callable[[Assessed | Refused], None] = lambda _: None,
    work: Callable[[Job], Assessed | Refused] = assess_job,
) -> list[Assessed | Refused]:
    """Assess recordings in parallel, see :func:`run_all`."""
    return run_all(jobs, work, workers=workers, scheduler=scheduler, on_done=on_done)


def run_all(
    jobs: Sequence[J],
    work: Callable[[J], R | Refused],
    *,
    workers: int = 0,
    scheduler: str = "",
    on_done: Callable[[R | Refused], None] = lambda _: None,
) -> list[R | Refused]:
    """Work on recordings in parallel.

    Args:
        jobs: what to do.
        work: what is done with a job; it must not raise.
        workers: processes on this machine; 0: one for each core.
        scheduler: address of a Dask scheduler, as in ``tcp://host:8786``, whose workers see the
            recordings under the same paths and have this package installed; empty: this machine.
            It is trusted: what it sends is opened as Python objects, which may run code.
        on_done: called with each result as it comes.

    Returns:
        A result for each job, in their order. A recording that kills its worker is refused like
        any other that cannot be read.

    Raises:
        FatigueError: the cluster cannot be used.
    """
    results: dict[int, R | Refused] = {}
    suspects: list[int] = []
    with _executor(min(len(jobs), workers or os.cpu_count() or 1), scheduler) as executor:
        futures = {executor.submit(work, job): i for i, job in enumerate(jobs)}
        for future in concurrent.futures.as_completed(futures):
            i = futures[future]
            if isinstance(future.exception(), BrokenProcessPool):
                # Whose fault it was cannot be seen from here: all that were left fail together.
                suspects.append(i)
                continue
            results[i] = _result(future, jobs[i])
            on_done(results[i])
    for i in sorted(suspects):
        with _executor(1, "") as alone:
            results[i] = _result(alone.submit(work, jobs[i]), jobs[i])
        on_done(results[i])
    return [results[i] for i in range(len(jobs))]


def _result(future: Future[R | Refused], job: Named) -> R | Refused:
    error = future.exception()
    if error is None:
        return future.result()
    return Refused(
        job.path.name, f"{job.path}: the process that looked at it ended ({type(error).__name__})"
    )


@contextlib.contextmanager
def _executor(workers: int, scheduler: str) -> Iterator[Executor]:
    if scheduler:
        with _dask(scheduler) as client:
            yield client.get_executor(pure=False)
        return
    # A forked copy of a process with threads may hang, and ours may have a screen's.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(1, workers), mp_context=context) as executor:
        yield executor


def _dask(scheduler: str) -> Any:
    client = load("distributed").Client
    try:
        return client(scheduler, timeout=CONNECT_PATIENCE, set_as_default=False)
    except Exception as error:  # what answers there may be anything
        raise FatigueError(
            f"--scheduler {scheduler}: expected a Dask scheduler there ({first_line(error)})"
        ) from error
