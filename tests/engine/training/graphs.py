"""A small train graph whose nodes note when they run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any, ClassVar, Self

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.training import GraphTrainer, LocalTrainingCache, TrainingOutcome, TrainingPlan


@dataclass(frozen=True)
class Words:
    """What nodes hand on: two parts that may be read apart."""

    words: tuple[str, ...]
    responses: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        return repr((self.words, self.responses))

    def fingerprint_parts(self) -> dict[str, str]:
        return {"words": repr(self.words), "responses": repr(self.responses)}


class Component(GraphComponent):
    """Keeps what it is built with, and a list of all runs of the process."""

    runs: ClassVar[list[str]] = []

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, node: str
    ) -> None:
        self.config = config
        self.storage = storage
        self.resource = resource
        self.node = node

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, model_storage, resource, str(execution_context.node_name))


class Provider(Component):
    """Hands on what the graph is given."""

    def provide(self, source: Any) -> Words:
        self.runs.append(self.node)
        return Words(*source)


class Upper(Component):
    """Hands on the words in upper case."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"suffix": "", "nested": {"a": 1, "b": 2}}

    def process(self, words: Words) -> Words:
        self.runs.append(self.node)
        changed = tuple(word.upper() + self.config["suffix"] for word in words.words)
        return Words(changed, words.responses)


class Vocabulary(Component):
    """Persists the distinct words."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"limit": None, "reads": None}

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> list[str] | None:
        return config["reads"]

    @classmethod
    def fingerprint_settings(
        cls, config: dict[str, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {"shape": settings.get("shape")}

    def train(self, words: Words) -> Resource:
        self.runs.append(self.node)
        with self.storage.write_to(self.resource) as folder:
            text = "\n".join(sorted({*words.words}))
            (folder / "words.txt").write_text(text)
        return self.resource


class Reader(Component):
    """Marks the words that a vocabulary has."""

    def process(self, words: Words, vocabulary: Resource) -> Words:
        self.runs.append(self.node)
        with self.storage.read_from(vocabulary) as folder:
            known = (folder / "words.txt").read_text().split("\n")
        return Words(tuple(f"<{w}>" if w in known else w for w in words.words), words.responses)


def node(uses: type[GraphComponent], fn: str, /, **needs: str) -> SchemaNode:
    return SchemaNode(needs, uses, "create", fn, {}, is_target=fn == "train")


def chain() -> GraphSchema:
    """Return provider -> upper -> vocabulary, reader -> model, as a pipeline has them."""
    provider = node(Provider, "provide", source="__source__")
    provider.is_input = True
    return GraphSchema(
        {
            "provider": provider,
            "upper": node(Upper, "process", words="provider"),
            "train_vocabulary": node(Vocabulary, "train", words="upper"),
            "reader": node(Reader, "process", words="upper", vocabulary="train_vocabulary"),
            "train_model": node(Vocabulary, "train", words="reader"),
        }
    )


ALL = ["provider", "upper", "train_vocabulary", "reader", "train_model"]
TRAINED = ["train_vocabulary", "train_model"]


class Training:
    """Trains a graph again and again with one cache, each time into an empty storage."""

    def __init__(self, folder: Path, cache: LocalTrainingCache | None = None) -> None:
        self.folder = folder
        self.cache = LocalTrainingCache(folder / "cache", 100) if cache is None else cache
        self.number = 0
        self.storage = folder

    def prepared(
        self, schema: GraphSchema, settings: Mapping[str, Any], **options: Any
    ) -> tuple[GraphTrainer, LocalModelStorage, ExecutionContext]:
        self.number += 1
        self.storage = self.folder / f"storage{self.number}"
        self.storage.mkdir()
        Component.runs.clear()
        trainer = GraphTrainer(schema, cache=self.cache, **options)
        return trainer, LocalModelStorage(self.storage), ExecutionContext(schema, settings=settings)

    def __call__(
        self,
        words: str = "one two",
        responses: str = "",
        schema: GraphSchema | None = None,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> TrainingOutcome:
        trainer, storage, context = self.prepared(schema or chain(), settings or {}, **options)
        return trainer.train(source(words, responses), storage, context)

    def plan(
        self,
        words: str = "one two",
        responses: str = "",
        schema: GraphSchema | None = None,
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> TrainingPlan:
        trainer, storage, context = self.prepared(schema or chain(), settings or {}, **options)
        return trainer.plan(source(words, responses), storage, context)

    def result(self, name: str) -> str:
        """Return what a node has persisted, or has had restored."""
        return (self.storage / name / "words.txt").read_text()


def source(words: str, responses: str = "") -> dict[str, Any]:
    """Return what the graph is given: the words and the responses of these texts."""
    return {"__source__": (tuple(words.split()), tuple(responses.split()))}


def started(
    folder: Path, cache: Path, megabytes: float, words: str, times: int, variants: int
) -> Popen[bytes]:
    """Start a process that trains again and again, and fails where a result is wrong."""
    folder.mkdir()
    given = (folder, cache, megabytes, words, times, variants)
    return Popen([sys.executable, __file__, *map(str, given)])


def main(folder: str, cache: str, megabytes: str, words: str, times: str, variants: str) -> None:
    training = Training(Path(folder), LocalTrainingCache(Path(cache), float(megabytes)))
    (Path(folder) / "begun").touch()
    for number in range(int(times)):
        variant = str(number % int(variants))
        training(f"{words} {variant}")
        expected = sorted({*words.upper().split(), variant})
        assert training.result("train_vocabulary").split("\n") == expected
        assert training.result("train_model").split("\n") == sorted(f"<{w}>" for w in expected)


if __name__ == "__main__":
    main(*sys.argv[1:])
