#!/usr/bin/env python3
"""Receives the callbacks of Surehook: verifies each, and acts on each once. Needs Python 3.9 and nothing else.

    WEBHOOK_SECRET=the-secret-of-your-tasks PORT=9000 python3 examples/callback_receiver.py
"""
import hashlib
import hmac
import json
import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["WEBHOOK_SECRET"].encode()
BODY_MAX_BYTES = 1_048_576

# The ids that were acted on. In your application it is a table beside your own data.
database = sqlite3.connect(os.environ.get("DATABASE", "callbacks.db"))
database.execute("CREATE TABLE IF NOT EXISTS seen (webhook_id TEXT PRIMARY KEY)")


def is_genuine(body: bytes, signature: str) -> bool:
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode("latin-1"))


def act(task: dict) -> None:
    """What your application does with a result: it runs once for each callback."""
    print(f"{task['task_id']} {task['status']}", flush=True)


class Callbacks(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", 0))
        if size > BODY_MAX_BYTES:
            return self.answer(413)
        body = self.rfile.read(size)  # the bytes that were signed: parse them only once they are verified
        if not is_genuine(body, self.headers.get("x-webhook-signature", "")):
            return self.answer(401)
        # Surehook sends a callback again if no answer reached it, under the same id.
        with database:  # commits, or rolls back if act() raises: then the next attempt acts
            new = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", [self.headers["webhook-id"]])
            if new.rowcount == 1:
                act(json.loads(body))
            else:
                print(f"known: {self.headers['webhook-id']}", flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """One line for each callback is enough."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Callbacks)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
