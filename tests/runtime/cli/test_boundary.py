"""The boundary, around a command with one statement."""

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys, warnings
import click
from onnlu.cli.boundary import run
from onnlu.cli.options import debug_option, json_option
from onnlu.errors import *
from onnlu_engine.errors import *

@click.group()
@debug_option
def program(debug): pass

@program.command()
@json_option
@click.argument("words", nargs=-1)
def do(words, as_json):
    STATEMENT

sys.exit(run(program, "program"))
"""


def program(statement: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM.replace("STATEMENT", statement)]


def do(statement: str, *options: str, stdout: int = subprocess.PIPE) -> tuple[int, str, str]:
    group = [option for option in options if option == "--debug"]
    own = [option for option in options if option != "--debug"]
    done = subprocess.run(
        [*program(statement), *group, "do", *own],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    return done.returncode, done.stdout or "", done.stderr


@pytest.mark.parametrize(
    ("exception", "code"),
    [
        ("OnnluException", 1),
        ("InvalidConfigException", 3),
        ("InvalidDataException", 3),
        ("VerificationException", 4),
        ("CorruptModelException", 5),
        ("IncompatibleModelException", 5),
        ("DeviceUnavailableException", 6),
    ],
)
def test_an_error_of_ours_is_its_message_and_its_exit_code(exception: str, code: int) -> None:
    assert do(f"raise {exception}('What. Remedy.')") == (code, "", "error: What. Remedy.\n")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("open('/no/such')", "No such file or directory: /no/such"),
        ("open('/')", "Is a directory: /"),
        ("raise OSError(28, 'No space left on device')", "No space left on device"),
        ("raise MemoryError", "Out of memory."),
    ],
)
def test_an_error_of_the_system_is_one_line(statement: str, message: str) -> None:
    code, out, err = do(statement)

    assert (code, out) == (1, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("package", "extra"),
    [
        ("tensorflow.python", "onnlu[cpu,train]"),
        ("ruamel.yaml", "onnlu[cpu,train]"),
        ("tf2onnx", "onnlu[cpu,train,export]"),
    ],
)
def test_a_missing_package_comes_with_what_installs_it(package: str, extra: str) -> None:
    code, _, err = do(f"raise ModuleNotFoundError('No module named ...', name='{package}')")

    assert code == 1
    assert f"Run: pip install '{extra}'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("statement", ["{}['key']", "import no_such_package"])
def test_any_other_error_is_one_line_that_asks_for_a_report(statement: str) -> None:
    code, out, err = do(statement)

    assert (code, out) == (1, "")
    assert err.startswith("error: internal error: ")
    assert "report" in err
    assert err.count("\n") == 1


def test_debug_shows_the_traceback() -> None:
    code, _, err = do("{}['key']", "--debug")

    assert code == 1
    assert "Traceback (most recent call last)" in err
    assert "internal error: KeyError: 'key'" in err


def test_with_json_an_error_is_the_one_document_on_stdout() -> None:
    code, out, err = do("raise CorruptModelException('grün \\ud800')", "--json")

    assert json.loads(out) == {
        "error": {"type": "CorruptModelException", "message": "grün \ud800", "exit_code": 5}
    }
    assert (code, out.count("\n")) == (5, 1)
    assert err == "error: grün \\ud800\n"


def test_with_json_a_usage_error_is_a_document_too() -> None:
    done = subprocess.run(
        [*program("pass"), "do", "--json", "--no-such-option"], capture_output=True
    )

    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["exit_code"]) == (2, 2)
    assert "--no-such-option" in error["message"]
    assert done.stderr.startswith(b"Usage: program do")


def test_json_among_the_arguments_is_no_option() -> None:
    done = subprocess.run(
        [*program("raise OnnluException"), "do", "--", "--json"], capture_output=True
    )

    assert (done.returncode, done.stdout) == (1, b"")


def test_an_interruption_is_130() -> None:
    code, out, err = do("raise KeyboardInterrupt", "--json")

    assert code == 130
    assert json.loads(out)["error"]["exit_code"] == 130
    assert err.strip() == "Interrupted."


def test_a_reader_that_has_gone_is_not_complained_about() -> None:
    reading, writing = os.pipe()
    os.close(reading)

    code, _, err = do("print('x' * 100_000)", stdout=writing)
    os.close(writing)

    assert (code, err) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_full_disk_behind_stdout_is_one_line(options: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)

    code, _, err = do("print('result')", *options, stdout=full)
    os.close(full)

    assert (code, err) == (1, "error: No space left on device\n")


def test_warnings_and_log_records_are_plain_lines_on_stderr() -> None:
    code, out, err = do(
        "logging.getLogger('a').warning('log %s', 1); logging.info('hidden'); warnings.warn('w')"
    )

    assert (code, out, err) == (0, "", "warning: log 1\nwarning: w\n")


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(
        [*program("print('gr\u00fcn \\ud800')"), "do"],
        capture_output=True,
        env=env,
    )

    assert (done.returncode, done.stdout) == (0, b"gr\\xfcn \\ud800\n")
