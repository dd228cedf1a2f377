"""A second graph shows how a model came to a result; the serving graph is as without it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import onnlu
from onnlu.tolerance import Tolerance
from onnlu_engine.errors import IncompatibleModelException
from onnlu_export.cli.inspect import inspect_command
from onnlu_export.errors import ParityException
from onnlu_export.exporting import to_onnx
from onnlu_export.inspection import inspect_export
from onnlu_export.verifying import verify_export
from onnlu_train.loading import load as load_trained

from .rewriting import changed_file

TEXT = "fly from paris to rome"


@pytest.fixture(scope="module")
def diagnosed(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("diagnosed") / "onnx"
    to_onnx(trained_model, out, diagnostics=True)
    return out


def only(diagnostics: Any) -> dict[str, np.ndarray]:
    (found,) = diagnostics.values()
    return dict(found)


def content(path: Path) -> Any:
    """Return a graph without its names and its order, in which two conversions differ."""
    graph = onnx.load(path).graph
    return (
        sorted((n.op_type, len(n.input), *sorted(map(str, n.attribute))) for n in graph.node),
        sorted((repr(list(t.dims)), t.data_type, t.raw_data) for t in graph.initializer),
        [o.name for o in graph.output],
    )


def without_bodies(found: Any) -> Any:
    return [node for node in found[0] if node[0] != "Scan"], *found[1:]


def test_the_serving_graph_is_as_without_them(diagnosed: Path, exported_model: Path):
    (slim,) = diagnosed.glob("components/*/model.onnx")
    (plain,) = exported_model.glob("components/*/model.onnx")
    assert without_bodies(content(slim)) == without_bodies(content(plain))
    (full,) = diagnosed.glob("components/*/diagnostics.onnx")
    assert content(full)[2] == [
        *content(slim)[2],
        "diagnostic_data.text_transformed",
        "diagnostic_data.attention_weights",
    ]


def test_inspection_shows_both_graphs(
    diagnosed: Path, exported_model: Path, capsys: pytest.CaptureFixture[str]
):
    found = inspect_export(diagnosed)
    ((name, slim),) = found["graphs"].items()
    full = found["diagnostics"][name]
    names = [[output["name"] for output in graph["outputs"]] for graph in (slim, full)]
    assert set(names[1]) - set(names[0]) == {
        "diagnostic_data.text_transformed",
        "diagnostic_data.attention_weights",
    }
    assert "diagnostics" not in inspect_export(exported_model)
    inspect_command.main([str(diagnosed)], standalone_mode=False)
    shown = capsys.readouterr().out
    assert f"{name}, diagnostics\n" in shown
    assert "output diagnostic_data.attention_weights" in shown


def test_each_text_has_a_slot_for_each_token_and_one_for_the_sentence(diagnosed: Path):
    nlu = onnlu.load(diagnosed, device="cpu")
    for text in (TEXT, "hello"):
        result = nlu.parse(text, diagnostics=True)
        (node,) = result.diagnostic_data
        assert node == nlu.model.manifest["diagnostics"][0]
        slots = len(result.text_tokens) + 1
        found = only(result.diagnostic_data)
        assert found["attention_weights"].shape == (1, 1, 2, slots, slots)
        assert found["attention_weights"].dtype == np.float32
        np.testing.assert_allclose(found["attention_weights"].sum(-1), 1.0, atol=1e-5)
        assert found["text_transformed"].shape == (1, slots, 16)


def test_they_are_those_of_the_trained_model(trained_model: Path, diagnosed: Path):
    exported, trained = onnlu.load(diagnosed, device="cpu"), load_trained(trained_model)
    ours, theirs = (
        only(nlu.parse(TEXT, diagnostics=True).diagnostic_data) for nlu in (exported, trained)
    )
    assert ours.keys() == theirs.keys() == {"attention_weights", "text_transformed"}
    for name, array in theirs.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-4, atol=1e-5)


def test_results_are_the_same_with_them_and_without(diagnosed: Path):
    nlu = onnlu.load(diagnosed, device="cpu")
    texts = [TEXT, "hello", "", "zzz", "a large tea, a small one"]
    plain = nlu.parse_batch(texts)
    shown = nlu.parse_batch(texts, diagnostics=True)
    for one, other in zip(plain, shown, strict=True):
        assert one.diagnostic_data == {}
        assert one.intent.name == other.intent.name
        assert one.intent.confidence == pytest.approx(other.intent.confidence, abs=1e-5)
        assert [e.value for e in one.entities] == [e.value for e in other.entities]
    assert "diagnostic_data" not in plain[0].to_dict()


def test_as_json_they_are_nested_lists(diagnosed: Path):
    result = onnlu.load(diagnosed, device="cpu").parse(TEXT, diagnostics=True)
    document = json.loads(json.dumps(result.to_dict()))
    read = only(document["diagnostic_data"])
    for name, array in only(result.diagnostic_data).items():
        np.testing.assert_array_equal(np.array(read[name], np.float32), array)


def test_threads_share_what_is_loaded_once(diagnosed: Path):
    nlu = onnlu.load(diagnosed, device="cpu")
    alone = only(onnlu.load(diagnosed, device="cpu").parse(TEXT, diagnostics=True).diagnostic_data)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: nlu.parse(TEXT, diagnostics=True), range(32)))
        runners = set(pool.map(lambda _: id(nlu._diagnostics()), range(32)))
    assert len(runners) == 1
    for result in results:
        for name, array in only(result.diagnostic_data).items():
            np.testing.assert_allclose(array, alone[name], atol=1e-6)


def test_nothing_is_loaded_for_them_before_they_are_asked_for(diagnosed: Path, tmp_path: Path):
    """A graph that cannot be loaded disturbs nobody who does not ask for it."""
    model = changed_file(
        diagnosed, tmp_path, "components/*/diagnostics.onnx", lambda path: path.write_bytes(b"no")
    )
    nlu = onnlu.load(model, device="cpu")
    assert nlu.parse("hello").intent.name is not None
    with pytest.raises(onnlu.CorruptModelException, match=r"diagnostics\.onnx"):
        nlu.parse("hello", diagnostics=True)
    assert nlu.parse("hello").intent.name is not None


def test_a_model_without_them_says_how_to_get_them(exported_model: Path):
    nlu = onnlu.load(exported_model, device="cpu")
    with pytest.raises(IncompatibleModelException, match=r"to-onnx .* --diagnostics") as caught:
        nlu.parse("hello", diagnostics=True)
    assert caught.value.exit_code == 5


def test_they_are_held_to_the_trained_model_again(
    trained_model: Path, diagnosed: Path, tmp_path: Path
):
    exported, trained = onnlu.load(diagnosed, device="cpu"), load_trained(trained_model)
    report = verify_export(exported, trained, [TEXT], Tolerance())
    assert report.worst["diagnostic_data.attention_weights"].difference < 1e-5

    def change(path: Path) -> None:
        graph = onnx.load(path)
        last = next(n for n in graph.graph.node if n.op_type == "Gelu")
        last.op_type = "Relu"
        culprits.append(last.name)
        onnx.save(graph, path)

    culprits: list[str] = []
    model = changed_file(diagnosed, tmp_path, "components/*/diagnostics.onnx", change)
    with pytest.raises(ParityException) as caught:
        verify_export(onnlu.load(model, device="cpu"), trained, [TEXT], Tolerance())
    assert caught.value.divergence is not None
    assert [caught.value.divergence.node] == culprits
