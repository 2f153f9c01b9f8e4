"""A provider that answers in 50 ms, as Twilio and Meta would: python -m bench.slow_provider <port>"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS_IN_S = 0.05
ANSWER = b'{"sid": "SM1", "messages": [{"id": "wamid.1"}]}'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(ANSWERS_IN_S)
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args: object) -> None: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
