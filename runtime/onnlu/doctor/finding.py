"""What a look at one thing found."""

from __future__ import annotations

from typing import Literal, NamedTuple

Verdict = Literal["ok", "warning", "problem"]


class Finding(NamedTuple):
    """One thing of the environment.

    Attributes:
        name: of the thing.
        value: what it is.
        verdict: "problem" where no model can be served, "warning" where one could be better.
        remedy: what to do, in one line; empty where all is well.
    """

    name: str
    value: str
    verdict: Verdict = "ok"
    remedy: str = ""
