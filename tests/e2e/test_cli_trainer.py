"""`trainer`, from an empty directory to a model, and the ways in which it ends early."""

import json
import signal
from pathlib import Path

import pytest

from onnlu_train.data import TrainingDataImporter
from onnlu_train.recipe import read_config

from .commands import Run, Start, fit_of


@pytest.fixture
def fit_arguments(tiny_project: Path, tmp_path: Path) -> list[str | Path]:
    return fit_of(tiny_project, tmp_path / "model")


def test_init_writes_a_project(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "new" / "project"

    done = run("trainer", "init", project)

    data = TrainingDataImporter([project / "data"]).nlu_data()
    assert (done.code, done.err) == (0, "")
    assert read_config(project / "config.yml").notices == ()
    assert (len(data.intents), len(data.entity_types)) == (4, 2)
    assert 40 <= len(data.examples) <= 50
    assert "trainer fit --config config.yml --data data --out models/trained" in done.out


def test_init_with_json_lists_the_files(run: Run, tmp_path: Path) -> None:
    done = run("trainer", "init", tmp_path / "project", "--json")

    assert json.loads(done.out) == {
        "directory": str(tmp_path / "project"),
        "files": ["README.md", "config.yml", "data/nlu.yml"],
    }


def test_init_takes_an_empty_directory(run: Run, tmp_path: Path) -> None:
    assert run("trainer", "init", tmp_path).code == 0


def test_init_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")

    done = run("trainer", "init", tmp_path)

    assert (done.code, done.out) == (1, "")
    assert "is not an empty directory" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.slow
def test_the_project_trains_exports_and_verifies_as_init_says(run: Run, tmp_path: Path) -> None:
    """The commands are those that `init` prints."""
    commands = run("trainer", "init", tmp_path / "project").out.splitlines()[3:]

    for command in commands[:2]:
        assert run(*command.split(), cwd=tmp_path / "project").code == 0
    exported = tmp_path / "project" / "models" / "onnx"
    assert run("onnlu", "verify", exported).code == 0
    parsed = run("onnlu", "parse", exported, "a large latte to go please", "when do you open?")
    order, hours = map(json.loads, parsed.out.splitlines())

    assert commands[2].strip().startswith("onnlu parse models/onnx")
    assert order["intent"]["name"] == "order"
    assert [(entity["entity"], entity["value"]) for entity in order["entities"]] == [
        ("size", "large"),
        ("drink", "latte"),
    ]
    assert hours["intent"]["name"] == "ask_opening_hours"


def test_fit_says_what_it_trained_and_what_comes_next(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    model, more = tmp_path / "a model", tmp_path / "more.yml"
    more.write_text(
        'version: "3.1"\nnlu:\n- intent: thank\n  examples: |\n'
        "    - thanks\n    - thank you\n    - thanks\n",
        encoding="utf-8",
    )
    config = tmp_path / "config.yml"
    text = (tiny_project / "config.yml").read_text(encoding="utf-8")
    config.write_text(text.replace("recipe: default.v1\n", ""), encoding="utf-8")

    done = run(
        "trainer", "fit", "--config", config, "--data", tiny_project / "nlu.yml", more,
        "--out", model, "--epochs", "2", "--seed", "5",
    )  # fmt: skip

    lines = done.err.splitlines()
    assert done.code == 0
    assert lines[0] == "notice: no recipe is named: default.v1 is used"
    assert "epoch 2/2, loss " in done.err
    assert all(
        line.startswith(("notice: ", "diet: ", "train_DIETClassifier3: ")) for line in lines
    ), done.err
    assert "examples: 14, intents: 3, entity types: 1, duplicates dropped: 1" in done.out
    assert f"exporter to-onnx '{model}' --out '{model}-onnx'" in done.out


@pytest.mark.slow
def test_fit_with_json_prints_one_document(
    run: Run, fit_arguments: list[str | Path], tmp_path: Path
) -> None:
    done = run("trainer", *fit_arguments, "--epochs", "1", "--json")

    document = json.loads(done.out)
    assert done.code == 0
    assert document["model"] == str(tmp_path / "model")
    assert document["labels"]["intents"] == ["fly", "greet"]
    assert document["examples"] == 12


def test_fit_tells_the_problems_of_config_and_data_at_once(run: Run, tmp_path: Path) -> None:
    config, data = tmp_path / "config.yml", tmp_path / "nlu.yml"
    config.write_text("recipe: default.v1\npipelin: []\n", encoding="utf-8")
    data.write_text("nlu: 3\n", encoding="utf-8")

    done = run("trainer", "fit", "--config", config, "--data", data, "--out", tmp_path / "model")

    assert (done.code, done.out) == (3, "")
    assert f"{config}:2: " in done.err
    assert f"{data}:" in done.err
    assert not (tmp_path / "model").exists()


def test_fit_on_a_gpu_that_is_not_there_is_6(run: Run, fit_arguments: list[str | Path]) -> None:
    done = run("trainer", *fit_arguments, "--device", "gpu:99")

    assert done.code == 6
    assert done.err.startswith("error: Device 'gpu:99' was asked for")


def test_an_interrupted_fit_writes_nothing(
    start: Start, fit_arguments: list[str | Path], tiny_project: Path, tmp_path: Path
) -> None:
    config = tmp_path / "config.yml"
    text = (tiny_project / "config.yml").read_text(encoding="utf-8")
    config.write_text(text.replace("recipe: default.v1\n", ""), encoding="utf-8")
    fit_arguments[2] = config

    with start("trainer", *fit_arguments, "--epochs", "100000") as process:
        assert process.stderr
        assert process.stderr.readline().startswith(b"notice: ")  # it is about to train
        process.send_signal(signal.SIGINT)
        code, err = process.wait(), process.stderr.read().decode()

    assert code == 130
    assert err.split("\n", 1)[0] == f"Nothing was written to {tmp_path / 'model'}."
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["config.yml"]


def test_fit_replaces_a_model_only_on_request(run: Run, trained_model: Path) -> None:
    config = trained_model / "manifest.json"

    done = run("trainer", "fit", "--config", config, "--data", config, "--out", trained_model)

    assert (done.code, done.out) == (1, "")
    assert "Pass --overwrite to replace it." in done.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("fit", "--data", "d", "--out", "o"), "Missing option '--config'"),
        (("fit", "--config", "c", "--out", "o"), "Missing option '--data'"),
        (("fit", "--config", "c", "--data", "d", "--out", "o", "--epochs", "0"), "0 is not in"),
        (
            ("fit", "--config", "c", "--data", "d", "--out", "o", "--device", "cuda"),
            "'cuda' is none of: auto, cpu, gpu, gpu:NUMBER.",
        ),
        (("init",), "Missing argument 'DIRECTORY'"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    done = run("trainer", *arguments)

    assert (done.code, done.out) == (2, "")
    assert problem in done.err


def test_parse_answers_as_the_export_does(
    run: Run, trained_model: Path, exported_model: Path
) -> None:
    texts = ["fly to Rome", "hello", "", "\U0001f600"]

    trained = run("trainer", "parse", trained_model, *texts)
    exported = run("onnlu", "parse", exported_model, *texts)

    assert trained.code == exported.code == 0
    assert trained.err == ""
    for one, other in zip(trained.out.splitlines(), exported.out.splitlines(), strict=True):
        ours, reference = json.loads(one), json.loads(other)
        assert ours["text"] == reference["text"]
        assert ours["intent"]["name"] == reference["intent"]["name"]
        assert ours["intent"]["confidence"] == pytest.approx(
            reference["intent"]["confidence"], abs=1e-5
        )


def test_parse_refuses_an_exported_model(run: Run, exported_model: Path) -> None:
    done = run("trainer", "parse", exported_model, "hello")

    assert done.code == 5
    assert "`onnlu parse`" in done.err


def test_without_tensorflow_the_command_says_how_to_install_it(
    run: Run, fit_arguments: list[str | Path], tmp_path: Path
) -> None:
    (tmp_path / "tensorflow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')",
        encoding="utf-8",
    )

    done = run("trainer", *fit_arguments, env={"PYTHONPATH": str(tmp_path)})

    assert done.code == 1
    assert "pip install 'onnlu[cpu,train]'" in done.err
    assert done.err.count("\n") == 1
