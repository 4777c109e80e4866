"""Receives the webhook notifications of candidate-funnel and verifies their signatures.

    pip install standardwebhooks
    NOTIFY_SECRET=whsec_… python3 examples/python/receive_notices.py 8000
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["NOTIFY_SECRET"])  # one of the worker's NOTIFY_SECRETS
seen = set()  # a table in your database


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            notice = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.answer(401)
            return
        delivery = self.headers["webhook-id"]
        if delivery not in seen:
            handle(notice)
            seen.add(delivery)  # after the work, so that a crash repeats it
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


def handle(notice: dict) -> None:
    if notice["type"] == "funnel.changed":
        data = notice["data"]
        print(data["applicationId"], data["stage"], data["nextAction"]["kind"], flush=True)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
