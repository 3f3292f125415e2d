"""Over a pair of sockets, so that no port is needed."""

import json
import logging
import signal
import socket
import threading
from types import SimpleNamespace

import pytest

from candidate.settlement.service import Handler, Json, run


def ask(path):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        Handler(theirs, ("test", 0), SimpleNamespace(cleared=7))
        theirs.shutdown(socket.SHUT_WR)
        return ours.makefile().read()


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/healthz", 200, "ok"),
        ("/metrics", 200, "settlement_batches_total 7"),
        ("/admin", 404, "not found"),
    ],
)
def test_answers_two_pages_and_nothing_else(path, status, text):
    answer = ask(path)
    assert answer.startswith(f"HTTP/1.0 {status} ")
    assert text in answer


def test_logs_one_json_object_a_line(caplog):
    caplog.set_level(logging.INFO)
    ask("/healthz")
    line = json.loads(Json().format(caplog.records[-1]))
    assert line["logger"] == "candidate.settlement.service"
    assert "/healthz" in line["message"]


def test_stops_when_asked():
    stopped = threading.Event()

    def serve_forever(poll_interval):
        signal.raise_signal(signal.SIGTERM)
        assert stopped.wait(timeout=5)

    before = signal.getsignal(signal.SIGTERM)
    try:
        run(
            SimpleNamespace(
                server_port=0, serve_forever=serve_forever, shutdown=stopped.set
            )
        )
    finally:
        signal.signal(signal.SIGTERM, before)
