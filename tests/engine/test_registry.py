"""Which class a component's name stands for.

Entry points are read once a process, so each test of them starts one, on packages of its own.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import ComponentRegistry, GraphComponent
from onnlu_engine.entry_points import GROUP, registered_components
from onnlu_engine.errors import GraphSchemaException


class Tokenizer(GraphComponent):
    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Tokenizer:
        return cls()


COMPONENT = """
from onnlu_engine import GraphComponent

class {name}(GraphComponent):
    @classmethod
    def create(cls, *args, **kwargs):
        return cls()
"""


def install(site: Path, distribution: str, entry_points: str, **modules: str) -> None:
    """Lay a package out as an installer does."""
    info = site / f"{distribution}.dist-info"
    info.mkdir(parents=True)
    name, version = distribution.split("-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(textwrap.dedent(entry_points))
    for module, code in modules.items():
        (site / f"{module}.py").write_text(code)


def run(code: str, *sites: Path) -> str:
    """Run code in a process that finds the packages of `sites`; return what it prints."""
    path = os.pathsep.join([*map(str, sites), os.environ.get("PYTHONPATH", "")])
    prelude = (
        "import sys\n"
        "from onnlu_engine import ComponentRegistry\n"
        "from onnlu_engine.errors import GraphSchemaException\n"
        "registry = ComponentRegistry()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def failure(name: str, *sites: Path) -> str:
    """Return the message of the error that resolving `name` ends in."""
    return run(
        f"""
        try:
            registry.resolve({name!r})
        except GraphSchemaException as error:
            print(error)
        """,
        *sites,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A package with a sound component, one that cannot be imported, and one that is none."""
    install(
        tmp_path,
        "own_components-1.0",
        """\
        [console_scripts]
        OwnTokenizer = elsewhere:main

        [onnlu.components]
        # a comment
        OwnTokenizer = own_tokenizer:OwnTokenizer
        Needy = needy:Needy [extra]
        Vanished = own_tokenizer:Vanished
        NoComponent = needless:function
        """,
        own_tokenizer=COMPONENT.format(name="OwnTokenizer"),
        needy="import a_package_that_is_not_there\n",
        needless="def function(): ...\n",
    )
    return tmp_path


def test_a_class_that_is_passed_stands_under_its_own_name() -> None:
    registry = ComponentRegistry([Tokenizer])
    assert registry.resolve("Tokenizer") is Tokenizer
    assert registry.name_of(Tokenizer) == "Tokenizer"
    assert "Tokenizer" in registry.names()
    assert registry.names() == sorted(registry.names())


def test_what_is_no_component_cannot_be_passed() -> None:
    for thing in (dict, Tokenizer(), print):
        with pytest.raises(GraphSchemaException, match="is no component"):
            ComponentRegistry([thing])  # type: ignore[list-item]


def test_two_classes_of_one_name_cannot_be_passed() -> None:
    twin = type("Tokenizer", (Tokenizer,), {})
    with pytest.raises(GraphSchemaException, match="Two classes are called 'Tokenizer'"):
        ComponentRegistry([Tokenizer, twin])
    assert ComponentRegistry([Tokenizer, Tokenizer]).resolve("Tokenizer") is Tokenizer


def test_an_unknown_name_comes_with_the_nearest_one() -> None:
    with pytest.raises(GraphSchemaException, match=r"'Tokeniser'.*Did you mean 'Tokenizer'"):
        ComponentRegistry([Tokenizer]).resolve("Tokeniser")


def test_entry_points_are_those_that_the_standard_library_finds() -> None:
    expected = {entry.name: entry.value for entry in importlib.metadata.entry_points(group=GROUP)}
    assert expected
    assert {name: places[0] for name, places in registered_components().items()} == expected


@pytest.mark.behaviour("2.7/2")
def test_a_class_of_a_package_is_resolved_and_named(site: Path) -> None:
    code = """
    component = registry.resolve("OwnTokenizer")
    print(component.__module__, component.__name__, registry.name_of(component))
    """
    assert run(code, site) == "own_tokenizer OwnTokenizer OwnTokenizer"


def test_names_are_known_without_importing_anything(site: Path) -> None:
    code = """
    print("Needy" in registry.names(), sys.modules.keys() & {"needy", "own_tokenizer"})
    """
    assert run(code, site) == "True set()"


def test_naming_a_class_imports_no_other(site: Path) -> None:
    code = """
    from own_tokenizer import OwnTokenizer
    print(registry.name_of(OwnTokenizer), sys.modules.keys() & {"needy", "needless"})
    """
    assert run(code, site) == "OwnTokenizer set()"


def test_a_class_registered_from_where_it_is_re_exported_has_its_name(tmp_path: Path) -> None:
    install(
        tmp_path,
        "facade-1.0",
        "[onnlu.components]\nShort = facade:Deep\n",
        facade="from deep import Deep\n",
        deep=COMPONENT.format(name="Deep"),
    )
    code = """
    from deep import Deep
    print(registry.name_of(Deep), registry.resolve("Short") is Deep)
    """
    assert run(code, tmp_path) == "Short True"


def test_a_class_that_is_passed_goes_before_an_installed_one(site: Path) -> None:
    code = """
    from own_tokenizer import OwnTokenizer as Installed
    Passed = type("OwnTokenizer", (Installed,), {})
    registry = ComponentRegistry([Passed])
    print(registry.resolve("OwnTokenizer") is Passed, registry.name_of(Passed))
    try:
        registry.name_of(Installed)
    except GraphSchemaException as error:
        print(error)
    """
    first, second = run(code, site).splitlines()
    assert first == "True OwnTokenizer"
    assert "own_tokenizer:OwnTokenizer is not registered" in second


def test_a_failed_import_names_component_cause_and_remedy(site: Path) -> None:
    message = failure("Needy", site)
    assert "'Needy' cannot be imported from needy:Needy" in message
    assert "No module named 'a_package_that_is_not_there'" in message
    assert "Install what the package 'needy' needs" in message


def test_a_class_that_is_gone_is_a_failed_import(site: Path) -> None:
    assert "AttributeError: module 'own_tokenizer'" in failure("Vanished", site)


def test_a_training_component_names_the_extra_to_install(tmp_path: Path) -> None:
    install(
        tmp_path,
        "train-1.0",
        "[onnlu.components]\nTrained = onnlu_train.no_such_module:Trained\n",
    )
    assert failure("Trained", tmp_path).endswith("pip install 'onnlu[train]'.")


@pytest.mark.behaviour("2.7/2")
def test_what_a_package_registers_must_be_a_component(site: Path) -> None:
    assert "which is no component" in failure("NoComponent", site)


@pytest.mark.behaviour("2.7/2")
def test_a_name_that_two_packages_claim_is_ambiguous(site: Path) -> None:
    install(site, "rival-1.0", "[onnlu.components]\nOwnTokenizer = rival:OwnTokenizer\n")
    message = failure("OwnTokenizer", site)
    assert "own_tokenizer:OwnTokenizer" in message
    assert "rival:OwnTokenizer" in message


def test_of_two_versions_of_a_package_the_first_on_the_path_counts(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    install(
        new,
        "own_components-2.0",
        "[onnlu.components]\nOwn = new_home:Own\n",
        new_home=COMPONENT.format(name="Own"),
    )
    install(old, "own_components-1.0", "[onnlu.components]\nOwn = old_home:Own\n")
    assert run("print(registry.resolve('Own').__module__)", new, old) == "new_home"
