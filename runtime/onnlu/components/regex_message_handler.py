"""Takes intent and entities from the text itself, where it spells them out."""

from __future__ import annotations

import json
import logging
import math
import re
from typing import Any, Final, NoReturn, Self

from onnlu.components.options import check_config
from onnlu.message import ENTITIES, INTENT, INTENT_RANKING, TEXT, Message
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource

logger = logging.getLogger(__name__)

_PREFIX: Final = "/"
# For a text without blanks at its end: a second \s* would make many blanks take quadratic time.
_PATTERN: Final = re.compile(
    r"/(?P<intent>[^\s{@]+)(?:@(?P<confidence>[0-9]+(?:\.[0-9]+)?))?\s*(?P<entities>\{.*\})?",
    flags=re.DOTALL,
)


class RegexMessageHandler(GraphComponent):
    """Lets a text `/intent{"entity": value}` bypass the models; as Rasa 3.6.

    It says `/intent`, `/intent@0.9` or either with a JSON object of entities; a list gives an
    entity several values. The intent gets confidence 1, or the one given, and is the whole ranking.
    Entities stand where the JSON does. Any other text stays as the models parsed it; one that
    begins with `/` and has a form of its own, such as a path or broken JSON, leaves a warning.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the handler; it learns nothing, and there are no options.

        Raises:
            InvalidConfigException: there is an option.
        """
        check_config(cls.__name__, config, {})
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what such texts say, in place, and return the same messages."""
        for message in messages:
            if message.data[TEXT].startswith(_PREFIX):
                _apply(message)
        return messages


def _apply(message: Message) -> None:
    try:
        parsed = _parse(message.data[TEXT].rstrip())
    except ValueError as error:
        logger.warning(
            "A text begins with '%s' but %s; the models' parse is kept. "
            'Write /intent{"entity": "value"}.',
            _PREFIX,
            error,
        )
        return
    message.data.update(parsed)


def _parse(text: str) -> dict[str, Any]:
    """Return intent, ranking and entities of a text that spells them out.

    Raises:
        ValueError: it does not; the message ends the sentence "the text ...".
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError("is not of the form /intent{...}")
    confidence = float(match["confidence"] or 1)
    if confidence > 1:
        raise ValueError(f"its confidence {confidence} is more than 1")
    intent = {"name": match["intent"], "confidence": confidence}
    return {
        INTENT: intent,
        INTENT_RANKING: [dict(intent)],
        ENTITIES: _entities(match["entities"] or "{}", *match.span("entities")),
    }


def _entities(text: str, start: int, end: int) -> list[dict[str, Any]]:
    try:
        values = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its JSON cannot be read ({error})") from error
    return [
        {"entity": name, "start": start, "end": end, "value": value}
        for name, given in values.items()
        for value in (given if isinstance(given, list) else [given])
    ]


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number} is too large")
    return value


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")
