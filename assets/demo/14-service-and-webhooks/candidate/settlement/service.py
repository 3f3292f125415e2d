"""The settlement service: health and metrics while it waits for work."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log = logging.getLogger(__name__)

METRICS = """\
# HELP settlement_batches_total Batches that have cleared.
# TYPE settlement_batches_total counter
settlement_batches_total {cleared}
"""


class Service(ThreadingHTTPServer):
    """Answers `/healthz` and `/metrics`, on this machine only."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.cleared = 0


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Service

    def do_GET(self) -> None:
        """Two pages, and nothing else."""
        if self.path == "/healthz":
            self._answer("ok\n")
        elif self.path == "/metrics":
            self._answer(METRICS.format(cleared=self.server.cleared))
        else:
            self._answer("not found\n", HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """As structured as every other line."""
        log.info(format % args)

    def _answer(self, text: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record, as far as a reader of logs needs it."""
        line = {
            "time": record.created,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(line)


def main(port: int) -> None:
    """Log to standard error, and serve."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(Json())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    with Service(port) as service:
        run(service)


def run(service: Service) -> None:
    """Serve until asked to stop."""

    def stop(*_: object) -> None:
        threading.Thread(target=service.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    log.info("listening on port %d", service.server_port)
    service.serve_forever(poll_interval=0.1)
    log.info("stopped")
