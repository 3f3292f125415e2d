"""Imports each module below the working directory, each in a process of its own,
and prints what came of it: {name: outcome}."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [p for p in sys.argv[1].split(os.pathsep)]
outcomes = {}
for name in sys.argv[2:]:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            import importlib

            module = importlib.import_module(name)
            outcome = ["ok", getattr(module, "R", None)]
        except BaseException as error:  # noqa: BLE001
            outcome = ["failed", type(error).__name__, str(error)]
        os.write(write, json.dumps(outcome).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        outcomes[name] = json.loads(pipe.read() or b'["crashed"]')
    os.waitpid(child, 0)
print(json.dumps(outcomes))
