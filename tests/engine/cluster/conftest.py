"""Two workers, processes with folders of their own, on the loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from onnlu_engine.dask_cluster import Cluster

from .components import ROOT


class Workers:
    """Two processes, each in a folder of its own, which are killed and started again."""

    def __init__(self, scheduler: str, folder: Path) -> None:
        self.scheduler, self.folder = scheduler, folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.names: dict[int, str] = {}

    def start_missing(self) -> None:
        self.processes = [process for process in self.processes if process.poll() is None]
        while len(self.processes) < 2:
            own = self.folder / f"worker-{time.monotonic_ns()}"
            own.mkdir()
            line = [sys.executable, "-m", "distributed.cli.dask_worker", self.scheduler]
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", own.name]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            with (own / "log").open("wb") as log:
                process = subprocess.Popen([*line, *options], cwd=own, env=environment, stderr=log)
            self.processes.append(process)
            self.names[process.pid] = own.name

    def wait_for(self, client: Client) -> None:
        """Wait until these workers are the cluster: those that died may still be counted."""
        alive = {self.names[process.pid] for process in self.processes}
        while alive != {worker["name"] for worker in _known(client)}:
            time.sleep(0.01)

    def kill(self, pid: int) -> None:
        (process,) = (process for process in self.processes if process.pid == pid)
        process.kill()
        process.wait()


def _known(client: Client) -> list[dict[str, Any]]:
    return [*client.scheduler_info(n_workers=-1)["workers"].values()]


@pytest.fixture(scope="package")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Workers]]:
    with (
        LocalCluster(
            n_workers=0, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as local,
        Client(local, set_as_default=False) as client,
    ):
        workers = Workers(local.scheduler_address, tmp_path_factory.mktemp("workers"))
        try:
            yield client, workers
        finally:
            for process in workers.processes:
                process.kill()
                process.wait()


@pytest.fixture
def workers(connected: tuple[Client, Workers]) -> Workers:
    client, workers = connected
    workers.start_missing()
    workers.wait_for(client)
    return workers


@pytest.fixture
def cluster(connected: tuple[Client, Workers], workers: Workers) -> Cluster:
    return Cluster(connected[0])
