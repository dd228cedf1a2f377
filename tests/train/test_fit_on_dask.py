"""A fit whose components train in a cluster."""

from __future__ import annotations

import pickle
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from onnlu_engine.errors import GraphRunError, InvalidConfigException
from onnlu_engine.model_directory import open_model
from onnlu_engine.node_times import NodeTimes
from onnlu_engine.training import LocalTrainingCache
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.training import TrainingCallback
from onnlu_train.training.interruption import Interruption
from onnlu_train.training.session import TrainingSession
from onnlu_train.worker_session import versions_here, worker_session


def options(project: Path, out: Path) -> FitOptions:
    overrides = {"epochs": 1, "random_seed": 7}
    data = [project / "nlu.yml"]
    return FitOptions(project / "config.yml", data, out, overrides=overrides, device="cpu")


def test_a_fit_in_a_cluster_gives_the_same_bytes(
    tiny_project: Path, thread_scheduler: str, tmp_path: Path
) -> None:
    here = options(tiny_project, tmp_path / "here")
    there = replace(here, out=tmp_path / "there", runner="dask", scheduler=thread_scheduler)
    times = NodeTimes()
    one, two = Fit(here).run(), Fit(there).run(hooks=[times])
    assert open_model(there.out).manifest["files"] == open_model(here.out).manifest["files"]
    assert (two.model_id, two.metrics, two.device) == (one.model_id, one.metrics, "cpu")
    assert set(two.seconds) == set(one.seconds) == set(times.seconds)


def test_a_fit_on_machines_of_others_keeps_nothing_and_restores_what_is_kept(
    tiny_project: Path, thread_scheduler: str, tmp_path: Path
) -> None:
    cache = LocalTrainingCache(tmp_path / "cache", 100)
    here = replace(options(tiny_project, tmp_path / "here"), cache=cache)
    there = replace(here, out=tmp_path / "there", runner="dask", scheduler=thread_scheduler)
    assert Fit(there).run().restored == []
    assert cache.entries() == []
    trained = Fit(here).run()
    restored = Fit(replace(there, overwrite=True)).run()
    assert (restored.ran, restored.model_id) == ([], trained.model_id)


@pytest.mark.slow
def test_a_fit_in_a_cluster_goes_on_from_a_model(
    tiny_project: Path, trained_model: Path, thread_scheduler: str, tmp_path: Path
) -> None:
    here = replace(options(tiny_project, tmp_path / "here"), finetune=trained_model)
    there = replace(here, out=tmp_path / "there", runner="dask", scheduler=thread_scheduler)
    assert Fit(there).run().model_id == Fit(here).run().model_id


def test_a_fit_in_a_cluster_goes_on_from_no_checkpoint(tiny_project: Path, tmp_path: Path) -> None:
    wanted = replace(options(tiny_project, tmp_path / "model"), runner="dask", resume=True)
    with pytest.raises(InvalidConfigException, match=r"cluster writes no checkpoints.*--resume"):
        Fit(wanted)


class Watching(TrainingCallback):
    """Cannot leave its process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def test_what_goes_to_a_worker_is_what_decides_a_training() -> None:
    session = TrainingSession(
        {"patience": 3, "monitor": "t_loss"},
        callbacks=[Watching()],
        interruption=Interruption(),
        entropy=5,
    )
    there: TrainingSession = pickle.loads(pickle.dumps(session))
    component = {"epochs": 2, "batch_size": 4, "learning_rate": 0.1}
    assert there.options_for(component) == session.options_for(component)
    assert there.options_for(component).patience == 3
    assert there.random_seed("a", None) == session.random_seed("a", None)
    assert there.random_seed("a", None) != there.random_seed("b", None)
    assert there.random_seed("a", 9) == 9
    assert TrainingSession().random_seed("a", None) != session.random_seed("a", None)

    there.metrics["train_DIET3"] = {"t_loss": 0.5}
    session.take(there.told())
    assert (session.metrics, session.device) == ({"train_DIET3": {"t_loss": 0.5}}, "cpu")


def test_a_worker_with_another_version_is_refused() -> None:
    versions = versions_here()
    versions["tensorflow"] = "1.15"
    with pytest.raises(GraphRunError, match=r"process .* has tensorflow \S+ instead of 1.15"):
        worker_session(versions, "cpu", {})
