"""Two workers, processes with folders of their own, on the loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster

from onnlu_engine.dask_cluster import Cluster

from .workers import Workers


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
