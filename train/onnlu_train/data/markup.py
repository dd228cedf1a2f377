"""Entity annotations inside an example: `[text](type)` and `[text]{"entity": "type"}`."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from onnlu_engine.errors import did_you_mean

_CANDIDATE: Final = re.compile(r"\[([^\[\]]*)\](?=\(|\{|\[\s*\{)")
_SHORT_FORM: Final = re.compile(r"\(([^)]*)\)")
_JSON: Final = json.JSONDecoder()
_KEYS: Final = ("entity", "role", "group", "value")
_AS_TEXT: Final = "to keep the brackets as text, put a blank after ']'"


class MarkupError(Exception):
    """An annotation does not parse; the message says why and what to do."""


def parse_markup(source: str) -> tuple[str, list[dict[str, Any]]]:
    """Take the annotations out of an example.

    Brackets that no `(` or `{` follows are text. Blanks around the text and at the borders of
    an annotated span are dropped, so that a span never starts or ends on a blank.

    Args:
        source: an example as written.

    Returns:
        The plain text; and the entities in order, each with `start`, `end` (codepoints of the
        plain text), `entity`, `value`, and `role`, `group` where they are given.

    Raises:
        MarkupError: an annotation is not closed, lacks its type or text, or has an unknown key.

    >>> text, entities = parse_markup('to [NYC]{"entity": "city", "value": "new york"} [now](time)')
    >>> text
    'to NYC now'
    >>> entities[0]
    {'start': 3, 'end': 6, 'entity': 'city', 'value': 'new york'}
    >>> entities[1]
    {'start': 7, 'end': 10, 'entity': 'time', 'value': 'now'}
    """
    source = source.strip()
    text = ""
    position = 0
    entities: list[dict[str, Any]] = []
    for candidate in _CANDIDATE.finditer(source):
        if candidate.start() < position:
            continue  # brackets inside the attributes of the annotation before
        span_text = candidate.group(1).strip()
        if not span_text:
            raise MarkupError(f"'{candidate.group()}' annotates no text; {_AS_TEXT}")
        attributes, end = _attributes(source, candidate)
        text += source[position : candidate.start()]
        blanks = len(candidate.group(1)) - len(candidate.group(1).lstrip())
        start = len(text) + blanks
        entities.append(
            {
                "start": start,
                "end": start + len(span_text),
                "entity": attributes.pop("entity"),
                "value": attributes.pop("value", span_text),
                **attributes,
            }
        )
        text += candidate.group(1)
        position = end
    return _stripped(text + source[position:], entities)


def _stripped(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Drop the blanks around the text that annotations at its borders may have left."""
    blanks = len(text) - len(text.lstrip())
    for entity in entities:
        entity["start"] -= blanks
        entity["end"] -= blanks
    return text.strip(), entities


def _attributes(source: str, candidate: re.Match[str]) -> tuple[dict[str, str], int]:
    """Return the attributes that follow `[text]`, and where they end."""
    match source[candidate.end()]:
        case "(":
            return _short_form(source, candidate)
        case "{":
            return _long_form(source, candidate)
        case _:
            raise MarkupError(
                f"'{candidate.group()}' carries a list of annotations, but a token can be part of "
                "one entity only; keep one of them"
            )


def _short_form(source: str, candidate: re.Match[str]) -> tuple[dict[str, str], int]:
    match = _SHORT_FORM.match(source, candidate.end())
    if match is None:
        raise MarkupError(f"the annotation of '{candidate.group()}' lacks its ')'; {_AS_TEXT}")
    entity, colon, value = (part.strip() for part in match.group(1).partition(":"))
    annotation = f"{candidate.group()}{match.group()}"
    if not entity:
        raise MarkupError(f"'{annotation}' names no entity type; write [text](type)")
    if colon and not value:
        raise MarkupError(f"'{annotation}' has an empty value; write [text](type:value)")
    return {"entity": entity} | ({"value": value} if colon else {}), match.end()


def _long_form(source: str, candidate: re.Match[str]) -> tuple[dict[str, str], int]:
    span = candidate.group()
    try:
        attributes, end = _JSON.raw_decode(source, candidate.end())
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise MarkupError(
            f"what follows '{span}' is not valid JSON ({reason}); "
            f'write {span}{{"entity": "type"}}; {_AS_TEXT}'
        ) from None
    for key, value in attributes.items():
        if key not in _KEYS:
            raise MarkupError(f"'{span}' has an unknown key '{key}'. {did_you_mean(key, _KEYS)}")
        if not isinstance(value, str) or not value.strip():
            raise MarkupError(f"the '{key}' of '{span}' is not text; write a word in quotes")
    if "entity" not in attributes:
        raise MarkupError(f'\'{span}\' names no entity type; add "entity": "type"')
    return attributes, end
