"""Check import order of files with isort's own library, writing nothing.

usage: python -P isort_files.py SETTINGS [--write]   (NUL-separated paths on stdin)
SETTINGS: a config file, or "-" for isort's defaults (no search).
--write: put the files in order as well. The records are the same.

JSON lines, ASCII only, paths only by index:
  {"t":"start","v":1,"isort":"9.0.2","n":5,"settings":true}
  {"t":"ok","i":0,"bytes":12}
  {"t":"unsorted","i":1,"bytes":40,"hunks":[{"line":2,"old":["..."],"new":["..."]}]}
  {"t":"skipped","i":2,"why":"comment"|"config"}
  {"t":"broken","i":3,"line":4,"kind":"SyntaxError","msg":"..."}   (isort would not say)
  {"t":"error","i":4,"kind":"...","msg":"..."}   (unreadable, crash)
  {"t":"end","n":5,"ok":1,"unsorted":1,"skipped":1,"broken":1,"error":1}
exit: 0 all ok, 1 some other record, 2 settings unusable, else a crash.
"""

import ast
import difflib
import io
import json
import os
import stat
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import isort
from isort.exceptions import FileSkipped

FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
OUT = sys.stdout
sys.stdout = sys.stderr


def emit(**record):
    OUT.write(json.dumps(record, ensure_ascii=True) + "\n")


def read(path):
    fd = os.open(path, FLAGS)
    with open(fd, "rb") as handle:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(22, "not a regular file")
        return handle.read()


def imports(line):
    line = line.strip()
    return line.startswith(("import ", "from ")) or line.endswith((",", "(")) or line == ")"


def stretches(old, new):
    """Where lines differ. What moves is in one stretch, not in two: whole lines wherever
    they go, and within a block of imports also what is written otherwise there."""
    found = []
    for tag, *at in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        gone = Counter(filter(str.strip, old[at[0] : at[1]]))
        come = Counter(filter(str.strip, new[at[2] : at[3]]))
        first = next(
            (n for n, (_, g, c) in enumerate(found) if g & come or c & gone),
            len(found),
        )
        if found and all(map(imports, old[found[-1][0][1] : at[0]])):
            first = min(first, len(found) - 1)
        for before, g, c in found[first:]:
            at = [min(before[0], at[0]), at[1], min(before[2], at[2]), at[3]]
            gone, come = gone + g, come + c
        # What both went and came waits for no other stretch.
        found[first:] = [(at, gone - come, come - gone)]
    return [at for at, _, _ in found]


def check(index, raw, config, write):
    path = Path(os.fsdecode(raw))
    data = read(raw)
    if config.is_skipped(path):
        emit(t="skipped", i=index, why="config")
        return "skipped"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as exc:
        line = exc.lineno if exc.lineno and exc.lineno > 0 else None
        emit(t="broken", i=index, line=line, kind=type(exc).__name__, msg=str(exc.msg))
        return "broken"
    encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="").read()
    target = io.StringIO(newline="")
    try:
        isort.stream(
            io.StringIO(text, newline=""),
            target,
            config=config,
            file_path=path,
            extension=path.suffix.lstrip(".") or "py",
        )
    except FileSkipped:
        emit(t="skipped", i=index, why="comment")
        return "skipped"
    after = target.getvalue()
    if after == text:
        emit(t="ok", i=index, bytes=len(data))
        return "ok"
    if write:
        with open(path, "w", encoding=encoding, newline="") as handle:
            handle.write(after)
    old, new = text.splitlines(), after.splitlines()
    hunks = [
        {"line": a1 + 1, "old": old[a1:a2], "new": new[b1:b2]}
        for a1, a2, b1, b2 in stretches(old, new)
    ]
    emit(t="unsorted", i=index, bytes=len(data), hunks=hunks)
    return "unsorted"


def main(settings, write):
    try:
        if settings == "-":
            config = isort.Config(settings_path=os.devnull, directory=os.getcwd())
        else:
            config = isort.Config(settings_file=settings)
    except Exception as exc:
        print(f"settings: {type(exc).__name__}: {exc}", file=sys.stderr)
        return 2
    paths = [p for p in sys.stdin.buffer.read().split(b"\0") if p]
    emit(
        t="start",
        v=1,
        isort=isort.__version__,
        n=len(paths),
        settings=settings != "-",
    )
    counts = {"ok": 0, "unsorted": 0, "skipped": 0, "broken": 0, "error": 0}
    for index, path in enumerate(paths):
        try:
            kind = check(index, path, config, write)
        except Exception as exc:
            emit(t="error", i=index, kind=type(exc).__name__, msg=str(exc))
            kind = "error"
        counts[kind] += 1
    emit(t="end", n=len(paths), **counts)
    OUT.flush()
    return 0 if counts["ok"] == len(paths) else 1


if __name__ == "__main__":
    warnings.simplefilter("default")
    sys.exit(main(sys.argv[1], sys.argv[2:] == ["--write"]))
