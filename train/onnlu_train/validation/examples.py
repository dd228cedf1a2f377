"""What is wrong or weak in the examples of a data set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from onnlu.components.tokenizer import Tokenizer
from onnlu.decoding.tags import misaligned_entities
from onnlu.message import ENTITIES, INTENT, INTENT_RESPONSE_KEY, TEXT, Message
from onnlu_train.data.places import Place
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.near_duplicates import normalised

FEW_EXAMPLES: Final = 5
"""An intent with fewer examples is noted; with a single one, there is a warning."""

Placed = tuple[Message, Place]


def repeated_texts(examples: Iterable[Placed]) -> Iterator[Finding]:
    """Find texts with two intents, or annotated in two ways; case and punctuation do not count.

    Args:
        examples: messages, and where they stand.
    """
    seen: dict[str, dict[str, Place]] = defaultdict(dict)
    annotated: dict[tuple[str, str], tuple[Any, Place]] = {}
    for message, place in examples:
        text, intent = normalised(message.data[TEXT]), _intent(message)
        others = [(name, where) for name, where in seen[text].items() if name != intent]
        if others and intent not in seen[text]:
            name, where = others[0]
            yield Finding.at(
                place,
                Kind.TWO_INTENTS,
                Severity.WARNING,
                f"'{message.data[TEXT]}' has the intent '{intent}', and '{name}' at {where}",
                "keep the right one",
            )
        seen[text].setdefault(intent, place)
        annotation = _annotation(message)
        first, where = annotated.setdefault((text, intent), (annotation, place))
        if first != annotation:
            yield Finding.at(
                place,
                Kind.TWO_ANNOTATIONS,
                Severity.WARNING,
                f"the entities of '{message.data[TEXT]}' are annotated in another way at {where}",
                "annotate both alike",
            )


def off_token_borders(examples: Iterable[Placed], tokenizer: Tokenizer) -> Iterator[Finding]:
    """Find entities that do not begin and end where tokens do: they are not learnt.

    Args:
        examples: messages, and where they stand.
        tokenizer: the pipeline's.
    """
    for message, place in examples:
        if not message.get(ENTITIES):
            continue
        text = message.data[TEXT]
        (copy,) = tokenizer.process([Message({TEXT: text})])
        tokens = copy.tokens[TEXT]
        for entity in misaligned_entities(tokens, message.data[ENTITIES]):
            start, end = entity["start"], entity["end"]
            touched = [t.text for t in tokens if t.start < end and start < t.end]
            yield Finding.at(
                place,
                Kind.MISALIGNED_ENTITY,
                Severity.WARNING,
                f"the {entity['entity']} '{text[start:end]}' is not learnt, as its borders are not "
                f"those of tokens: {', '.join(map(repr, touched)) or 'there are none'}",
                "annotate whole tokens, or change the tokenizer",
            )


def few_examples(examples: Sequence[Placed]) -> Iterator[Finding]:
    """Find intents and entity types with hardly any example.

    Args:
        examples: messages, and where they stand.
    """
    intents: Counter[str] = Counter()
    types: Counter[str] = Counter()
    first: dict[tuple[str, str], Place] = {}
    for message, place in examples:
        if intent := message.get(INTENT):
            intents[intent] += 1
            first.setdefault((INTENT, intent), place)
        for entity in message.get(ENTITIES, ()):
            types[entity["entity"]] += 1
            first.setdefault((ENTITIES, entity["entity"]), place)
    for intent, count in intents.items():
        if count < FEW_EXAMPLES:
            yield Finding.at(
                first[INTENT, intent],
                Kind.FEW_EXAMPLES,
                Severity.WARNING if count < 2 else Severity.NOTE,
                f"the intent '{intent}' has {_count(count)}",
                "add some, worded in different ways",
            )
    for type_, count in types.items():
        if count < 2:
            yield Finding.at(
                first[ENTITIES, type_],
                Kind.FEW_EXAMPLES,
                Severity.WARNING,
                f"the entity type '{type_}' has {_count(count)}",
                "annotate more of them",
            )


def _count(count: int) -> str:
    return "a single example" if count == 1 else f"{count} examples only"


def _intent(message: Message) -> str:
    return message.get(INTENT_RESPONSE_KEY) or message.get(INTENT) or ""


def _annotation(message: Message) -> Any:
    """Return what is annotated, wherever it stands: punctuation may have moved it."""
    text = message.data[TEXT]
    return sorted(
        (
            normalised(text[entity["start"] : entity["end"]]),
            entity["entity"],
            entity.get("role") or "",
            entity.get("group") or "",
        )
        for entity in message.get(ENTITIES, ())
    )
