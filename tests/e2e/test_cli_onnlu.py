"""`onnlu` on an exported model: texts, files, pipes, errors."""

import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu.golden import GOLDEN, TENSORS_FILE
from onnlu_engine.model_directory import open_model, write_model

from .commands import Run, Start


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_texts_become_one_document_a_line(run: Run, exported_model: Path) -> None:
    done = run("onnlu", "parse", exported_model, "fly to Rome", "hello")

    first, second = documents(done.out)
    assert done.code == 0
    assert done.err == ""
    assert (first["text"], first["intent"]["name"]) == ("fly to Rome", "fly")
    assert (second["text"], second["intent"]["name"]) == ("hello", "greet")


def test_odd_texts_are_parsed(run: Run, exported_model: Path, tmp_path: Path) -> None:
    texts = ["", " ", "\U0001f600\U0001f600", "\ud800", "\x00", "a\nb", "\u202e", "?"]
    file = tmp_path / "odd.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

    done = run("onnlu", "parse", exported_model, "--input", file, "--json")

    assert done.code == 0
    assert [document["text"] for document in documents(done.out)] == texts
    assert done.out.isascii()


def test_texts_come_from_stdin(run: Run, exported_model: Path) -> None:
    done = run("onnlu", "parse", exported_model, stdin="fly to Rome\ngrün\n".encode())

    assert [document["text"] for document in documents(done.out)] == ["fly to Rome", "grün"]


def test_files_and_arguments_give_the_same(run: Run, exported_model: Path, tmp_path: Path) -> None:
    texts = [f"fly to Rome {number}" for number in range(150)]
    source, output = tmp_path / "texts.txt", tmp_path / "results.jsonl"
    source.write_text("\n".join(texts), encoding="utf-8")

    done = run("onnlu", "parse", exported_model, "--input", source, "--output", output)
    by_argument = documents(run("onnlu", "parse", exported_model, *texts[:3]).out)

    found = documents(output.read_text(encoding="utf-8"))
    assert (done.code, done.out) == (0, "")
    assert [document["text"] for document in found] == texts
    for one, other in zip(found, by_argument, strict=False):
        assert one["entities"] == [
            {**entity, "confidence_entity": pytest.approx(entity["confidence_entity"], abs=1e-5)}
            for entity in other["entities"]
        ]


def test_a_pipe_is_answered_line_by_line(start: Start, exported_model: Path) -> None:
    with start("onnlu", "parse", exported_model) as process:
        assert process.stdin
        assert process.stdout
        for text in ("hello", "fly to Rome"):
            process.stdin.write(f"{text}\n".encode())
            process.stdin.flush()
            # Our end is still open: an answer that waited for more would never come.
            assert json.loads(process.stdout.readline())["text"] == text
        process.stdin.close()
        assert process.wait() == 0


def test_control_c_ends_with_130(start: Start, exported_model: Path) -> None:
    with start("onnlu", "parse", exported_model) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        process.stdout.readline()

        process.send_signal(signal.SIGINT)

        assert process.wait() == 130
        assert process.stderr.read().split() == [b"Interrupted."]


