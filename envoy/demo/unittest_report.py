"""Turns the unittest tests below a folder into one line of JSON on standard output: the numbers of passes and the failures.

It never prints anything else there: what the tests themselves print goes to standard error.
Usage: unittest_report.py FOLDER [-k PATTERN]... [-f]
"""
from __future__ import annotations

import argparse
import contextlib
import json
import sys
import unittest
from typing import Any


class Report(unittest.TestResult):
    def __init__(self) -> None:
        super().__init__()
        self.passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        super().addSuccess(test)
        self.passed += 1

    def as_json(self) -> dict[str, Any]:
        bad = self.failures + self.errors
        return {
            "passed": self.passed,
            "failed": len(bad) + len(self.unexpectedSuccesses),
            "skipped": len(self.skipped),
            "failures": [{"name": test.id(), "message": trace.strip().splitlines()[-1]} for test, trace in bad]
            + [{"name": test.id(), "message": "passed, though it is marked to fail"} for test in self.unexpectedSuccesses],
        }


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("folder")
    parser.add_argument("-k", dest="patterns", action="append", metavar="PATTERN")
    parser.add_argument("-f", "--failfast", action="store_true")
    options = parser.parse_args()
    loader = unittest.TestLoader()
    if options.patterns:
        loader.testNamePatterns = [p if "*" in p else f"*{p}*" for p in options.patterns]
    report = Report()
    report.failfast = options.failfast
    with contextlib.redirect_stdout(sys.stderr):
        loader.discover(options.folder, top_level_dir=options.folder).run(report)
    print(json.dumps(report.as_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
