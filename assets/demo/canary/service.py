"""A shop's fees, over HTTP, and those who ask for them: `service.py SHARE RATE`.

SHARE of the answers are failures; RATE requests a second come in. It prints its port, answers
/metrics in Prometheus' text format, and ends when its standard input does.
"""

import http.client
import http.server
import os
import random
import sys
import threading
import time

SHARE, RATE = float(sys.argv[1]), float(sys.argv[2])
COUNTED = {"requests_total": 0, "failures_total": 0}
LOCK = threading.Lock()
CHANCE = random.Random(7)


class Shop(http.server.BaseHTTPRequestHandler):
    """Answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """A fee, or the numbers."""
        if self.path == "/metrics":
            with LOCK:
                numbers = [f"# TYPE {name} counter\n{name} {n}\n" for name, n in COUNTED.items()]
            self.answer(200, "".join(numbers))
            return
        failed = CHANCE.random() < SHARE
        with LOCK:
            COUNTED["requests_total"] += 1
            COUNTED["failures_total"] += failed
        self.answer(*((500, "no fee\n") if failed else (200, "1.25 EUR\n")))

    def answer(self, status, text):
        """Sends it."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nobody reads it."""


def load(port):
    """Asks for fees, at that rate."""
    shop = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    due = time.monotonic()
    while True:
        try:
            shop.request("GET", "/fee")
            shop.getresponse().read()
        except (OSError, http.client.HTTPException):
            shop.close()
        due += 1 / RATE
        time.sleep(max(0.0, due - time.monotonic()))


def until_left_alone():
    """Whoever started it holds the other end."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop)
print(SERVER.server_address[1], flush=True)
threading.Thread(target=until_left_alone, daemon=True).start()
threading.Thread(target=load, args=(SERVER.server_address[1],), daemon=True).start()
SERVER.serve_forever()
