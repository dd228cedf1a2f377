"""From a trained model's directory to an exported one (design.md 4, 5)."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

import onnlu
from onnlu.golden import CASES_FILE, TENSORS_FILE, verify_golden, write_golden
from onnlu.loading import load
from onnlu.message import Message
from onnlu.tolerance import Tolerance
from onnlu_engine import GraphComponent
from onnlu_engine.errors import IncompatibleModelException, ModelWriteException
from onnlu_export.conversion import Conversion
from onnlu_export.errors import ParityException
from onnlu_export.exporting import to_onnx
from onnlu_export.passes import DEFAULT_PASSES
from onnlu_export.verifying import verify_export
from onnlu_train.loading import load as load_trained

from .conftest import CHARACTERS, WORDS, fit
from .rewriting import rewritten

TEXTS = [
    "fly from paris to rome",
    "hello",
    "a large tea, a small one",
    "go to nowhere at all",
    "",
    "zzz",
    "from oslo",
]


def test_trained_and_exported_models_parse_alike(trained_model: Path, exported_model: Path):
    exported, trained = onnlu.load(exported_model, device="cpu"), load_trained(trained_model)
    report = verify_export(exported, trained, TEXTS, Tolerance())
    assert report.texts == len(TEXTS)
    result = exported.parse(TEXTS[0]).to_dict()
    assert result["intent"]["name"] == trained.parse(TEXTS[0]).to_dict()["intent"]["name"]


@pytest.mark.parametrize(
    "text", ["go to oslo " * 200, "oslo" * 3_000], ids=["tokens", "characters"]
)
def test_a_text_beyond_the_limits_is_no_obstacle(
    text: str, trained_model: Path, exported_model: Path, tmp_path: Path
):
    trained, exported = load_trained(trained_model), onnlu.load(exported_model, device="cpu")
    assert verify_export(exported, trained, [text], Tolerance()).texts == 1
    write_golden(exported, exported.model.manifest["exported_nodes"], [text], tmp_path, Tolerance())
    (case,) = json.loads((tmp_path / CASES_FILE).read_text(encoding="utf-8"))["cases"]
    assert case["text"] == text
    assert text.startswith(case["result"]["text"])
    assert len(case["result"]["text"]) < len(text)
    with np.load(tmp_path / TENSORS_FILE) as tensors:
        assert max(array.shape[1] for array in tensors.values()) <= 512


def test_what_is_beyond_the_limits_is_not_compared(trained_model: Path, exported_model: Path):
    trained = load_trained(trained_model)
    exported = onnlu.load(exported_model, device="cpu", max_tokens=3)
    report = verify_export(exported, trained, ["fly from paris to rome"], Tolerance())
    assert report.worst["entity.scores"].where.startswith("text 'fly from paris', ")


def test_role_and_group_heads_are_exported(exported_model: Path):
    (path,) = exported_model.glob("components/*/model.onnx")
    outputs = [output.name for output in onnx.load(path).graph.output]
    heads = [
        f"{head}.{kind}" for head in ("entity", "role", "group") for kind in ("tags", "scores")
    ]
    assert outputs == ["intent.confidences", *heads]


def test_the_manifest_says_what_was_compared(trained_model: Path, exported_model: Path):
    manifest = json.loads((exported_model / "manifest.json").read_text(encoding="utf-8"))
    source = json.loads((trained_model / "manifest.json").read_text(encoding="utf-8"))
    texts = json.loads((trained_model / "samples/texts.json").read_text(encoding="utf-8"))
    assert manifest["kind"] == "onnx"
    assert manifest["exported_from"] == source["model_id"]
    assert manifest["parity"]["texts"] >= len(texts)
    assert len(manifest["parity"]["grid"]) == 21
    assert manifest["parity"]["tolerance"] == {"atol": 1e-5, "rtol": 1e-4}
    worst = manifest["parity"]["worst"]
    assert max(output["difference"] for output in worst.values()) < 1e-3
    assert all(re.match(r"text '|Random features, ", o["where"]) for o in worst.values())
    assert "tf2onnx" in manifest["versions"]


def test_no_code_and_no_weights_of_tensorflow_are_left_in_it(exported_model: Path):
    suffixes = {path.suffix for path in exported_model.rglob("*") if path.is_file()}
    assert suffixes == {".json", ".onnx", ".npz"}


def test_a_graph_that_is_off_by_one_percent_leaves_nothing_on_disk(
    trained_model: Path, tmp_path: Path
):
    def off(conversion: Conversion) -> None:
        largest = max(
            (
                t
                for t in conversion.graph.graph.initializer
                if t.data_type == onnx.TensorProto.FLOAT
            ),
            key=lambda tensor: np.prod(tensor.dims),
        )
        value = numpy_helper.to_array(largest) * np.float32(1.01)
        largest.CopyFrom(numpy_helper.from_array(value, largest.name))

    with pytest.raises(ParityException) as caught:
        to_onnx(trained_model, tmp_path / "onnx", passes=[*DEFAULT_PASSES, off])
    assert caught.value.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_taken_target_is_refused_before_anything_is_done(
    trained_model: Path, exported_model: Path
):
    before = (exported_model / "manifest.json").read_bytes()
    with pytest.raises(ModelWriteException):
        to_onnx(trained_model, exported_model)
    assert (exported_model / "manifest.json").read_bytes() == before


def test_an_export_does_not_replace_the_model_it_is_made_of(trained_model: Path):
    before = (trained_model / "manifest.json").read_bytes()
    with pytest.raises(ModelWriteException, match="is the trained model itself"):
        to_onnx(trained_model, trained_model / ".." / trained_model.name, overwrite=True)
    assert (trained_model / "manifest.json").read_bytes() == before


def test_an_exported_model_cannot_be_exported_again(exported_model: Path, tmp_path: Path):
    with pytest.raises(IncompatibleModelException, match="is an exported model"):
        to_onnx(exported_model, tmp_path / "again")
    assert list(tmp_path.iterdir()) == []


def test_each_kind_of_model_is_refused_by_the_others_loader(
    trained_model: Path, exported_model: Path
):
    with pytest.raises(IncompatibleModelException, match="onnlu parse"):
        load_trained(exported_model)
    with pytest.raises(IncompatibleModelException, match="exporter to-onnx"):
        onnlu.load(trained_model)


def test_an_export_with_another_graph_is_not_compared(
    trained_model: Path, exported_model: Path, tmp_path: Path
):
    manifest = json.loads((exported_model / "manifest.json").read_text(encoding="utf-8"))
    name, node = next(iter(manifest["predict_schema"]["nodes"].items()))
    schema = {"nodes": {name: node}}
    other = rewritten(exported_model, tmp_path / "other", predict_schema=schema, nlu_target=name)
    exported, trained = onnlu.load(other, device="cpu"), load_trained(trained_model)
    with pytest.raises(IncompatibleModelException, match="exported from another model"):
        verify_export(exported, trained, TEXTS, Tolerance())


def test_tags_that_nearly_tie_excuse_entities_alone(
    trained_model: Path, exported_model: Path, tmp_path: Path
):
    """Other weights give other tags; with so wide a tolerance all of them nearly tie."""
    copy = shutil.copytree(trained_model, tmp_path / "copy")
    (path,) = copy.glob("components/*/weights.safetensors")
    weights = load_file(path)
    save_file({n: -w if n.startswith("entity.") else w for n, w in weights.items()}, path)
    trained = load_trained(rewritten(copy, tmp_path / "other weights"))
    wide, text = Tolerance(atol=1e9), TEXTS[0]
    sound = onnlu.load(exported_model, device="cpu")
    assert sound.parse(text).entities != trained.parse(text).entities
    assert verify_export(sound, trained, [text], wide).near_ties > 0

    copy = shutil.copytree(exported_model, tmp_path / "exported copy")
    (path,) = copy.glob("components/*/facts.json")
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**facts, "ranking_length": 1}), encoding="utf-8")
    wrong = onnlu.load(rewritten(copy, tmp_path / "wrong"), device="cpu")
    with pytest.raises(ParityException, match="1 ranked intents instead of 3"):
        verify_export(wrong, trained, [text], wide)


def test_batches_give_the_decisions_of_single_texts(exported_model: Path):
    nlu = onnlu.load(exported_model, device="cpu")
    for together, text in zip(nlu.parse_batch(TEXTS), TEXTS, strict=True):
        alone = nlu.parse(text).to_dict()
        assert together.to_dict()["intent"]["name"] == alone["intent"]["name"]
        confidence = together.to_dict()["intent"]["confidence"]
        assert confidence == pytest.approx(alone["intent"]["confidence"], abs=1e-5)
        keys = ("entity", "start", "end", "value", "role", "group")
        assert [[e.get(k) for k in keys] for e in together.to_dict()["entities"]] == [
            [e.get(k) for k in keys] for e in alone["entities"]
        ]


class Marker(GraphComponent):
    """Writes a word of its configuration on every message."""

    def __init__(self, word: str) -> None:
        self._word = word

    @classmethod
    def create(cls, config: dict[str, Any], *_: Any) -> Self:
        return cls(config["word"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"word": "nothing"}

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            intent = message.data["intent"]
            message.set("intent", {**intent, "name": f"{self._word} {intent['name']}"})
        return messages


def test_a_foreign_node_in_the_schema_runs(exported_model: Path, tmp_path: Path):
    manifest = json.loads((exported_model / "manifest.json").read_text(encoding="utf-8"))
    schema, target = manifest["predict_schema"], manifest["nlu_target"]
    spliced = json.loads(json.dumps(schema))
    nodes = spliced.get("nodes", spliced)
    nodes["foreign"] = {
        **nodes[target],
        "needs": {"messages": target},
        "uses": "Marker",
        "config": {"word": "surely"},
        "resource": None,
    }
    model = rewritten(
        exported_model, tmp_path / "spliced", predict_schema=spliced, nlu_target="foreign"
    )
    plain = onnlu.load(exported_model, device="cpu").parse("hello").to_dict()
    marked = onnlu.load(model, device="cpu", components=[Marker]).parse("hello").to_dict()
    assert marked["intent"]["name"] == f"surely {plain['intent']['name']}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("featurizers", "options", "outputs"),
    [
        (WORDS, "  entity_recognition: false", ["intent.confidences"]),
        (
            WORDS,
            "  intent_classification: false",
            [f"{h}.{k}" for h in ("entity", "role", "group") for k in ("tags", "scores")],
        ),
        (CHARACTERS, "  BILOU_flag: false", None),
    ],
    ids=["intents only", "entities only", "characters only: labels are one-hot"],
)
def test_models_of_other_kinds_are_exported(
    tmp_path: Path, featurizers: str, options: str, outputs: list[str] | None
):
    trained = fit(tmp_path / "work", featurizers=featurizers, options=options)
    to_onnx(trained, tmp_path / "onnx")
    nlu = load(tmp_path / "onnx", device="cpu")
    assert verify_golden(nlu).cases > 0
    (path,) = (tmp_path / "onnx").glob("components/*/model.onnx")
    if outputs is not None:
        assert [output.name for output in onnx.load(path).graph.output] == outputs
    assert nlu.parse("hello").to_dict()["text"] == "hello"
