"""A server that answers as SurveyMonkey's API v3 does, as far as a download asks it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Failure = tuple[int, dict[str, str], bytes | None]
"""Status, headers, body; None for the body that is right."""


class Platform:
    """What is on the platform, what was asked of it, and what goes wrong there."""

    def __init__(self, details: dict[str, Any], responses: list[dict[str, Any]]) -> None:
        self.details, self.responses = details, responses
        self.url = ""
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.failures: list[Failure] = []
        """The next answers, in place of the right ones."""
        self.arriving = 0
        """How many more responses arrive, one behind each first page."""

    def answer(self, path: str, query: dict[str, list[str]]) -> dict[str, Any]:
        survey = f"/v3/surveys/{self.details['id']}"
        if path == f"{survey}/details":
            return self.details
        assert path == f"{survey}/responses/bulk", path
        page, size = int(query["page"][0]), int(query["per_page"][0])
        assert size <= 100, "the platform gives no more at once"
        held, total = self.responses[(page - 1) * size : page * size], len(self.responses)
        if page == 1 and self.arriving:
            self.arriving -= 1
            self.responses.append({**self.responses[0], "id": f"9{self.arriving:04d}"})
        return {"data": held, "total": total, "page": page, "per_page": size}


@contextmanager
def served(platform: Platform) -> Iterator[Platform]:
    """Serve a platform on this machine; its `url` is the root of the API."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            platform.asked.append(self.path)
            platform.tokens.add(self.headers["Authorization"])
            status, headers, body = (
                platform.failures.pop(0) if platform.failures else (200, {}, None)
            )
            if body is None:
                body = json.dumps(platform.answer(asked.path, parse_qs(asked.query))).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    platform.url = f"http://127.0.0.1:{server.server_port}/v3"
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
