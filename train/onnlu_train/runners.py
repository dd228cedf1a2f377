"""Where the nodes of a train graph run: in this process, or on a cluster of Dask."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

from onnlu_engine.runner import CreateRunner, SequentialGraphRunner

SEQUENTIAL: Final = "sequential"
DASK: Final = "dask"
RUNNERS: Final = (SEQUENTIAL, DASK)


def check_runner(name: str) -> None:
    """Check that a runner is installed.

    Raises:
        ImportError: the extra that it needs is not installed.
    """
    if name == DASK:
        import onnlu_engine.dask_runner  # noqa: F401


@contextmanager
def runner_of(name: str, scheduler: str | None = None) -> Iterator[CreateRunner]:
    """Yield what creates the runner of a graph.

    Args:
        name: "sequential" or "dask".
        scheduler: address of a cluster; None for one of this machine, for as long as this takes.

    Raises:
        ImportError: the extra that the runner needs is not installed.
        GraphRunError: there is no such cluster.
    """
    if name == SEQUENTIAL:
        yield SequentialGraphRunner.create
        return
    from onnlu_engine.dask_cluster import dask_cluster
    from onnlu_engine.dask_runner import DaskGraphRunner

    # What it says of its own coming and going is no concern of a user.
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with dask_cluster(scheduler) as cluster:
        yield partial(DaskGraphRunner.create, cluster=cluster)
