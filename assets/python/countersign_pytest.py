"""pytest plugin: what was collected and what really ran, as JSON lines.

Load with `-p countersign_pytest`, PYTHONPATH holding only this file's folder,
and COUNTERSIGN_EVENTS naming a file that does not exist yet. ASCII only.
  {"t":"start","v":1,"pytest":"9.2.0","python":"3.11.7","coverage":true}
  {"t":"item","id":"tests/test_a.py::test_x[1]","file":"tests/test_a.py","line":12}
  {"t":"deselected","id":"..."}
  {"t":"collect","id":"tests/test_b.py","outcome":"failed"|"skipped"}
  {"t":"report","id":"...","when":"setup"|"call"|"teardown","outcome":"passed"|
   "failed"|"skipped","xfail":null|"reason","exc":null|"AssertionError"}
  {"t":"finish","exit":0}
  {"t":"end"}
"exc" is what the phase itself raised, before any other plugin rewrote the
outcome. If coverage is measuring in this process, every test gets a context
of its own, named by its node id.
"""

import json
import os
import sys

import pytest

OUT = None
COV = None
PID = os.getpid()


def emit(**record):
    if OUT is not None and os.getpid() == PID:
        OUT.write(json.dumps(record, ensure_ascii=True) + "\n")
        OUT.flush()


def pytest_configure(config):
    global OUT, COV
    OUT = open(os.environ.pop("COUNTERSIGN_EVENTS"), "x", encoding="ascii")
    if "coverage" in sys.modules:
        COV = sys.modules["coverage"].Coverage.current()
    emit(
        t="start",
        v=1,
        pytest=pytest.__version__,
        python=".".join(map(str, sys.version_info[:3])),
        coverage=COV is not None,
    )


def pytest_itemcollected(item):
    file, line, _ = item.location
    emit(t="item", id=item.nodeid, file=str(file), line=line and line + 1)


def pytest_deselected(items):
    for item in items:
        emit(t="deselected", id=item.nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report):
    if report.outcome != "passed":
        emit(t="collect", id=report.nodeid, outcome=report.outcome)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    if COV is not None:
        COV.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        if COV is not None:
            COV.switch_context("")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    exc = None if call.excinfo is None else call.excinfo.type.__name__
    report = yield
    emit(
        t="report",
        id=report.nodeid,
        when=report.when,
        outcome=report.outcome,
        xfail=getattr(report, "wasxfail", None),
        exc=exc,
    )
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    emit(t="finish", exit=int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    emit(t="end")
