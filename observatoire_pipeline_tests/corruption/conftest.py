"""The tally of damaged files at the end of a test run, whichever process read them."""

from __future__ import annotations

from collections import Counter

import pytest

WORDS = ("equal", "repaired", "reported", "refused", "silent", "not applicable")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tally: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "damaged_files" and report.when == "call":
                    tally.update(value)
                if name == "broken_bytes" and report.when == "call":
                    broken.update(value)
    if tally:
        total = sum(count for word, count in tally.items() if word != "not applicable")
        told = ", ".join(f"{tally[word]} {word}" for word in WORDS if word in tally)
        terminalreporter.write_line(f"damaged files: {total} read: {told}")
    if broken:
        told = ", ".join(f"{count} {word}" for word, count in sorted(broken.items()))
        terminalreporter.write_line(f"broken bytes, inspected and landed: {told}")
