"""A small OpenAI-compatible server on this machine that answers as a test tells it to."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Served:
    """One reply: a status, what the model says, and how long it takes."""

    says: str = "{}"
    status: int = 200
    seconds: float = 0.0
    drips: bool = False
    """Whether the body comes byte by byte, each after `seconds`."""
    headers: dict[str, str] = field(default_factory=dict)
    usage: Any = field(default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 20})

    def body(self) -> bytes:
        message = {"role": "assistant", "content": self.says}
        return json.dumps({"choices": [{"message": message}], "usage": self.usage}).encode()


@dataclass
class Server:
    """What a running server was asked, and where it is."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def serving(reply: Callable[[dict[str, Any], int], Served]) -> Iterator[Server]:
    """Serve until the block ends; `reply` is told the request and how many came before it."""
    state = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            said = reply(asked, len(state.asked))
            state.asked.append(asked)
            state.keys.append(self.headers.get("Authorization", ""))
            self._answer(said)

        def _answer(self, said: Served) -> None:
            body = said.body()
            try:
                if not said.drips:
                    time.sleep(said.seconds)
                self.send_response(said.status)
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for byte in body if said.drips else ():
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(said.seconds)
                if not said.drips:
                    self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
