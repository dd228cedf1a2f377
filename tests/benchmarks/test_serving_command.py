"""The benchmark of serving as it is run; no times."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from onnlu_engine.model_directory import open_model

from .scripts import BENCHMARKS


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, str(BENCHMARKS / "serving.py"), *map(str, arguments)]
    return subprocess.run(line, check=False, capture_output=True, text=True)


def measured(name: str, model: Path, out: Path, *more: str | Path) -> Any:
    """Run a command, and return what it kept."""
    done = command(name, "--model", model, "--quick", "--out", out, *more)
    assert done.returncode == 0, done.stderr
    (file,) = out.glob(f"serving-{name}-*.json")
    assert done.stdout == f"{file}\n"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == f"serving-{name}-{kept['date']}-{kept['commit']}.json"
    assert kept["machine"]["cores"] > 0
    assert kept["model"]["model_id"] == open_model(model).model_id
    assert kept["method"]["quick"]
    assert str(model) not in file.read_text(encoding="utf-8")
    return kept[name]


@pytest.fixture(scope="module")
def wide_model(tmp_path_factory: pytest.TempPathFactory, tiny_project: Path) -> Path:
    """A trained model of the tiny project whose products are large enough for a floor."""
    folder = tmp_path_factory.mktemp("wide")
    config = yaml.safe_load((tiny_project / "config.yml").read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if component["name"] == "DIETClassifier":
            component |= {"transformer_size": 104, "epochs": 1}
    path = folder / "config.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    data, out = tiny_project / "nlu.yml", folder / "trained"
    line = ["fit", "--config", path, "--data", data, "--out", out]
    start = "from onnlu_train.cli import main; main()"
    subprocess.run([sys.executable, "-c", start, *map(str, line)], check=True)
    return out


def test_latency_by_length_is_kept_and_drawn(exported_model: Path, tmp_path: Path) -> None:
    found = measured("length", exported_model, tmp_path / "results")
    assert [point["tokens"] for point in found] == [1, 2, 5, 10, 20, 50, 100, 200, 500]
    assert all(0 < point["around_p50_ms"] <= point["parse_p95_ms"] for point in found)
    done = command("plots", "--results", tmp_path / "results", "--images", tmp_path / "images")
    assert done.stdout == f"{tmp_path / 'images' / 'serving-length.svg'}\n"
    assert "milliseconds" in (tmp_path / "images" / "serving-length.svg").read_text("utf-8")


def test_the_path_around_the_graph_is_measured_node_by_node(
    exported_model: Path, tmp_path: Path
) -> None:
    found = measured("around", exported_model, tmp_path)
    nodes = open_model(exported_model).manifest["predict_schema"]["nodes"]
    assert found["nodes"].keys() == nodes.keys()
    assert all(times["p50_us"] > 0 for times in found["nodes"].values())
    assert found["parse"].keys() == {"p10_us", "p50_us", "p90_us"}


def test_a_blob_is_compared_in_time_and_memory(exported_model: Path, tmp_path: Path) -> None:
    found = measured("blob", exported_model, tmp_path)
    assert found["times"].keys() == found["above_idle_mb"].keys() == {"with", "without"}
    assert all(len(values) == 1 for values in found["above_idle_mb"].values())
    assert min(found["time_ratio"], found["memory_ratio"]) > 0


@pytest.mark.slow
def test_the_graph_is_compared_with_its_floor_and_without_each_pass(
    wide_model: Path, tmp_path: Path
) -> None:
    (found,) = measured("graph", wide_model, tmp_path).values()
    assert found["products"] == [[128, 104], [104, 312], [104, 104], [104, 416], [416, 104]]
    assert found["nodes"]["export"] < found["nodes"]["without fuse_gelu"]
    assert found["nodes"]["export"] < found["nodes"]["without fuse_layer_norm"]
    assert list(found["times"]) == ["1 x 10", "1 x 20", "1 x 5", "8 x 10"]
    for times in found["times"].values():
        assert times.keys() == {"floor", *found["nodes"]}
        assert times["floor"]["ratio"] == 1


@pytest.mark.slow
def test_a_graph_of_small_products_has_no_floor(trained_model: Path, tmp_path: Path) -> None:
    done = command("graph", "--model", trained_model, "--quick", "--out", tmp_path)
    assert done.returncode == 1
    assert "no matrix product large enough" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_what_onnlu_bench_says_is_kept_and_drawn(exported_model: Path, tmp_path: Path) -> None:
    found = measured("bench", exported_model, tmp_path)
    assert found["model"]["path"] == exported_model.name
    done = command("plots", "--results", tmp_path, "--images", tmp_path)
    names = [Path(line).name for line in done.stdout.splitlines()]
    assert names == ["serving-batch.svg", "serving-callers.svg"]


def test_what_cannot_be_measured_is_said_in_one_line(tmp_path: Path) -> None:
    for line in (
        ("around", "--model", tmp_path / "none", "--out", tmp_path),
        ("plots", "--results", tmp_path, "--images", tmp_path),
    ):
        done = command(*line)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert str(tmp_path) in done.stderr
        assert not list(tmp_path.iterdir())
