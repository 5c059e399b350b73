# Assay: reward verification for reinforcement learning.
# SPDX-License-Identifier: Apache-2.0
"""A server that does what a test says, request by request, over real sockets on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What one request is answered."""

    status: int = 200
    lines: Sequence[str] = ()
    headers: dict[str, str] = field(default_factory=dict)
    breaks_off: bool = False  # closes the connection within the body


Script = Callable[[dict[str, Any]], Reply]


class ScriptedServer(ThreadingHTTPServer):
    """Answers request number n with ``script[n]``, and all later ones with the last."""

    daemon_threads = True

    def __init__(self, script: Sequence[Script]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.bodies: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing where a client hangs up, which some tests do."""

    def reply(self, body: dict[str, Any]) -> Reply:
        with self.lock:
            place = min(len(self.bodies), len(self.script) - 1)
            self.bodies.append(body)
        return self.script[place](body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        reply = self.server.reply(json.loads(self.rfile.read(length)))
        body = "".join(line + "\n" for line in reply.lines).encode()
        promised = len(body) + (100 if reply.breaks_off else 0)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(promised))
        self.end_headers()
        self.wfile.write(body)
        if reply.breaks_off:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the base's name
        """Keeps quiet."""


@contextmanager
def scripted(*script: Script) -> Iterator[ScriptedServer]:
    """Serves a script for the time of a ``with`` block."""
    with ScriptedServer(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def graded(index: int, reward: float = 1.0) -> str:
    """Returns the line of a graded result."""
    parts = {"format": reward, "correctness": 0.0, "length": 0.0, "language": 0.0}
    return json.dumps(
        {"index": index, "status": "graded", "reward": reward, "correct": True, "components": parts}
    )


def ungraded(index: int, *, retryable: bool) -> str:
    """Returns the line of a result without a reward."""
    error = {"code": "lost", "message": "lost", "retryable": retryable, "cause": "host"}
    return json.dumps({"index": index, "status": "verifier_error", "reward": None, "error": error})


def all_graded(body: dict[str, Any]) -> Reply:
    """Grades what is asked: a rollout's reward is the number in its completion."""
    return Reply(lines=[graded(i, float(r["completion"])) for i, r in enumerate(members(body))])


def members(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns a request's rollouts, of items or groups."""
    if "items" in body:
        return list(body["items"])
    return [member for group in body["groups"] for member in group["completions"]]


def problem(status: int, code: str, **headers: str) -> Script:
    """Returns a script that answers with a problem document."""
    document = json.dumps({"code": code, "detail": "said so", "pointer": "/items/0"})
    return lambda _: Reply(status, [document], headers)
