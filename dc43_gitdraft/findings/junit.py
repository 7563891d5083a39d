"""A report as JUnit's XML: one test case a contract."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from dc43_gitdraft.findings import Checked, Finding, Report, worst_first
from dc43_gitdraft.model import Level
from dc43_gitdraft.names import one_line

#: What no XML document may hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, fail_on: Level | None) -> str:
    """Return the XML; findings at or above `fail_on` are failures, the others output."""
    suite = ElementTree.Element("testsuite", name="dc43-gitdraft check")
    failed = 0
    for checked in report.checked:
        failed += _case(suite, checked, fail_on)
    for name, count in (("tests", len(report.checked)), ("failures", failed)):
        suite.set(name, str(count))
    for name in ("errors", "skipped"):
        suite.set(name, "0")
    suites = ElementTree.Element("testsuites", dict(suite.attrib))
    suites.append(suite)
    ElementTree.indent(suites)
    text = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(suite: ElementTree.Element, checked: Checked, fail_on: Level | None) -> bool:
    findings = worst_first(checked.findings)
    failures = [each for each in findings if fail_on is not None and each.level >= fail_on]
    line = next((str(each.line) for each in findings if each.line is not None), "1")
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname="contracts",
        name=_clean(checked.title),
        file=_clean(checked.path),
        line=line,
    )
    if failures:
        # Readers of this format show one failure a case.
        first = failures[0]
        failure = ElementTree.SubElement(
            case, "failure", type=first.rule, message=_clean(first.message)
        )
        failure.text = "\n".join(map(_line, failures))
    others = [each for each in findings if each not in failures]
    if others:
        ElementTree.SubElement(case, "system-out").text = "\n".join(map(_line, others))
    return bool(failures)


def _line(finding: Finding) -> str:
    place = ":".join(
        str(part) for part in (finding.path, finding.line, finding.column) if part is not None
    )
    return _clean(f"{place}: {finding.level}: {finding.message} [{finding.rule}]")


def _clean(text: str) -> str:
    return _ILLEGAL.sub("", one_line(text, 4000))
