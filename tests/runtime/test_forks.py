"""A loaded model in a forked child: it works, or it says why not; in neither case does it hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, warnings
import onnlu
from onnlu.forks import lose_on_fork
from onnlu.session import OnnxSession

warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12: this process has threads
model, threads, is_left_behind = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
if is_left_behind:  # as what CUDA keeps; there need not be a GPU here
    created = OnnxSession.__init__

    def create(self, *arguments, **settings):
        created(self, *arguments, **settings)
        lose_on_fork(self)

    OnnxSession.__init__ = create
nlu = onnlu.load(model, device="cpu", threads=threads)
OnnxSession.__init__ = created if is_left_behind else OnnxSession.__init__
texts = ["fly to Rome " * 20] * 40
before = [result.intent.name for result in nlu.parse_batch(texts)]
child = os.fork()
if child == 0:
    signal.alarm(60)  # what hangs is killed, and not waited for
    try:
        print(nlu.parse_batch(texts)[0].intent.name, flush=True)
    except onnlu.ForkedException as error:
        print(error, flush=True)
        print(onnlu.load(model, device="cpu").parse("hello").intent.name)
    sys.exit()  # not os._exit: the interpreter ends, and every object with it
_, status = os.waitpid(child, 0)
assert [result.intent.name for result in nlu.parse_batch(texts)] == before
print(os.waitstatus_to_exitcode(status))
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")


def lines(model: Path, threads: int = 1, is_left_behind: bool = False) -> list[str]:
    """Load a model, fork, and return what the child says of it, and its exit code."""
    command = [sys.executable, "-c", SCRIPT, str(model), str(threads), str(is_left_behind)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_model_on_the_cpu_works_in_the_child(exported_model: Path, threads: int) -> None:
    assert lines(exported_model, threads) == ["fly", "0"]


def test_what_a_fork_leaves_behind_is_refused_in_the_child_which_can_load_its_own(
    exported_model: Path,
) -> None:
    refusal, loaded_again, code = lines(exported_model, is_left_behind=True)

    assert "before this process was forked" in refusal
    assert "--preload" in refusal
    assert (loaded_again, code) == ("greet", "0")
