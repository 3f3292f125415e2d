"""Compile Python files in one process without writing anything.

usage: python -I -B compile_files.py   (NUL-separated paths on stdin)

One JSON object a line, ASCII only. "i" is the index of the path in the
input; the path itself is never echoed, so no name can break the output.
  {"t":"start","v":1,"python":"3.11.7","impl":"cpython","n":3}
  {"t":"ok","i":0,"bytes":12}
  {"t":"warning","i":0,"line":1,"col":null,"kind":"SyntaxWarning","msg":"..."}
  {"t":"error","i":1,"line":1,"col":7,"end_line":1,"end_col":8,
   "kind":"SyntaxError","msg":"..."}
  {"t":"io","i":2,"kind":"FileNotFoundError","errno":2,"msg":"..."}
  {"t":"end","n":3,"ok":1,"error":1,"io":1}
exit: 0 all compiled, 1 some error or io record, anything else: a crash.
"""

import json
import os
import stat
import sys
import warnings

FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def emit(**record):
    sys.stdout.write(json.dumps(record, ensure_ascii=True) + "\n")


def number(value):
    return value if isinstance(value, int) and value > 0 else None


def read(path):
    fd = os.open(path, FLAGS)
    with open(fd, "rb") as handle:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(22, "not a regular file")
        return handle.read()


def check(index, path):
    try:
        data = read(path)
    except OSError as exc:
        emit(
            t="io",
            i=index,
            kind=type(exc).__name__,
            errno=exc.errno,
            msg=exc.strerror or "",
        )
        return "io"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(data, "<module>", "exec", 0, True, 0)
        except SyntaxError as exc:
            emit(
                t="error",
                i=index,
                line=number(exc.lineno),
                col=number(exc.offset),
                end_line=number(getattr(exc, "end_lineno", None)),
                end_col=number(getattr(exc, "end_offset", None)),
                kind=type(exc).__name__,
                msg=str(exc.msg),
            )
            return "error"
        except (ValueError, OverflowError, RecursionError, MemoryError) as exc:
            emit(
                t="error",
                i=index,
                line=None,
                col=None,
                end_line=None,
                end_col=None,
                kind=type(exc).__name__,
                msg=str(exc),
            )
            return "error"
    for item in caught:
        emit(
            t="warning",
            i=index,
            line=number(item.lineno),
            col=None,
            kind=item.category.__name__,
            msg=str(item.message),
        )
    emit(t="ok", i=index, bytes=len(data))
    return "ok"


def main():
    paths = [p for p in sys.stdin.buffer.read().split(b"\0") if p]
    emit(
        t="start",
        v=1,
        python=".".join(map(str, sys.version_info[:3])),
        impl=sys.implementation.name,
        n=len(paths),
    )
    counts = {"ok": 0, "error": 0, "io": 0}
    for index, path in enumerate(paths):
        counts[check(index, path)] += 1
    emit(t="end", n=len(paths), **counts)
    sys.stdout.flush()
    return 1 if counts["error"] or counts["io"] else 0


if __name__ == "__main__":
    sys.exit(main())
