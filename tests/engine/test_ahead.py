"""What a thread works out while its caller goes on."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from onnlu_engine.ahead import Ahead


def test_the_caller_goes_on_meanwhile() -> None:
    caller_went_on = threading.Event()

    ahead = Ahead(lambda: caller_went_on.wait(timeout=60))
    caller_went_on.set()

    assert ahead.result() is True
    assert ahead.result() is True


def test_the_thread_has_ended_when_the_result_is_there() -> None:
    threads = threading.active_count()

    assert Ahead(threading.current_thread).result() is not threading.current_thread()
    assert threading.active_count() == threads


def test_what_the_work_raised_is_raised_where_the_result_is_wanted() -> None:
    ahead = Ahead(lambda: {}["absent"])
    ahead.wait()

    with pytest.raises(KeyError, match="absent"):
        ahead.result()


WITHOUT_THREADS = """
import resource, threading
from onnlu_engine.ahead import Ahead

threading.stack_size(1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
print(Ahead(threading.current_thread).result() is threading.main_thread())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is that of Linux")
def test_where_no_thread_can_be_started_the_caller_does_the_work() -> None:
    line = [sys.executable, "-c", WITHOUT_THREADS]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
