"""`trainer evaluate`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .commands import Run


@pytest.fixture(scope="module")
def test_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "test.yml"
    path.write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - hello you\n    - hi\n'
        "- intent: fly\n  examples: |\n    - fly to [Rome](city)\n    - to [Bern](city)\n",
        encoding="utf-8",
    )
    return path


def test_a_trained_model_and_its_export_get_the_same_figures(
    run: Run, trained_model: Path, exported_model: Path, test_data: Path, tmp_path: Path
) -> None:
    figures = []
    for model in (trained_model, exported_model):
        out = tmp_path / model.name
        done = run("trainer", "evaluate", model, "--data", test_data, "--out", out, "--json")
        assert (done.code, done.err) == (0, "")
        document = json.loads(done.out)
        assert document["report"] == str(out)
        assert (out / "intent_confusion_matrix.png").is_file()
        figures.append(document)

    trained, exported = figures
    assert trained["messages"] == exported["messages"] == 4
    assert trained["intents"]["accuracy"] == exported["intents"]["accuracy"]
    assert trained["intents"]["expected_calibration_error"] == pytest.approx(
        exported["intents"]["expected_calibration_error"], abs=1e-5
    )
    assert trained["entities"] == exported["entities"]


def test_an_exported_model_is_evaluated_without_tensorflow(
    exported_model: Path, test_data: Path, tmp_path: Path
) -> None:
    code = (
        "import sys\nfrom onnlu_train.cli import main\ntry:\n    main()\nfinally:\n"
        "    assert not {'tensorflow', 'keras', 'onnx'} & set(sys.modules)\n"
    )
    line = [sys.executable, "-c", code, "evaluate", exported_model, "--data", test_data]
    done = subprocess.run([*line, "--out", tmp_path / "out"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_summary_ends_with_where_the_report_is(
    run: Run, exported_model: Path, test_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run("trainer", "evaluate", exported_model, "--data", test_data, "--out", out)
    lines = done.out.splitlines()
    assert lines[0].split() == ["messages", "4"]
    assert lines[-1].split() == ["report", str(out / "report.html")]
    assert [line.split()[0] for line in lines[1:-1]] == [
        "intents", "calibration", "fallback", "entities",
    ]  # fmt: skip


def test_a_report_that_is_there_stays(
    run: Run, exported_model: Path, test_data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    line = ("trainer", "evaluate", exported_model, "--data", test_data, "--out", out)
    assert run(*line).code == 0
    assert run(*line).code == 1
    assert run(*line, "--successes", "--overwrite").code == 0
    assert (out / "intent_successes.json").is_file()


def test_bad_data_and_a_bad_model_have_their_own_exit_codes(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("nlu: 3\n", encoding="utf-8")
    out = ("--out", tmp_path / "out")
    assert run("trainer", "evaluate", exported_model, "--data", bad, *out).code == 3
    bad.write_text('version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - b\n', encoding="utf-8")
    assert run("trainer", "evaluate", tmp_path / "none", "--data", bad, *out).code == 5
    assert not (tmp_path / "out").exists()
