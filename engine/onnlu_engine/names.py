"""Which names may become files and folders of a model."""

from __future__ import annotations

_SEPARATORS = "/\\:"


def name_problem(name: str) -> str | None:
    """Say why `name` may not be the name of one file or folder; None if it may.

    What one system takes for a plain name is a path on another, so separators of all of them
    are refused.

    >>> name_problem("train_DIETClassifier5") is None
    True
    >>> name_problem("..")
    "it is '.', '..' or empty"
    """
    if name in ("", ".", ".."):
        return "it is '.', '..' or empty"
    if any(character in _SEPARATORS for character in name):
        return "it holds a slash, a backslash or a colon"
    if not name.isprintable():
        return "it holds a character that cannot be printed"
    return None
