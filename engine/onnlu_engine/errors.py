"""Every error this package raises, and the exit code a command ends with.

    OnnluException                          1  base of all errors of onnlu
    ├── InvalidConfigException              3  a config key or value is wrong
    ├── InvalidDataException                3  training data is wrong
    ├── GraphSchemaException                3  a schema cannot be read or built
    │   └── GraphSchemaValidationException  3  a schema breaks a rule
    ├── GraphRunError                       1  a node lacks an input, or the run itself failed
    ├── GraphComponentException             1  a component or hook raised something else
    ├── ResourceNotFoundException           1  a component persisted nothing under this name
    ├── NoFingerprintException              1  a value says nothing lasting of its content
    ├── ModelWriteException                 1  a model directory cannot be written
    └── ModelException                      5  a model directory cannot be used
        ├── CorruptModelException           5  missing, changed, truncated, linked or extra file
        └── IncompatibleModelException      5  another format or kind

A message says what happened, to which node, file, line or key, and what to do about it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable


class OnnluException(Exception):
    """Base of all errors that onnlu raises on purpose."""

    exit_code = 1


class InvalidConfigException(OnnluException):
    """A configuration key or value is wrong."""

    exit_code = 3


class InvalidDataException(OnnluException):
    """Training data cannot be read or contradicts itself."""

    exit_code = 3


class GraphSchemaException(OnnluException):
    """A graph schema cannot be deserialised or planned."""

    exit_code = 3


class GraphSchemaValidationException(GraphSchemaException):
    """A graph schema breaks a validation rule."""


class GraphRunError(OnnluException):
    """A graph run failed outside of any component."""


class GraphComponentException(OnnluException):
    """A component or hook raised an error that is not one of ours."""


class ResourceNotFoundException(OnnluException):
    """A resource was asked for that nothing was written to."""


class NoFingerprintException(OnnluException):
    """Nothing stable stands for a value: whatever depends on it is never taken from a cache."""


class ModelWriteException(OnnluException):
    """A model cannot be written: the target is taken, the disk is full, a file cannot be listed."""


class ModelException(OnnluException):
    """A model directory cannot be used."""

    exit_code = 5


class CorruptModelException(ModelException):
    """A file of a model is missing, changed, truncated, a link, or not listed."""


class IncompatibleModelException(ModelException):
    """A model has a format or kind that this version cannot use."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest known one, or all of them.

    >>> did_you_mean("epoch", ["epochs", "batch_size"])
    "Did you mean 'epochs'?"
    >>> did_you_mean("colour", ["epochs", "batch_size"])
    'Known are: batch_size, epochs.'
    """
    import difflib  # only a failure needs it: it would cost every start 2 ms

    names = sorted(set(known))
    nearest = difflib.get_close_matches(name, names, n=1)
    if nearest:
        return f"Did you mean '{nearest[0]}'?"
    return f"Known are: {', '.join(names) or 'none'}."


def cause_of(error: Exception) -> str:
    """Return what went wrong as one line: where copying a folder failed, the first file's trouble.

    >>> cause_of(OSError(28, "No space left on device", "weights"))
    "[Errno 28] No space left on device: 'weights'"
    """
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return str(error.args[0][0][-1])
    return str(error)
