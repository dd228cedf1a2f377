"""`exporter`: the gate, the proof on other texts, and what is in an export."""

import json
from pathlib import Path

import pytest

from .commands import Run, fit_of


def test_a_gate_that_is_not_passed_is_4_and_writes_nothing(
    run: Run, trained_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "exported"

    done = run("exporter", "to-onnx", trained_model, "--out", out, "--atol", "0", "--rtol", "0")

    assert (done.code, done.out) == (4, "")
    assert "(allowed: 0 + 0 relative)" in done.err
    assert "The first tensor that diverges is '" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_export_says_what_was_compared(run: Run, trained_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "exported"

    done = run("exporter", "to-onnx", trained_model, "--out", out, "--json")

    document = json.loads(done.out)
    assert done.code == 0
    assert document["model"] == str(out)
    assert document["parity"]["texts"] >= 12
    assert "comparing with TensorFlow on" in done.err
    assert "tensorflow/" not in done.err


def test_diagnostics_are_exported_and_parsed_on_request(
    run: Run, trained_model: Path, exported_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "exported"

    assert run("exporter", "to-onnx", trained_model, "--out", out, "--diagnostics").code == 0
    done = run("onnlu", "parse", out, "--diagnostics", "fly to Lima")
    without = run("onnlu", "parse", exported_model, "--diagnostics", "fly to Lima", "--json")

    (found,) = json.loads(done.out)["diagnostic_data"].values()
    assert "text_transformed" in found
    assert "diagnostic_data" not in json.loads(run("onnlu", "parse", out, "fly to Lima").out)
    assert without.code == 5
    assert "exporter to-onnx" in json.loads(without.out)["error"]["message"]


def test_an_export_replaces_a_model_only_on_request(
    run: Run, trained_model: Path, exported_model: Path
) -> None:
    done = run("exporter", "to-onnx", trained_model, "--out", exported_model)

    assert done.code == 1
    assert "--overwrite" in done.err


def test_nothing_to_export_is_5(run: Run, tmp_path: Path) -> None:
    assert run("exporter", "to-onnx", tmp_path / "none", "--out", tmp_path / "out").code == 5


def test_verify_compares_on_the_users_texts(
    run: Run, trained_model: Path, exported_model: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "fly to Lima"}\n{"text": "\\ud800"}\n', encoding="utf-8")

    done = run(
        "exporter", "verify", exported_model, "--against", trained_model, "--input", texts,
        "--json",
    )  # fmt: skip

    assert done.code == 0
    assert json.loads(done.out)["parity"]["texts"] == 2


@pytest.mark.slow
def test_verify_without_texts_takes_the_models_own(
    run: Run, trained_model: Path, exported_model: Path
) -> None:
    done = run("exporter", "verify", exported_model, "--against", trained_model)

    assert done.code == 0
    assert "worst difference" in done.out


def test_verify_on_no_text_at_all_proves_nothing(
    run: Run, trained_model: Path, exported_model: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()

    done = run("exporter", "verify", exported_model, "--against", trained_model, "--input", empty)

    assert done.code == 3
    assert f"{empty} holds no text" in done.err


@pytest.mark.slow
def test_verify_against_another_model_is_4(
    run: Run, exported_model: Path, tiny_project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    run("trainer", *fit_of(tiny_project, other, "--epochs", "1", "--seed", "9"))

    done = run("exporter", "verify", exported_model, "--against", other)

    assert (done.code, done.out) == (4, "")


def test_inspect_shows_interface_and_contents(run: Run, exported_model: Path) -> None:
    as_text = run("exporter", "inspect", exported_model)
    document = json.loads(run("exporter", "inspect", exported_model, "--json").out)

    (graph,) = document["graphs"].values()
    outputs = {value["name"]: value for value in graph["outputs"]}
    (file,) = exported_model.glob("components/*/model.onnx")
    assert as_text.code == 0
    assert as_text.err == ""
    assert outputs["intent.confidences"] == {
        "name": "intent.confidences",
        "dtype": "float32",
        "dims": ["batch", 2],
    }
    assert {value["name"] for value in graph["inputs"]} >= {"text.lengths", "text.sequence.ids"}
    assert graph["operators"]["Scan"] == 2
    assert 0 < 4 * graph["parameters"] <= graph["size"] == file.stat().st_size
    assert "fly to Paris" in document["golden_texts"]
    assert document["parity"]["texts"] > 0
    for words in ("intent.confidences", "opset", "operators", "parameters", "golden texts"):
        assert words in as_text.out


def test_inspect_of_a_trained_model_is_5(run: Run, trained_model: Path) -> None:
    done = run("exporter", "inspect", trained_model)

    assert done.code == 5
    assert "exporter to-onnx" in done.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("to-onnx", "m"), "Missing option '--out'"),
        (("to-onnx", "m", "--out", "o", "--atol", "-1"), "-1.0 is not in the range"),
        (("to-onnx", "m", "--out", "o", "--atol", "nan"), "nan is not in the range"),
        (("to-onnx", "m", "--out", "o", "--quantize", "int4"), "'int4' is not 'int8'"),
        (("to-onnx", "m", "--out", "o", "--evaluate", "d"), "--evaluate needs --quantize int8"),
        (("to-onnx", "m", "--out", "o", "--min-agreement", "1"), "--min-agreement needs --quan"),
        (
            ("to-onnx", "m", "--out", "o", "--quantize", "int8", "--max-accuracy-loss", "0"),
            "--max-accuracy-loss needs --evaluate",
        ),
        (("verify", "m"), "Missing option '--against'"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    done = run("exporter", *arguments)

    assert (done.code, done.out) == (2, "")
    assert problem in done.err
