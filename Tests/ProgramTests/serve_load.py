"""Mixed requests to a running service, good and hostile, from several clients at the same time.

usage: serve_load.py PORT COUNT [SEED]

Good requests must be answered in full, with the text that the same request gets alone; 503 with
Retry-After is asked again. Hostile ones must get an error or the end of their connection, and
nothing else. Prints one line of counts; exit code 1 where anything was lost.
"""

import http.client
import json
import random
import socket
import sys
import threading
import time

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
CLIENTS = 6
PROMPTS = ["Once upon a time", "One day, a little girl named Lily", "The dog was", "Tom and his mom"]
JSON = {"Content-Type": "application/json"}


def body(prompt, **more):
    return json.dumps({"prompt": prompt, "max_tokens": 12, "temperature": 0, **more})


def ask(connection, prompt, stream):
    """The answer's text, or None where the service said to come again."""
    connection.request("POST", "/v1/completions", body(prompt, stream=stream), JSON)
    response = connection.getresponse()
    data = response.read()
    if response.status == 503:
        assert int(response.headers["Retry-After"]) >= 1
        return None
    assert response.status == 200, (response.status, data)
    if not stream:
        answer = json.loads(data)
        assert answer["usage"]["completion_tokens"] >= 1, answer
        return answer["choices"][0]["text"]
    events = data.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""], events[-3:]
    parts = [json.loads(event[6:])["choices"][0] for event in events[:-2]]
    assert parts[-1]["finish_reason"] in ("length", "stop"), parts[-1]
    return "".join(part["text"] for part in parts)


def good(random_, stream=False):
    prompt = random_.choice(PROMPTS)
    for _ in range(400):
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        try:
            text = ask(connection, prompt, stream)
            for _ in range(random_.randint(0, 2)):
                if text is not None:
                    assert ask(connection, prompt, stream) in (text, None)
        finally:
            connection.close()
        if text is not None:
            assert text == EXPECTED[prompt], (prompt, text, EXPECTED[prompt])
            return
        time.sleep(0.02)
    raise AssertionError("503 without end")


def raw(data, parts=1, wait=0.0, read=True):
    """Sends bytes and gives back all that comes until the connection ends."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as connection:
        try:
            step = max(1, len(data) // parts)
            for start in range(0, len(data), step):
                connection.sendall(data[start : start + step])
                time.sleep(wait)
            if not read:
                return b""
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received
        except (BrokenPipeError, ConnectionResetError):
            return b""


def expect_error(data, *codes):
    received = raw(data)
    status = received.split(b"\r\n", 1)[0].split(b" ")
    assert received == b"" or (len(status) > 1 and int(status[1]) in codes), received[:200]


def post(content, length=None, headers=b""):
    return (
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\n" + headers + b"Content-Length: "
        + str(len(content) if length is None else length).encode() + b"\r\n\r\n" + content
    )


def chunked(content):
    return (
        b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + content
    )


def hostile(random_):
    case = random_.randrange(14)
    busy = 503
    if case == 0:
        expect_error(bytes(random_.randrange(256) for _ in range(random_.randrange(1, 3000))) + b"\r\n\r\n",
                     400, 408, 414, 431, 501, 505)
    elif case == 1:
        expect_error(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40000 + b"\r\n\r\n", 431)
    elif case == 2:
        expect_error(post(b"[" * 100), 400, busy)
    elif case == 3:
        expect_error(post(b'{"prompt":"\xff\xfe"}'), 400, busy)
    elif case == 4:
        expect_error(post(b'{"prompt":"a","max_tokens":-3}'), 400, busy)
    elif case == 5:
        expect_error(chunked(b"zz\r\nabc\r\n0\r\n\r\n"), 400, busy)
    elif case == 6:
        expect_error(chunked(b"ffffffffffffffff\r\nabc\r\n"), 400, 413, busy)
    elif case == 7:  # leaves in the middle of its body
        raw(post(b'{"prompt":"' + b"a" * 500, 4000), read=False)
    elif case == 8:  # leaves before its answer
        raw(post(body("Once upon a time", max_tokens=400, stream=True).encode()), read=False)
    elif case == 9:  # leaves in the middle of its answer
        with socket.create_connection(("127.0.0.1", PORT), timeout=60) as connection:
            connection.sendall(post(body("The dog was", max_tokens=400, stream=True).encode()))
            connection.recv(100)
    elif case == 10:  # a body in many small pieces is a good one
        received = raw(post(body("Tom and his mom").encode()), parts=20, wait=0.001)
        assert received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")), received[:100]
    elif case == 11:
        expect_error(b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 403)
    elif case == 12:
        expect_error(post(b"{}", headers=b"Content-Length: 5\r\n"), 400)
    else:  # pipelined: all are answered, in order
        received = raw(
            b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5
            + b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        assert received.count(b"HTTP/1.1 200") == 6 and b"owned_by" in received, received
    return case


def light(random_):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    for path in random_.sample(["/health", "/metrics", "/v1/models", "/nothing"], 2):
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        assert response.status == (404 if path == "/nothing" else 200)
    connection.close()


counts, failures, lock = {"good": 0, "stream": 0, "light": 0, "hostile": 0}, [], threading.Lock()
left = COUNT


def client(seed):
    global left
    random_ = random.Random(seed)
    while True:
        with lock:
            if left == 0:
                return
            left -= 1
        kind = random_.choices(["good", "stream", "light", "hostile"], [3, 3, 2, 4])[0]
        try:
            if kind in ("good", "stream"):
                good(random_, kind == "stream")
            elif kind == "light":
                light(random_)
            else:
                hostile(random_)
        except Exception as failure:  # noqa: BLE001: whatever it is, it is told of
            with lock:
                failures.append(f"{kind}: {type(failure).__name__}: {failure}")
        with lock:
            counts[kind] += 1


EXPECTED = {}
for prompt in PROMPTS:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
    EXPECTED[prompt] = ask(connection, prompt, False)
    assert ask(connection, prompt, True) == EXPECTED[prompt]
    connection.close()
start = time.monotonic()
threads = [threading.Thread(target=client, args=(SEED * 1000 + n,)) for n in range(CLIENTS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps({**counts, "seconds": round(time.monotonic() - start, 1), "failed": len(failures)}))
for failure in failures[:10]:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
