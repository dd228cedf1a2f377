"""Where tests find the reference data, how they are chosen, and what many of them share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from onnlu_train.tensorflow_setup import prepare_process

if TYPE_CHECKING:  # few tests need a cluster
    from onnlu_engine.dask_cluster import Cluster

# Before any test module imports TensorFlow, which is the reference here.
prepare_process()
# Some tests use ONNX Runtime directly, which otherwise reports from the developer's machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# No fit of a test takes what another has trained, unless the test is about that.
os.environ["ONNLU_CACHE_SIZE"] = "0"

# A shared or slow machine is no defect of the code: no test asserts a time.
# `make test` draws the same examples each time, `make test-all` new ones.
settings.register_profile("sampled", deadline=None, derandomize=True)
settings.register_profile("all", deadline=None)

SHARED = Path(os.environ.get("ONNLU_SHARED", Path(__file__).parents[1] / ".." / "shared")).resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the reference data: oracles, data sets, scripts."""
    return SHARED


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the slow tests too")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("all" if config.getoption("--all") else "sampled")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "slow" in item.keywords and not config.getoption("--all"):
            item.add_marker(pytest.mark.skip(reason="slow: runs in `make test-all`"))
        if "shared" in item.keywords and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason=f"no reference data at {SHARED}"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Where the reference data is present, a skipped `shared` test is a failure."""
    outcome = yield
    report = outcome.get_result()
    chosen = "slow" not in item.keywords or item.config.getoption("--all")
    if report.skipped and "shared" in item.keywords and SHARED.is_dir() and chosen:
        report.outcome = "failed"
        report.longrepr = "skipped although the reference data is present"
    return report


@pytest.fixture(scope="session")
def thread_scheduler() -> Iterator[str]:
    """A Dask cluster of two workers in this very process: quick, and what nodes note is seen."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=False, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="session")
def thread_cluster(thread_scheduler: str) -> Iterator[Cluster]:
    """A connection to that cluster."""
    from onnlu_engine.dask_cluster import dask_cluster

    with dask_cluster(thread_scheduler) as cluster:
        yield cluster


def _run(package: str, *arguments: str | Path) -> None:
    """Run a command as a process: what TensorFlow warns of is no concern of these tests."""
    line = [sys.executable, "-c", f"from {package}.cli import main; main()", *map(str, arguments)]
    subprocess.run(line, check=True)


@pytest.fixture(scope="session")
def tiny_project() -> Path:
    """A config.yml and nlu.yml that train in seconds: two intents, one entity type."""
    return Path(__file__).parent / "tiny_project"


@pytest.fixture(scope="session")
def trained_model(tmp_path_factory: pytest.TempPathFactory, tiny_project: Path) -> Path:
    """A model trained on the tiny project; not to be changed."""
    out = tmp_path_factory.mktemp("models") / "trained"
    config, data = tiny_project / "config.yml", tiny_project / "nlu.yml"
    _run("onnlu_train", "fit", "--config", config, "--data", data, "--out", out)
    return out


@pytest.fixture(scope="session")
def exported_model(trained_model: Path) -> Path:
    """The export of `trained_model`; not to be changed."""
    out = trained_model.with_name("exported")
    _run("onnlu_export", "to-onnx", trained_model, "--out", out)
    return out
