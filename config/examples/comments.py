"""An article, a comment, where it stands, what is published, and what a webhook tells: with Python.

``python comments.py`` sends; ``python comments.py receive`` (``pip install standardwebhooks``) listens.
"""

import json
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

BODY = "The bridge will spare my children the detour along the main road every morning."


def call(method, path, content=None):
    """By the site's server. Raises ``urllib.error.HTTPError``; its body says what is wrong."""
    request = urllib.request.Request(
        os.environ["MODERATION"] + path,
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"Authorization": f"Bearer {os.environ['SECRET_KEY']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def send():
    article = {"title": "The bridge", "text": "The council builds a bridge over the river."}
    call("PUT", "/api/v1/articles/bridge", article | {"url": "https://news.example/bridge"})
    author = {"id": "reader-7", "name": "Ada"}
    comment = call("POST", "/api/v1/articles/bridge/comments", {"author": author, "body": BODY})
    print(comment["id"], comment["status"], comment["message"])
    whole = call("GET", f"/api/v1/comments/{comment['id']}")
    print(whole["status"], whole["reasons"])
    for one in call("GET", f"/api/v1/articles/bridge/comments?site={os.environ['PUBLISHABLE_KEY']}")["comments"]:
        print(one["author"]["name"], one["body"])


def receive():
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError

    secret = Webhook(os.environ["WEBHOOK_SECRET"])

    class Events(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            try:
                event = secret.verify(body, dict(self.headers))
            except WebhookVerificationError:
                return self.answer(401)
            about = event["data"].get("comment", {})  # webhook.test has none
            print(self.headers["webhook-id"], event["type"], about.get("id", ""), flush=True)
            return self.answer(204)  # once it is stored; the work comes afterwards

        def answer(self, status):
            self.send_response(status)
            self.end_headers()

    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9700"))), Events).serve_forever()


if __name__ == "__main__":
    receive() if sys.argv[1:] == ["receive"] else send()
