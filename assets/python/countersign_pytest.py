"""pytest plugin: what was collected and what really ran, as JSON lines.

Run as a script with pytest's arguments, `-p countersign_pytest` among them,
PYTHONPATH holding only this file's folder, COUNTERSIGN_EVENTS naming a file
that does not exist yet, and a key on standard input. So it is loaded before
anything of the project's can be found under its name (PYTEST_DONT_REWRITE: it
is there already), and nobody who merely writes files can write this one. Each
line is ASCII: sha256(key, number of the line, JSON, key), a blank, the JSON.
  {"t":"start","v":1,"pytest":"9.2.0","python":"3.11.7","coverage":true}
  {"t":"planted","id":"::test_1f0c"}
  {"t":"item","id":"tests/test_a.py::test_x[1]","file":"tests/test_a.py","line":12}
  {"t":"deselected","id":"..."}
  {"t":"marks","id":"tests/test_a.py::test_x[1]","names":["integration"]}
  {"t":"collect","id":"tests/test_b.py","outcome":"failed"|"skipped"}
  {"t":"report","id":"...","when":"setup"|"call"|"teardown","outcome":"passed"|
   "failed"|"skipped","xfail":null|"reason","exc":null|"AssertionError"}
  {"t":"missing","id":"tests/test_b.py","name":"numpy"}   (failed to import that)
  {"t":"finish","exit":0}
  {"t":"end"}
"exc" is what the phase itself raised, before any other plugin rewrote the
outcome. What is planted is a test of ours that fails, before the others and
after them: whatever turns failures into passes turns that one too. If coverage
is measuring in this process, every test gets a context of its own, named by
its node id, which the processes it starts get as well. Benchmarks run once, as
tests: time is not measured here, unless COUNTERSIGN_BENCHMARKS names a file. Then
nothing but benchmarks runs: all, or of those the ones whose node ids the file has
as a JSON list.
"""

import hashlib
import json
import os
import sys

import pytest
from _pytest.fixtures import FuncFixtureInfo
from _pytest.runner import runtestprotocol

KEY = ""
EMIT = None
COV = None
BENCHMARKS = os.environ.get("COUNTERSIGN_BENCHMARKS")


def recorder(path, key):
    out = open(path, "x", encoding="ascii")
    count, own = 0, os.getpid()
    process, dumps, sha256 = os.getpid, json.dumps, hashlib.sha256

    def record(**event):
        nonlocal count
        if process() == own:
            line = dumps(event, ensure_ascii=True)
            sum = sha256(f"{key}{count}{line}{key}".encode("ascii")).hexdigest()
            out.write(f"{sum} {line}\n")
            out.flush()
            count += 1

    return record


def emit(**event):
    if EMIT is not None:
        EMIT(**event)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    global KEY, EMIT, COV
    if BENCHMARKS is None and hasattr(config.option, "benchmark_disable"):
        config.option.benchmark_disable = True
    os.environ.pop("COUNTERSIGN_BENCHMARKS", None)
    EMIT = recorder(os.environ.pop("COUNTERSIGN_EVENTS"), KEY)
    KEY = ""
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


def emit_marks(items):
    for item in items:
        names = sorted({str(mark.name) for mark in item.iter_markers()})
        if names:
            emit(t="marks", id=item.nodeid, names=names)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if BENCHMARKS is None:
        return
    with open(BENCHMARKS, encoding="utf-8") as file:
        chosen = json.load(file)

    def runs(item):
        wanted = chosen is None or item.nodeid in chosen
        return wanted and "benchmark" in getattr(item, "fixturenames", ())

    others = [item for item in items if not runs(item)]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if runs(item)]


# What pytest-benchmark would say of the machine and the commit: it starts
# programs to find out, and nobody reads it.
@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_generate_machine_info():
    return None if BENCHMARKS is None else {"node": ""}


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_generate_commit_info():
    return None if BENCHMARKS is None else {"id": ""}


def pytest_deselected(items):
    emit_marks(items)
    for item in items:
        emit(t="deselected", id=item.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    emit_marks(session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_collectreport(report):
    if report.outcome != "passed":
        emit(t="collect", id=report.nodeid, outcome=report.outcome)


def missing(error):
    """The module that could not be imported, if that is why."""
    for _ in range(16):
        if isinstance(error, ModuleNotFoundError):
            return error.name
        error = getattr(error, "__cause__", None)
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_exception_interact(node, call, report):
    name = missing(call.excinfo.value)
    if name:
        emit(t="missing", id=node.nodeid, name=str(name))


def switch(context):
    if COV is None:
        return
    COV.switch_context(context)
    # What coverage tells the processes that a test starts.
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        COV.config.context = context or None
        os.environ["COVERAGE_PROCESS_CONFIG"] = COV.config.serialize()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    switch(item.nodeid)
    try:
        return (yield)
    finally:
        switch("")


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


class Planted(Exception):
    """What our own test fails with."""


def plant(session):
    def planted():
        raise Planted

    no_fixtures = FuncFixtureInfo((), (), [], {})
    name = f"test_{os.urandom(4).hex()}"
    item = pytest.Function.from_parent(
        session, name=name, callobj=planted, fixtureinfo=no_fixtures
    )
    emit(t="planted", id=item.nodeid)
    runtestprotocol(item, log=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session):
    plant(session)
    result = yield
    plant(session)
    return result


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    emit(t="finish", exit=int(exitstatus))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    emit(t="end")


def main():
    # From PYTHONPATH, as pytest will: the tree is not on the path yet.
    import countersign_pytest

    while part := os.read(0, 4096):
        countersign_pytest.KEY += part.decode("ascii")
    # Nobody can read it again.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    here = os.path.dirname(os.path.abspath(countersign_pytest.__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    os.environ.pop("PYTHONPATH", None)
    return pytest.console_main()


if __name__ == "__main__":
    sys.exit(main())
