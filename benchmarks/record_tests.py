"""Keep the result of a test run: `record_tests.py JUNIT_XML RESULT_JSON`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree


def main(report: Path, result: Path) -> None:
    document = {**test_counts(report), "commit": commit(), "machine": machine()}
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


def commit() -> str:
    """Return the commit, with "-changed" where files differ from it (results apart)."""
    changes = _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
    return _git("rev-parse", "HEAD") + ("-changed" if changes else "")


def machine() -> dict[str, Any]:
    """Return what the tests ran on."""
    return {
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def _processor() -> str:
    """Return the processor's name; Linux keeps it where `platform` does not look."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