def test_a_text_beyond_the_limit_is_named_by_its_line(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    file, output = tmp_path / "texts.txt", tmp_path / "out.jsonl"
    file.write_text("hello\n" + "a" * 100_000 + "\nhi\n", encoding="utf-8")

    to_stdout = run("onnlu", "parse", exported_model, "--input", file)
    to_file = run("onnlu", "parse", exported_model, "--input", file, "--output", output)

    assert to_stdout.code == to_file.code == 1
    assert [document["text"] for document in documents(to_stdout.out)] == ["hello"]
    assert to_stdout.err.startswith(f"error: {file}:2: A text of 100000 characters")
    assert not output.exists()


@pytest.mark.parametrize("text", ["a" * 100_000, "a " * 4_000])
def test_a_text_beyond_the_limit_is_truncated_on_request(
    run: Run, exported_model: Path, text: str
) -> None:
    options = ("--on-too-long", "truncate")

    done = run("onnlu", "parse", exported_model, *options, stdin=f"{text}\nhello".encode())

    long, short = documents(done.out)
    assert done.code == 0
    assert text.startswith(long["text"])
    assert done.err == ""
    assert 0 < len(long["text"]) <= 10_000
    assert short["text"] == "hello"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("bad.jsonl", b'{"text": "a"}\n{"txt": "b"}\n', 2),
        ("bad.jsonl", b"hello\n", 1),
        ("bad.txt", b"one\ntwo\n\xff\n", 3),
    ],
)
def test_a_bad_line_is_named(
    run: Run, exported_model: Path, tmp_path: Path, name: str, content: bytes, line: int
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    done = run("onnlu", "parse", exported_model, "--input", file)

    assert done.code == 3
    assert done.err.startswith(f"error: {file}:{line}: ")
    assert len(documents(done.out)) == line - 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("parse",), "Missing argument 'MODEL'"),
        (("parse", "m", "a", "--input", "f"), "Give texts or --input, not both."),
        (("parse", "m", "--device", "tpu"), "'tpu' is none of: auto, cpu, cuda, cuda:NUMBER."),
        (("parse", "m", "--threads", "0"), "0 is not in the range"),
        (("parse", "m", "--on-too-long", "ignore"), "'ignore' is not one of"),
        (("prase", "m"), "No such command 'prase'"),
        ((), "Usage: onnlu"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    done = run("onnlu", *arguments)

    assert (done.code, done.out) == (2, "")
    assert problem in done.err


@pytest.mark.parametrize("command", ["parse", "verify", "info"])
def test_no_model_is_5(run: Run, tmp_path: Path, command: str) -> None:
    done = run("onnlu", command, tmp_path / "none", "--json")

    assert done.code == 5
    assert json.loads(done.out)["error"]["exit_code"] == 5
    assert "There is no model at" in done.err


def test_a_changed_model_is_5(run: Run, exported_model: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(exported_model, model)
    file = next(model.glob("components/*/model.onnx"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    done = run("onnlu", "parse", model, "hello")

    assert (done.code, done.out) == (5, "")
    assert "has been changed" in done.err


def test_another_model_than_the_pinned_one_is_5(run: Run, exported_model: Path) -> None:
    model_id = open_model(exported_model).model_id
    other = "0" * 64

    pinned = run("onnlu", "parse", exported_model, "hello", "--digest", f"sha256:{model_id}")
    refused = run("onnlu", "parse", exported_model, "hello", "--digest", f"sha256:{other}")

    assert (pinned.code, refused.code) == (0, 5)
    assert model_id in refused.err


def test_a_trained_model_is_5_and_the_export_named(run: Run, trained_model: Path) -> None:
    done = run("onnlu", "parse", trained_model, "hello")

    assert done.code == 5
    assert f"exporter to-onnx {trained_model}" in done.err


def test_a_device_that_is_not_there_is_6(run: Run, exported_model: Path) -> None:
    done = run("onnlu", "parse", exported_model, "hello", "--device", "cuda:99")

    assert (done.code, done.out) == (6, "")
    assert "cuda:99" in done.err


def test_two_onnx_runtimes_in_one_place_are_refused(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").touch()
    for name in ("onnxruntime", "onnxruntime_gpu"):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        text = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n"
        (folder / "METADATA").write_text(text, encoding="utf-8")

    done = run("onnlu", "parse", exported_model, "a", env={"PYTHONPATH": str(tmp_path)})

    assert done.code == 1
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in done.err


def test_an_output_that_cannot_be_written_is_1(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    done = run("onnlu", "parse", exported_model, "a", "--output", tmp_path / "none" / "out")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: No such file or directory: ")


def test_verify_proves_the_golden_texts(run: Run, exported_model: Path) -> None:
    as_text, as_json = (
        run("onnlu", "verify", exported_model, *options) for options in ((), ("--json",))
    )

    found = json.loads(as_json.out)
    assert as_text.code == as_json.code == 0
    assert found["cases"] > 0
    assert found["worst"] <= 1e-5
    assert sum(found["placement"]["nodes"].values()) > 20
    assert found["tolerance"] == {"atol": 1e-5, "rtol": 1e-4}
    assert found["device"] == "cpu" or found["device"].startswith("cuda:")
    for words in ("golden texts", "worst difference", "near ties", "device", "ExecutionProvider"):
        assert words in as_text.out


def test_a_model_that_gives_other_numbers_is_4(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    model = open_model(exported_model)
    golden, changed = tmp_path / "golden", tmp_path / "model"
    shutil.copytree(model.path / GOLDEN, golden)
    with np.load(golden / TENSORS_FILE) as arrays:
        tensors = {name: array + array.dtype.type(1) for name, array in arrays.items()}
    np.savez(golden / TENSORS_FILE, **tensors)
    write_model(changed, model.manifest, {"components": model.components, GOLDEN: golden})

    done = run("onnlu", "verify", changed, "--json")

    assert done.code == 4
    assert json.loads(done.out)["error"]["type"] == "VerificationException"
    assert done.err.startswith("error: Golden text 0")


def test_info_says_what_a_model_is(run: Run, exported_model: Path, trained_model: Path) -> None:
    as_text = run("onnlu", "info", exported_model)
    exported, trained = (
        json.loads(run("onnlu", "info", model, "--json").out)
        for model in (exported_model, trained_model)
    )

    for words in (
        "intents     2: fly, greet",
        "entities    1: city",
        "parity",
        "worst",
        "proven on",
        "onnlu/1.0",
    ):
        assert words in as_text.out
    assert f"sha256:{exported['model_id']}" in as_text.out
    assert (exported["kind"], trained["kind"]) == ("onnx", "tensorflow")
    assert exported["labels"] == trained["labels"]
    assert exported["parity"]["texts"] > 0
    assert exported["parity"]["versions"]["tensorflow"]
    assert exported["parity"]["cpu"]
    assert exported["settings"]["device"] != "auto"
    assert "settings" not in trained
