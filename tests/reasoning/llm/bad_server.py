"""A real HTTP server on loopback that misbehaves in one chosen way."""

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = '{"sentences":[{"facts":["F1"],"text":"Ronin stars Jean Reno."}]}'


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    way = "good"
    text = GOOD
    asked: list[dict[str, Any]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(sent)
        self.close_connection = False  # whoever asks has to close, whatever it said of it
        way = self.server.way
        if way == "busy twice":
            way = "busy" if len(self.server.asked) < 3 else "good"
        if way == "no schema":
            way = "bad format" if "response_format" in sent else "good"
        getattr(self, f"_{way.replace(' ', '_')}")()

    def _good(self) -> None:
        self._stream([*_pieces(self.server.text), _chunk(None, "stop")])

    def _busy(self) -> None:
        self._error(503, {"message": "loading", "type": "server_error"}, retry="0.01")

    def _rate(self) -> None:
        self._error(429, {"message": "slow down", "type": "rate_limit"}, retry="30")

    def _quota(self) -> None:
        self._error(429, {"message": "you exceeded your quota", "code": "insufficient_quota"})

    def _key(self) -> None:
        self._error(401, {"message": "bad key"})

    def _unknown(self) -> None:
        self._error(404, {"message": "no such model"})

    def _window(self) -> None:
        told = "maximum context length is 8 tokens"
        self._error(400, {"message": told, "code": "context_length_exceeded"})

    def _bad_format(self) -> None:
        self._error(400, {"message": "response_format json_schema is not supported"})

    def _html(self) -> None:
        self._whole(200, "<html><body>Please log in</body></html>", "text/html")

    def _html_error(self) -> None:
        self._whole(502, "<html><body>Bad gateway</body></html>", "text/html")

    def _shape(self) -> None:
        self._stream([{"answer": "42"}])

    def _shapes(self) -> None:
        self._stream([{"choices": [{"delta": "not an object"}]}])

    def _list(self) -> None:
        self._stream([["a", "list"]])

    def _no_json(self) -> None:
        self._send_events(["data: {this is not json\n\n"])

    def _refuses(self) -> None:
        delta = {"choices": [{"index": 0, "delta": {"refusal": "I cannot help"}}]}
        self._stream([delta, _chunk(None, "stop")])

    def _filter(self) -> None:
        self._stream([_chunk("I"), _chunk(None, "content_filter")])

    def _endless(self) -> None:
        self._stream([_chunk("and again ")] * 5_000)

    def _too_much(self) -> None:
        self._stream([_chunk(f"{at} ") for at in range(5_000)])

    def _cut(self) -> None:
        self._stream(_pieces(self.server.text)[:2], whole=False)

    def _ends_early(self) -> None:
        self._stream(_pieces(self.server.text)[:2])

    def _slow(self) -> None:
        time.sleep(1.0)
        self._good()

    def _drips(self) -> None:
        self._start("text/event-stream")
        with suppress(OSError):
            for _ in range(100):
                self._event(_chunk("x"))
                time.sleep(0.05)

    def _stream(self, chunks: list[Any], *, whole: bool = True) -> None:
        self._start("text/event-stream")
        try:
            for chunk in chunks:
                self._event(chunk)
            if whole:
                self._write(b"data: [DONE]\n\n")
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass
        self.close_connection = not whole

    def _send_events(self, events: list[str]) -> None:
        self._start("text/event-stream")
        for event in events:
            self._write(event.encode())
        self.wfile.write(b"0\r\n\r\n")

    def _start(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _event(self, chunk: object) -> None:
        self._write(f"data: {json.dumps(chunk)}\n\n".encode())

    def _write(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def _error(self, status: int, error: dict[str, str], retry: str = "") -> None:
        self._whole(status, json.dumps({"error": error}), "application/json", retry)

    def _whole(self, status: int, text: str, kind: str, retry: str = "") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        if retry:
            self.send_header("retry-after", retry)
        self.end_headers()
        self.wfile.write(text.encode())


def _chunk(content: str | None, finish: str | None = None) -> dict[str, Any]:
    delta = {"content": content} if content else {}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _pieces(text: str) -> list[dict[str, Any]]:
    return [_chunk(text[at : at + 9]) for at in range(0, len(text), 9)]


@contextmanager
def bad_server(way: str, text: str = GOOD) -> Generator[tuple[str, list[dict[str, Any]]]]:
    """The address of a server that behaves in this `way`, and what it was asked."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.way, server.text, server.asked = way, text, []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", server.asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
