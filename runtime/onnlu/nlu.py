"""A loaded model that parses texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from onnlu.errors import TextTooLongException
from onnlu.limits import MAX_CHARACTERS
from onnlu.manifest_rules import check_manifest
from onnlu.message import TEXT, Message
from onnlu.parts import parse_in_parts
from onnlu.result import ParseResult
from onnlu.session import OnnxSession
from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    LocalModelStorage,
    Resource,
)
from onnlu_engine.errors import (
    IncompatibleModelException,
    InvalidConfigException,
)
from onnlu_engine.model_directory import Model
from onnlu_engine.node import merged_config
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.runner import SequentialGraphRunner
from onnlu_engine.schema import GraphSchema

_SHOWN = (
    *("model_id", "kind", "format", "created", "language", "labels", "versions", "parity"),
    *("quantization", "diagnostics", "finetuned_from"),
)

OnTooLong = Literal["error", "truncate"]


class NLU:
    """Parses texts with the graph of a model; any number of threads may share it.

    Args:
        model: an opened model.
        settings: what components are told, such as `device` and `threads`.
        components: component classes besides the registered ones.
        max_characters: longest text that is parsed.
        create_session: makes the session of a graph that a component runs; by default as the
            settings say, when it is wanted.
    """

    def __init__(
        self,
        model: Model,
        settings: dict[str, Any],
        *,
        components: Iterable[type[GraphComponent]] = (),
        max_characters: int = MAX_CHARACTERS,
        create_session: Callable[[Path], OnnxSession] | None = None,
    ) -> None:
        check_manifest(model)
        self.model = model
        self._settings = settings
        self._told = dict(settings)  # what components are told
        if create_session is not None:
            self._told["create_session"] = create_session
        self._storage = LocalModelStorage(model.components, read_only=True)
        self._max_characters = max_characters
        self.schema = GraphSchema.from_dict(
            model.manifest["predict_schema"], ComponentRegistry(components)
        )
        self._target = model.manifest["nlu_target"]
        self._runner = self.runner(self.schema.minimal_graph_schema([self._target]))
        self._diagnosing_runner: SequentialGraphRunner | None = None
        self._diagnosing = Lock()

    def runner(self, schema: GraphSchema, *, diagnostics: bool = False) -> SequentialGraphRunner:
        """Return a runner of a graph over the resources of this model.

        Args:
            schema: the graph.
            diagnostics: its components attach diagnostic data to messages.
        """
        context = ExecutionContext(schema, self.model.model_id, diagnostics, settings=self._told)
        return SequentialGraphRunner.create(schema, self._storage, context)

    def component(self, node: str, *, diagnostics: bool = False) -> Any:
        """Build the component of one node anew, for use outside of the graph.

        Args:
            node: its name.
            diagnostics: it attaches diagnostic data to messages.
        """
        schema_node = self.schema.nodes[node]
        context = ExecutionContext(
            self.schema,
            self.model.model_id,
            diagnostics,
            settings=self._told,
            node_name=node,
        )
        return getattr(schema_node.uses, schema_node.constructor_name)(
            merged_config(schema_node.uses, schema_node.config),
            self._storage,
            self.resource(node),
            context,
        )

    def resource(self, node: str) -> Resource:
        """Return the resource of a node: its own, or the one that is named as the node."""
        return self.schema.nodes[node].resource or Resource(node)

    def features(self, texts: Sequence[str], node: str) -> list[Message]:
        """Return fresh messages as they reach a node."""
        parent = self.schema.nodes[node].needs["messages"]
        runner = self.runner(self.schema.minimal_graph_schema([parent]))
        messages = [Message({TEXT: text}) for text in texts]
        reached: list[Message] = runner.run({"__message__": messages}, [parent])[parent]
        return reached

    def parse(
        self, text: str, *, on_too_long: OnTooLong = "error", diagnostics: bool = False
    ) -> ParseResult:
        """Find intent and entities of one text.

        Args:
            text: any string.
            on_too_long: "error", or "truncate" to parse as much as the limits allow.
            diagnostics: give `diagnostic_data` too; the first time, what computes it is loaded.

        Raises:
            TextTooLongException: the text exceeds the limits.
            IncompatibleModelException: the model was exported without diagnostics.
        """
        return self.parse_batch([text], on_too_long=on_too_long, diagnostics=diagnostics)[0]

    def parse_batch(
        self,
        texts: Sequence[str],
        *,
        on_too_long: OnTooLong = "error",
        diagnostics: bool = False,
    ) -> list[ParseResult]:
        """Find intents and entities of many texts at once; the same decisions as one by one.

        Args:
            texts: any strings.
            on_too_long: "error", or "truncate" to parse as much as the limits allow.
            diagnostics: give `diagnostic_data` too; the texts are then run one by one.

        Raises:
            TextTooLongException: a text exceeds the limits.
            IncompatibleModelException: the model was exported without diagnostics.
            InvalidConfigException: what was given is no list of texts.
        """
        if isinstance(texts, str):  # it is a sequence of strings, too: its characters
            raise InvalidConfigException("parse_batch takes a list of texts; use parse for one.")
        if on_too_long not in ("error", "truncate"):
            raise InvalidConfigException(
                f"on_too_long must be 'error' or 'truncate', not {on_too_long!r}."
            )
        runner = self._diagnostics() if diagnostics else self._runner
        within = [self._within_limit(text, on_too_long) for text in texts]
        parse = partial(self._parsed, runner, on_too_long)
        return parse_in_parts(parse, within, self._settings.get("threads", 1))

    def within_limits(self, texts: Sequence[str]) -> list[str]:
        """Return texts as far as the limits on characters and tokens allow."""
        return [result.text for result in self.parse_batch(texts, on_too_long="truncate")]

    def info(self) -> dict[str, Any]:
        """Return what the model is and where it runs, as plain JSON; see `describe`."""
        return {**describe(self.model), "settings": dict(self._settings)}

    def _within_limit(self, text: str, on_too_long: OnTooLong) -> str:
        if not isinstance(text, str):
            raise InvalidConfigException(f"A text must be a str, not {type(text).__name__}.")
        if len(text) <= self._max_characters:
            return text
        if on_too_long == "truncate":
            return text[: self._max_characters]
        raise TextTooLongException(
            f"A text of {len(text)} characters exceeds the limit of {self._max_characters}. Split "
            "it, load the model with a higher max_characters, or parse with "
            "on_too_long='truncate'.",
            text=text,
            keep=self._max_characters,
        )

    def _diagnostics(self) -> SequentialGraphRunner:
        """Return the runner that gives diagnostic data: one for all threads, built on demand."""
        manifest = self.model.manifest
        if manifest["kind"] == "onnx" and "diagnostics" not in manifest:
            raise IncompatibleModelException(
                f"{self.model.path} was exported without diagnostics. Export it again with them: "
                "exporter to-onnx <trained model> --out <directory> --diagnostics"
            )
        with self._diagnosing:
            if self._diagnosing_runner is None:
                schema = self.schema.minimal_graph_schema([self._target])
                self._diagnosing_runner = self.runner(schema, diagnostics=True)
            return self._diagnosing_runner

    def _parsed(
        self, runner: SequentialGraphRunner, on_too_long: OnTooLong, texts: Sequence[str]
    ) -> list[ParseResult]:
        remaining = list(texts)
        while remaining:
            try:
                messages = [Message({TEXT: text}) for text in remaining]
                outputs = runner.run({"__message__": messages}, [self._target])
                return [ParseResult.from_message(message) for message in outputs[self._target]]
            except TextTooLongException as error:
                if on_too_long == "error":
                    raise
                remaining = [t[: error.keep] if t == error.text else t for t in remaining]
        return []


def describe(model: Model) -> dict[str, Any]:
    """Return what a model is, exported or trained, as plain JSON.

    Raises:
        CorruptModelException: its manifest lacks a key, or a value has a wrong shape.
    """
    check_manifest(model, shown=True)
    manifest = model.manifest
    nodes = manifest["predict_schema"]["nodes"]
    return {key: manifest[key] for key in _SHOWN if key in manifest} | {
        "path": str(model.path),
        "size": sum(file["size"] for file in manifest["files"].values()),
        "components": {name: nodes[name]["uses"] for name in in_order(nodes)},
    }


def in_order(nodes: Mapping[str, Any]) -> list[str]:
    """Return the nodes of a schema as a message passes them, whatever their order.

    Args:
        nodes: as in a manifest, where they are sorted by name.
    """
    order: list[str] = []
    remaining = dict(sorted(nodes.items()))
    while remaining:
        ready = [
            name
            for name, node in remaining.items()
            if remaining.keys().isdisjoint(node["needs"].values())
        ]
        for name in ready or list(remaining):
            order.append(name)
            del remaining[name]
    return order
