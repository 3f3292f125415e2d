"""Runs the examples of a document, in order, in one namespace, as a reader would.

Reads one JSON object from standard input:
  {"nonce":"…","roots":["/tree"],"file":"m/README.md",
   "blocks":[{"line":7,"text":"…","doctest":false}]}
Writes JSON lines to what was standard output, each behind the nonce:
  {"t":"start","v":1,"n":2}
  {"t":"ran","i":0,"examples":1}
  {"t":"raised","i":1,"line":9,"kind":"ValueError","msg":"…","missing":null}
  {"t":"differs","i":1,"line":9,"expected":"1","got":"2"}
  {"t":"left","i":1}      (after one that failed: the others may build on it)
  {"t":"end","n":2}
What examples print goes to standard error, and they read nothing. A process
that an example forks says nothing here. ASCII only.
"""

import doctest
import json
import os
import sys
import types

LONGEST = 1000


def cut(text):
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def said(error):
    try:
        return cut(str(error))
    except BaseException:
        return ""


def missing(error):
    """The module that could not be imported, if that is why."""
    for _ in range(16):
        if isinstance(error, ModuleNotFoundError):
            return error.name
        error = getattr(error, "__cause__", None)
    return None


def line_of(error, file):
    """The last line of the document that led to it."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    line, frame = None, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == file:
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def raised(error, line):
    return dict(
        t="raised",
        line=line,
        kind=type(error).__name__,
        msg=said(error),
        missing=missing(error),
    )


class Runner(doctest.DocTestRunner):
    """Counts what ran and keeps what went wrong first."""

    def __init__(self):
        super().__init__(verbose=False)
        self.ran = 0
        self.wrong = None

    def report_start(self, out, test, example):
        pass

    def report_success(self, out, test, example, got):
        self.ran += 1

    def report_failure(self, out, test, example, got):
        self.ran += 1
        if self.wrong is None:
            self.wrong = dict(
                t="differs",
                line=test.lineno + example.lineno + 1,
                expected=cut(example.want),
                got=cut(got),
            )

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.ran += 1
        if self.wrong is None:
            line = test.lineno + example.lineno + 1
            self.wrong = raised(exc_info[1], line)


def run_doctest(block, file, namespace):
    parser = doctest.DocTestParser()
    test = parser.get_doctest(block["text"], {}, file, file, block["line"] - 1)
    test.globs = namespace
    runner = Runner()
    runner.run(test, out=lambda text: None, clear_globs=False)
    return runner.wrong or dict(t="ran", examples=runner.ran)


def run_plain(block, file, namespace):
    # With the lines it has in the document.
    text = "\n" * (block["line"] - 1) + block["text"]
    exec(compile(text, file, "exec", dont_inherit=True), namespace)
    return dict(t="ran", examples=1)


def run(block, file, namespace):
    try:
        if block["doctest"]:
            return run_doctest(block, file, namespace)
        return run_plain(block, file, namespace)
    except BaseException as error:
        return raised(error, line_of(error, file) or block["line"])


def main():
    told = json.loads(sys.stdin.buffer.read())
    channel = os.dup(1)
    os.dup2(2, 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    # Not what an example puts in their place.
    dumps, write, process, leave = json.dumps, os.write, os.getpid, os._exit
    nonce, own = told["nonce"], process()

    def emit(record):
        if process() == own:
            line = nonce + " " + dumps(record) + "\n"
            write(channel, line.encode("ascii"))

    # In place of the directory of this file.
    sys.path[0:1] = told["roots"]
    file, blocks = told["file"], told["blocks"]
    sys.argv = [file]
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    emit(dict(t="start", v=1, n=len(blocks)))
    failed = False
    for i, block in enumerate(blocks):
        record = dict(t="left") if failed else run(block, file, vars(main))
        if process() != own:
            leave(0)
        failed = record["t"] != "ran"
        emit(dict(record, i=i))
    emit(dict(t="end", n=len(blocks)))


if __name__ == "__main__":
    main()
