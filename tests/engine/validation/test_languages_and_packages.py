"""Rules 3 and 4: components know the language, and what they need is installed."""

from __future__ import annotations

import sys

import pytest

from .toys import Reader, node, problem, problems, with_node


def languages(
    supported: list[str] | None, excluded: list[str] | None, language: str | None
) -> list[str]:
    class Speaker(Reader):
        @staticmethod
        def supported_languages() -> list[str] | None:
            return supported

        @staticmethod
        def not_supported_languages() -> list[str] | None:
            return excluded

    speaker = node(Speaker, "read", needs={"source": "__source__"})
    return problems(with_node(speaker=speaker), language=language)


@pytest.mark.behaviour("2.6/3", "1.5/5")
@pytest.mark.parametrize(
    ("supported", "excluded", "language"),
    [
        (None, None, "de"),
        (["de", "en"], None, "de"),
        (None, ["zh"], "de"),
        (["de"], None, None),
        (None, ["de"], None),
    ],
)
def test_a_language_that_components_are_for_passes(
    supported: list[str] | None, excluded: list[str] | None, language: str | None
) -> None:
    assert languages(supported, excluded, language) == []


@pytest.mark.behaviour("2.6/3", "1.5/5")
def test_a_language_that_a_component_is_not_for_is_a_problem() -> None:
    remedy = "Use another component, or correct `language`."
    assert languages(["en", "de"], None, "zh") == [
        f"train graph, node 'speaker': Speaker is for 'de', 'en' only, not for 'zh'. {remedy}"
    ]
    assert languages(None, ["zh", "ja"], "zh") == [
        f"train graph, node 'speaker': Speaker is not for 'zh'; nor for any of 'ja', 'zh'. {remedy}"
    ]
    assert languages([], None, "zh") == [
        f"train graph, node 'speaker': Speaker is for no language only, not for 'zh'. {remedy}"
    ]


@pytest.mark.behaviour("2.6/3", "1.5/5")
@pytest.mark.parametrize("language", ["de", None])
def test_both_lists_of_languages_are_a_problem(language: str | None) -> None:
    (found,) = languages(["de"], ["zh"], language)
    assert "Keep `supported_languages` or `not_supported_languages`" in found


@pytest.mark.behaviour("2.6/4", "1.5/6")
def test_required_packages_that_are_not_installed_are_named_together() -> None:
    class Needy(Reader):
        @staticmethod
        def required_packages() -> list[str]:
            return ["json", "no_such_package", "xml.dom", "no_such_package.part", "json.no_part"]

    needy = node(Needy, "read", needs={"source": "__source__"})
    assert problem(with_node(needy=needy)) == (
        "train graph, node 'needy': Needy requires packages that are not installed: "
        "no_such_package, no_such_package.part, json.no_part. Install them, or use another "
        "component."
    )


@pytest.mark.behaviour("2.6/4")
def test_a_package_is_looked_for_and_not_imported() -> None:
    class Needy(Reader):
        @staticmethod
        def required_packages() -> list[str]:
            return ["antigravity"]

    assert problems(with_node(needy=node(Needy, "read", needs={"source": "__source__"}))) == []
    assert "antigravity" not in sys.modules
