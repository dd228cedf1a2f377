"""Clusters of this machine, and those of an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import ExecutionContext, GraphSchema, LocalModelStorage
from onnlu_engine.dask_cluster import dask_cluster
from onnlu_engine.dask_runner import DaskGraphRunner
from onnlu_engine.errors import GraphRunError

from .components import ROOT, node, runner
from .workers import Workers


def test_a_scheduler_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(GraphRunError, match=r"no scheduler to talk to at tcp://127.0.0.1:1:"),
        dask_cluster("tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(GraphRunError, match="at nonsense://x"), dask_cluster("nonsense://x"):
        pass


def test_tls_that_is_not_configured_is_told_with_the_remedy() -> None:
    with (
        pytest.raises(
            GraphRunError, match=r"tls://127.0.0.1:1 asks for TLS.*distributed\.comm\.tls"
        ),
        dask_cluster("tls://127.0.0.1:1"),
    ):
        pass


def test_a_cluster_can_be_named_by_its_address(workers: Workers, tmp_path: Path) -> None:
    with dask_cluster(workers.scheduler) as cluster:
        result = runner(cluster, tmp_path, {"a": node("process_id")}).run()
    assert result["a"] in {process.pid for process in workers.processes}


def test_without_an_address_a_cluster_of_processes_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT)  # its workers import from where this process does
    schema = GraphSchema({"a": node("same", needs={"value": "__value__"})})
    graph = DaskGraphRunner.create(schema, LocalModelStorage(tmp_path), ExecutionContext(schema))
    assert graph.run({"__value__": 7}) == {"a": 7}
