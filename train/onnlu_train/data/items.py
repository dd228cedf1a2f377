"""The items under `nlu:`: intents, synonyms, regexes and lookup tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from onnlu.message import ENTITIES, INTENT, INTENT_RESPONSE_KEY, METADATA, TEXT
from onnlu_engine.errors import did_you_mean
from onnlu_train.data.builder import TrainingDataBuilder
from onnlu_train.data.markup import MarkupError, parse_markup
from onnlu_train.data.places import Place
from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Node, Scalar, Sequence, plain

_KINDS: Final = ("intent", "synonym", "regex", "lookup")
_BLOCK: Final = "write `examples: |` and below it lines that start with `- `"


class _Example(NamedTuple):
    line: int
    source: str
    metadata: Any = None


class ItemReader:
    """Reads the items of one file into a builder.

    Args:
        builder: takes what is read.
        path: the file.
        report: takes the problems.
    """

    def __init__(self, builder: TrainingDataBuilder, path: Path, report: Report) -> None:
        self._builder = builder
        self._path = path
        self._report = report

    def read(self, nlu: Node) -> None:
        """Read everything below `nlu:`."""
        match nlu:
            case Sequence():
                for item in nlu.items:
                    self._read_item(item)
            case Scalar(value=None):
                pass
            case _:
                self._report(nlu.line, "'nlu' is not a list; start each item with `- intent: name`")

    def _read_item(self, item: Node) -> None:
        if not isinstance(item, Mapping):
            self._report(item.line, "an item of 'nlu' is no mapping; write `- intent: name`")
            return
        kinds = [kind for kind in _KINDS if kind in item.values]
        if len(kinds) != 1:
            has = " and ".join(kinds) or "none"
            self._report(item.line, f"an item needs one of {', '.join(_KINDS)}, and has {has}")
            return
        kind = kinds[0]
        known = (kind, "examples", METADATA) if kind == "intent" else (kind, "examples")
        self._report_unknown_keys(item, known, kind)
        name = self._name(item, kind)
        examples = list(self._examples(item, kind))
        if name:
            self._add(kind, name, examples, item)

    def _report_unknown_keys(self, mapping: Mapping, known: tuple[str, ...], where: str) -> None:
        for key, line in mapping.lines.items():
            if key not in known:
                self._report(
                    line, f"unknown key '{key}' of the {where}. {did_you_mean(key, known)}"
                )

    def _name(self, item: Mapping, kind: str) -> str:
        """Return the name of an item, or nothing after a report."""
        node = item.values[kind]
        named = isinstance(node, Scalar) and node.value is not None
        name = node.text.strip() if isinstance(node, Scalar) and named else ""
        if not name:
            self._report(item.lines[kind], f"the {kind} has no name; write `- {kind}: name`")
        return name

    def _examples(self, item: Mapping, kind: str) -> Iterator[_Example]:
        node = item.values.get("examples")
        match node:
            case None | Scalar(value=None):
                self._report(item.line, f"this {kind} has no examples; {_BLOCK}")
            case Scalar(style=">"):
                self._report(node.line, f"`>` joins all examples into one; {_BLOCK}")
            case Scalar():
                yield from self._block(node, kind)
            case Sequence() if kind == "intent":
                for example in node.items:
                    yield from self._mapping_example(example)
            case _:
                self._report(node.line, f"the examples are not a block of text; {_BLOCK}")

    def _block(self, node: Scalar, kind: str) -> Iterator[_Example]:
        """Yield the `- ` lines of a literal block; blank ones are passed over."""
        in_block = node.style == "|"
        lines = [
            # A literal block starts on the line below its `|`.
            (node.line + 1 + index if in_block else node.line, line)
            for index, line in enumerate(node.text.split("\n"))
            if line.strip()
        ]
        if not lines:
            self._report(node.line, f"this {kind} has no examples; {_BLOCK}")
        for number, line in lines:
            if not line.startswith("-"):
                self._report(number, f"'{_short(line)}' is no example; start the line with `- `")
            elif not line[1:].strip():
                self._report(number, "the example is empty; write its text or remove the line")
            else:
                yield _Example(number, line[1:].strip())

    def _mapping_example(self, example: Node) -> Iterator[_Example]:
        """Yield an example that is written as a mapping with `text` and `metadata`."""
        if not isinstance(example, Mapping):
            self._report(example.line, f"an example in a list needs `text: ...`; or {_BLOCK}")
            return
        self._report_unknown_keys(example, (TEXT, METADATA), "example")
        text = example.values.get(TEXT)
        if not isinstance(text, Scalar) or text.value is None or not text.text.strip():
            self._report(example.line, "the example has no text; write `- text: ...`")
            return
        metadata = example.values.get(METADATA)
        yield _Example(
            example.lines[TEXT], text.text.strip(), None if metadata is None else plain(metadata)
        )

    def _add(self, kind: str, name: str, examples: list[_Example], item: Mapping) -> None:
        match kind:
            case "intent":
                metadata = item.values.get(METADATA)
                self._add_intent(
                    name, examples, item, None if metadata is None else plain(metadata)
                )
            case "synonym":
                for example in examples:
                    self._builder.add_synonym(example.source, name, self._place(example))
            case "lookup":
                for example in examples:
                    self._builder.add_lookup_element(name, example.source, self._place(example))
            case "regex":
                for example in examples:
                    self._add_regex(name, example)

    def _add_intent(
        self, name: str, examples: list[_Example], item: Mapping, metadata: Any
    ) -> None:
        intent, *rest = (part.strip() for part in name.split("/"))
        if len(rest) > 1 or not all((intent, *rest)):
            self._report(
                item.lines["intent"],
                f"the intent '{name}' is not a name or two names with one '/' between; rename it",
            )
            return
        for example in examples:
            try:
                text, entities = parse_markup(example.source)
            except MarkupError as error:
                self._report(example.line, str(error))
                continue
            data: dict[str, Any] = {TEXT: text, INTENT: intent, ENTITIES: entities}
            if rest:
                data[INTENT_RESPONSE_KEY] = f"{intent}/{rest[0]}"
            parts = {"intent": metadata, "example": example.metadata}
            if given := {key: part for key, part in parts.items() if part is not None}:
                data[METADATA] = given
            self._builder.add_example(data, self._place(example))

    def _add_regex(self, name: str, example: _Example) -> None:
        try:
            re.compile(example.source)
        except (re.error, OverflowError, RecursionError) as error:
            self._report(
                example.line,
                f"the regular expression '{_short(example.source)}' does not compile ({error}); "
                "correct it",
            )
        else:
            self._builder.add_regex(name, example.source, self._place(example))

    def _place(self, example: _Example) -> Place:
        return Place(self._path, example.line)


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
