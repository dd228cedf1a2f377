import subprocess
import sys
from importlib import metadata

import pytest

import onnlu
from onnlu.version import __version__


def test_the_public_surface_is_this() -> None:
    assert set(onnlu.__all__) == {
        "NLU",
        "CorruptModelException",
        "DeviceUnavailableException",
        "Entity",
        "ForkedException",
        "IncompatibleModelException",
        "Intent",
        "InvalidConfigException",
        "MissingPackageException",
        "ModelException",
        "OnnluException",
        "ParseResult",
        "TextTooLongException",
        "VerificationException",
        "__version__",
        "load",
    }


@pytest.mark.parametrize("name", onnlu.__all__)
def test_every_public_name_exists(name: str) -> None:
    thing = getattr(onnlu, name)

    assert getattr(thing, "__name__", name) == name
    assert name in dir(onnlu)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'onnlu' has no attribute 'laod'"):
        onnlu.laod  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    assert onnlu.__version__ == __version__ == metadata.version("onnlu")


def test_all_of_it_can_be_imported_by_star() -> None:
    code = "from onnlu import *; print(load.__module__, NLU.__module__)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["onnlu.loading", "onnlu.nlu"]
