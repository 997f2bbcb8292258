# SPDX-License-Identifier: GPL-2.0-or-later
"""Show a recording on a page on the loopback, while it grows.

The address holds a secret, and only requests that name the loopback are answered: other
users of this machine and pages of other origins cannot read along.
"""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from blockdoc.errors import AuthorError, BlockdocError
from blockdoc.inspect.player import Player, policy

__all__ = ["serving"]


@contextmanager
def serving(player: Player, lock: threading.Lock, port: int) -> Iterator[str]:
    """Serve a recording; yield its address.

    :param lock: held while the recording is changed.
    :param port: 0 for any that is free.
    :raise AuthorError: the port is taken.
    """
    secret = secrets.token_urlsafe(12)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), _handler(player, lock, secret))
    except (OSError, OverflowError) as error:
        raise AuthorError(f"--port {port}: {error}; leave it out for any free one") from None
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{secret}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(  # noqa: C901 - one class, whose methods are short
    player: Player, lock: threading.Lock, secret: str
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            host = self.headers.get("Host", "").partition(":")[0]
            if host not in {"127.0.0.1", "localhost"}:
                self._answer(403, "text/plain", "only for the loopback\n")
            elif address.path == f"/{secret}/":
                with lock:
                    page = player.page(live=True)
                self._answer(200, "text/html; charset=utf-8", page)
            elif address.path == f"/{secret}/more":
                self._more(parse_qs(address.query))
            else:
                self._answer(404, "text/plain", "not here\n")

        def _more(self, asked: dict[str, list[str]]) -> None:
            try:
                numbers = [int(asked[name][0]) for name in ("frame", "event")]
                with lock:
                    news = player.since(*numbers)
            except (KeyError, ValueError):
                self._answer(400, "text/plain", "frame and event are numbers\n")
            except BlockdocError as error:
                self._answer(500, "text/plain", f"{error}\n")
            else:
                self._answer(200, "application/json", json.dumps(news))

        def _answer(self, status: int, kind: str, text: str) -> None:
            data = text.encode(errors="backslashreplace")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Security-Policy", policy(live=True))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_args: Any) -> None:  # noqa: ANN401 - the library's
            """Say nothing: the terminal shows the graph."""

    return Handler
