"""Start a service, ask what it must answer, and stop it.

usage: python -I -B serve_module.py   (a JSON object on stdin)
  {"argv": [...], "env": {...}, "port": 8080, "health": "/healthz",
   "metrics": "/metrics", "ready": 30, "stop": 10}

One JSON object on stdout, ASCII only; bytes are written as the characters of
their values. Nothing is judged here.
  {"v": 1,
   "network": null | "why there is no loopback",
   "refused": null | "why it could not be started",
   "ended": null | its exit code, where it ended before it was asked to,
   "health": null | {"status": 200, "body": "ok"} | {"error": "ConnectionRefusedError: ..."},
   "metrics": the same, once it was healthy,
   "stop": null | {"code": 0} | {"code": null} (it had to be killed),
   "left": 0 (processes of it that were still there then),
   "stdout": "...", "stderr": "..."}

What is started here is not to be trusted, and runs as the same user: this
process lets nobody look into it or write to what it holds open, gives none of
it on, and reads nothing that others can write to once the service runs.
"""

import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

MOST = 1 << 20
ANSWER_WITHIN = 10
SET_DUMPABLE, SET_CHILD_SUBREAPER = 4, 36


def guard():
    if not sys.platform.startswith("linux"):
        return
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for option, value in ((SET_DUMPABLE, 0), (SET_CHILD_SUBREAPER, 1)):
        if prctl(option, value, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "cannot guard this process")


def no_loopback(port):
    """Why nobody could listen here, if so."""
    try:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            socket.create_connection(server.getsockname(), 5).close()
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", port))
    except OSError as error:
        return words(error)
    return None


def words(error):
    return "%s: %s" % (type(error).__name__, error)


def text(content):
    return content.decode("latin-1")


class Late(Exception):
    """It took too long."""


def late(*_):
    raise Late("no whole answer within %d s" % ANSWER_WITHIN)


def ask(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN)
    signal.setitimer(signal.ITIMER_REAL, ANSWER_WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return {"status": answer.status, "body": text(answer.read(MOST))}
    except (OSError, http.client.HTTPException, Late, ValueError) as error:
        return {"error": words(error)}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.close()


class Kept(threading.Thread):
    """Keeps the beginning of what a pipe gives, and reads all of it."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe, self.content = pipe, b""
        self.start()

    def run(self):
        while True:
            more = os.read(self.pipe.fileno(), 1 << 16)
            if not more:
                return
            self.content += more[: MOST - len(self.content)]


def wait_until_healthy(service, asked, facts):
    deadline = time.monotonic() + asked["ready"]
    while True:
        facts["ended"] = service.poll()
        if facts["ended"] is not None:
            return False
        facts["health"] = ask(asked["port"], asked["health"])
        if facts["health"].get("status") == 200:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


def stop(service, seconds):
    service.send_signal(signal.SIGTERM)
    try:
        return {"code": service.wait(seconds)}
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
        return {"code": None}


def left():
    """How many processes of it are still there; those that are going may go."""
    deadline = time.monotonic() + 1
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return 0
        if pid == 0:
            if time.monotonic() >= deadline:
                return max(1, children())
            time.sleep(0.02)


def children():
    mine = 0
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        try:
            with open("/proc/%s/stat" % entry, "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if len(fields) > 1 and int(fields[1]) == os.getpid():
            mine += 1
    return mine


def main():
    asked = json.load(sys.stdin)
    guard()
    signal.signal(signal.SIGALRM, late)
    facts = dict.fromkeys(("network", "refused", "ended", "health", "metrics", "stop"))
    facts.update(v=1, left=0, stdout="", stderr="")
    facts["network"] = no_loopback(asked["port"])
    if facts["network"] is not None:
        return facts
    try:
        service = subprocess.Popen(
            asked["argv"],
            env={**os.environ, **asked["env"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        facts["refused"] = words(error)
        return facts
    streams = Kept(service.stdout), Kept(service.stderr)
    if wait_until_healthy(service, asked, facts):
        facts["metrics"] = ask(asked["port"], asked["metrics"])
        facts["ended"] = service.poll()
    if facts["ended"] is None:
        facts["stop"] = stop(service, asked["stop"])
    facts["left"] = left()
    for stream in streams:
        stream.join(1)  # what was left behind may hold it open
    facts["stdout"], facts["stderr"] = (text(stream.content) for stream in streams)
    return facts


print(json.dumps(main()), flush=True)
os._exit(0)
