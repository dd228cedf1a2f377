"""Keep the result of a test run: `record_tests.py JUNIT_XML RESULT_JSON`."""

from __future__ import annotations

import json
import platform
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from machine import commit, machine


def main(report: Path, result: Path) -> None:
    name, changed = commit(Path(__file__).parents[1])
    document = {
        **test_counts(report),
        "commit": name,
        "changed_since_commit": changed,
        "python": platform.python_version(),
        "machine": machine(),
    }
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print(f"{result}: {document['passed']} passed, {document['failed']} failed")


def test_counts(report: Path) -> dict[str, Any]:
    """Count the test cases of a JUnit report by their outcome.

    Returns:
        date (ISO 8601), passed, failed (errors too), skipped, seconds, and the failed tests' names.
    """
    suite = next(ElementTree.parse(report).iter("testsuite"))
    outcomes: Counter[str] = Counter()
    failures: set[str] = set()
    for case in suite.iter("testcase"):
        outcome = _outcome(case)
        outcomes[outcome] += 1
        if outcome == "failed":
            failures.add(f"{case.get('classname')}::{case.get('name')}")
    return {
        "date": suite.get("timestamp"),
        "passed": outcomes["passed"],
        "failed": outcomes["failed"],
        "skipped": outcomes["skipped"],
        "seconds": round(float(suite.get("time", 0))),
        "failures": sorted(failures),
    }


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
