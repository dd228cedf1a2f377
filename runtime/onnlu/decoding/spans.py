"""From the tags of tokens to entities of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from onnlu.decoding.tags import ENTITY, GROUP, ROLE, Tag
from onnlu.message import Token

# Wide enough for "Rd., London" (as Rasa 3.6); a wider gap is hardly inside of an entity.
LONGEST_GAP: Final = 3


def entities_from_tags(
    text: str,
    tokens: Sequence[Token],
    tags: Mapping[str, Sequence[Tag]],
    confidences: Mapping[str, Sequence[float]],
    split_by_comma: bool | Mapping[str, bool],
) -> list[dict[str, Any]]:
    """Join tagged tokens to entities.

    A token extends the entity of the token before it if it has the same type, role and group, its
    tag is no B- or U-, and the gap between the two is at most `LONGEST_GAP` characters and holds no
    comma where commas split. Of a joined entity's confidences the lowest counts.

    Args:
        text: the text.
        tokens: its tokens.
        tags: kind -> tags [tokens]; of `ENTITY`, and perhaps of `ROLE` and `GROUP`.
        confidences: kind -> confidences [tokens], of the same kinds.
        split_by_comma: for all entity types, or by type (True for types it does not name).

    Returns:
        Dicts with `entity`, `start`, `end`, `confidence_entity`, where predicted `role`,
        `confidence_role`, `group`, `confidence_group`, and `value`, in the order of the text.
    """
    attributes = [kind for kind in (ROLE, GROUP) if kind in tags]
    entities: list[dict[str, Any]] = []
    open_entity: dict[str, Any] | None = None
    for index, (token, tag) in enumerate(zip(tokens, tags[ENTITY], strict=True)):
        if not tag.value:
            open_entity = None
            continue
        values = {kind: tags[kind][index].value for kind in attributes}
        if (
            open_entity is None
            or tag.prefix in ("B", "U")
            or tag.value != open_entity[ENTITY]
            or any(value != open_entity.get(kind, "") for kind, value in values.items())
            or _splits(text[open_entity["end"] : token.start], tag.value, split_by_comma)
        ):
            open_entity = {ENTITY: tag.value, "start": token.start, "end": token.end}
            open_entity["confidence_entity"] = confidences[ENTITY][index]
            for kind, value in values.items():
                if value:
                    open_entity[kind] = value
                    open_entity[f"confidence_{kind}"] = confidences[kind][index]
            entities.append(open_entity)
        else:
            open_entity["end"] = token.end
            for kind in (ENTITY, *(kind for kind, value in values.items() if value)):
                key = f"confidence_{kind}"
                open_entity[key] = min(open_entity[key], confidences[kind][index])
    for entity in entities:
        entity["value"] = text[entity["start"] : entity["end"]]
    return entities


def _splits(gap: str, entity_type: str, split_by_comma: bool | Mapping[str, bool]) -> bool:
    """Say whether the characters between two tokens keep them apart."""
    if len(gap) > LONGEST_GAP:
        return True
    if "," not in gap:
        return False
    if isinstance(split_by_comma, bool):
        return split_by_comma
    return split_by_comma.get(entity_type, True)
