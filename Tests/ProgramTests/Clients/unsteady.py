"""Servers that fail, for tests of a client's timeouts and retries.

silent() is a port where nothing is answered. shaky(port) is one that answers the first request with 503
and passes the others on to the service at `port`.
"""

import http.client
import http.server
import socket
import threading

_held = []


def silent():
    listener = socket.create_server(("127.0.0.1", 0))
    _held.append(listener)
    return listener.getsockname()[1]


def shaky(port):
    failures = [1]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if failures:
                failures.pop()
                self._answer(503, b'{"error":{"message":"try again"}}', "application/json")
                return
            service = http.client.HTTPConnection("127.0.0.1", int(port))
            headers = {"Content-Type": self.headers["Content-Type"]}
            service.request("POST", self.path, body, headers)
            answer = service.getresponse()
            self._answer(answer.status, answer.read(), answer.headers["Content-Type"])

        def _answer(self, status, body, kind):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
