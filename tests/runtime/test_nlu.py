"""Loading a model: limits, devices, and what its components may do."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

import onnlu
from onnlu.comparison import compare_results
from onnlu.errors import TextTooLongException
from onnlu.message import INTENT, Message
from onnlu.nlu import describe
from onnlu.tolerance import Tolerance
from onnlu_engine import (
    ComponentRegistry,
    ExecutionContext,
    GraphComponent,
    GraphSchema,
    ModelStorage,
    Resource,
    SchemaNode,
    open_model,
    write_model,
)
from onnlu_engine.errors import CorruptModelException, InvalidConfigException, OnnluException


class Greeter(GraphComponent):
    """Takes every text for a greeting; can find its device broken, once."""

    broken_device: ClassVar[bool] = False
    devices: ClassVar[list[str]] = []

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        cls.devices.append(execution_context.settings["device"])
        if cls.broken_device:
            cls.broken_device = False
            raise onnlu.DeviceUnavailableException("no memory is left on the device")
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set(INTENT, {"name": "greet", "confidence": 1.0})
        return messages


class Writer(Greeter):
    """Persists something while it is loaded."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        with model_storage.write_to(resource) as folder:
            (folder / "note").touch()
        return cls()


class Signer(Greeter):
    """Says in each message what model it serves."""

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        component = super().load(config, model_storage, resource, execution_context)
        component.served = execution_context.model_id
        return component

    served: str | None

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set(INTENT, {"name": self.served, "confidence": 1.0})
        return messages


def written(folder: Path, component: type[GraphComponent]) -> Path:
    """Write a model whose graph is one component."""
    node = SchemaNode({"messages": "__message__"}, component, "load", "process", {}, eager=True)
    manifest = {
        "kind": "onnx",
        "predict_schema": GraphSchema({"run": node}).as_dict(ComponentRegistry([component])),
        "nlu_target": "run",
        "labels": {},
        "versions": {},
    }
    source = folder / "source"
    source.mkdir()
    (source / "facts.json").write_text("{}")
    write_model(folder / "model", manifest, {"components": source})
    return folder / "model"


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    Greeter.devices.clear()
    return written(tmp_path, Greeter)


@pytest.mark.parametrize("number", [0, -1])
@pytest.mark.parametrize("name", ["threads", "max_characters", "max_tokens"])
def test_a_limit_below_one_is_refused(greeter: Path, name: str, number: int) -> None:
    with pytest.raises(InvalidConfigException, match=f"{name} must be at least 1, not {number}"):
        onnlu.load(greeter, components=[Greeter], **{name: number})


@pytest.mark.parametrize("name", ["threads", "max_characters", "max_tokens"])
def test_a_limit_that_is_no_whole_number_is_refused(greeter: Path, name: str) -> None:
    with pytest.raises(InvalidConfigException, match=f"{name} must be a whole number, not '2'"):
        onnlu.load(greeter, components=[Greeter], **{name: "2"})


def test_one_text_is_no_batch_of_its_characters(greeter: Path) -> None:
    with pytest.raises(InvalidConfigException, match="list of texts"):
        onnlu.load(greeter, device="cpu", components=[Greeter]).parse_batch("hello")


def test_auto_falls_back_once_where_the_device_does_not_work(greeter: Path) -> None:
    Greeter.broken_device = True

    nlu = onnlu.load(greeter, device="auto", components=iter([Greeter]))

    assert len(Greeter.devices) == 2
    assert Greeter.devices[1] == nlu.info()["settings"]["device"] == "cpu"
    assert nlu.info()["settings"]["fallback"] == "no memory is left on the device"
    assert nlu.parse("hi").intent == onnlu.Intent("greet", 1.0)


def test_an_explicit_device_that_does_not_work_is_an_error(greeter: Path) -> None:
    Greeter.broken_device = True

    with pytest.raises(onnlu.DeviceUnavailableException, match="no memory is left"):
        onnlu.load(greeter, device="cpu", components=[Greeter])


def test_a_component_that_writes_while_it_is_loaded_is_refused(tmp_path: Path) -> None:
    model = written(tmp_path, Writer)

    with pytest.raises(OnnluException, match="belongs to a model that is being served"):
        onnlu.load(model, components=[Writer])

    open_model(model)


@pytest.mark.behaviour("1.7/2")
def test_a_component_is_told_which_model_it_serves(tmp_path: Path) -> None:
    model = written(tmp_path, Signer)

    nlu = onnlu.load(model, components=[Signer])

    assert nlu.parse("hi").intent.name == open_model(model).model_id
    assert nlu.component("run").served == open_model(model).model_id


def test_a_manifest_without_a_graph_is_that_of_no_usable_model(tmp_path: Path) -> None:
    write_model(tmp_path / "model", {"kind": "tensorflow"}, {})

    with pytest.raises(
        CorruptModelException, match="'predict_schema' is missing; 'nlu_target' is missing"
    ):
        describe(open_model(tmp_path / "model"))


def random_texts(number: int, words: int) -> list[str]:
    known = ["fly", "to", "Rome", "hello", "please", "Paris", "good", "morning", "zzz", "😀"]
    rng = random.Random(7)
    return [" ".join(rng.choices(known, k=rng.randint(0, words))) for _ in range(number)]


@pytest.mark.parametrize("threads", [2, 3])
def test_a_batch_divided_among_threads_gives_the_results_of_single_texts(
    exported_model: Path, threads: int
) -> None:
    nlu = onnlu.load(exported_model, device="cpu", threads=threads, max_tokens=60)
    texts = [*random_texts(200, words=70), "", "zzz", "x" * 900]
    alone = [nlu.parse(text, on_too_long="truncate") for text in texts]

    together = nlu.parse_batch(texts, on_too_long="truncate")
    for one, other in zip(alone, together, strict=True):
        assert compare_results(other.to_dict(), one.to_dict(), Tolerance()).difference is None
    with pytest.raises(TextTooLongException):
        nlu.parse_batch(["hello " * 61, *texts[:60]])


def test_one_model_shared_by_32_threads_gives_the_results_of_one(exported_model: Path) -> None:
    nlu = onnlu.load(exported_model, device="cpu")
    texts = random_texts(400, words=30)
    alone = [nlu.parse(text) for text in texts]

    with ThreadPoolExecutor(32) as pool:
        together = list(pool.map(nlu.parse, texts))

    assert together == alone


def test_components_are_told_in_the_order_in_which_a_message_passes_them(
    exported_model: Path,
) -> None:
    components = list(onnlu.load(exported_model, device="cpu").info()["components"].values())
    assert components[:2] == ["NLUMessageConverter", "WhitespaceTokenizer"]
    assert components[-1] == "RegexMessageHandler"
    assert components.index("DIETClassifierOnnx") > components.index("CountVectorsFeaturizer")
