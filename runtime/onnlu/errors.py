"""The errors of the runtime, under those of the engine.

OnnluException (onnlu_engine)         1
├── TextTooLongException              1  a text exceeds the limits
├── ForkedException                   1  a model was loaded before a fork that it does not survive
├── VerificationException             4  golden vectors do not come out again
├── DeviceUnavailableException        6  the device asked for cannot be had
└── MissingPackageException           1  an extra is missing, or two exclude each other
"""

from __future__ import annotations

from onnlu_engine.errors import OnnluException


class TextTooLongException(OnnluException):
    """A text has more characters or tokens than the limits allow.

    Attributes:
        text: the text.
        keep: how many of its characters are within the limits.
    """

    def __init__(self, message: str, *, text: str, keep: int) -> None:
        super().__init__(message)
        self.text = text
        self.keep = keep


class ForkedException(OnnluException):
    """A model was loaded on a GPU before a fork, and used in the child."""


class VerificationException(OnnluException):
    """A model does not give on this machine what it gave when it was exported."""

    exit_code = 4


class DeviceUnavailableException(OnnluException):
    """The device that was asked for cannot be had."""

    exit_code = 6


class MissingPackageException(OnnluException):
    """A package that a command needs is missing, or two that exclude each other are installed."""
