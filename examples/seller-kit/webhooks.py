"""A small seller's system that takes Kontor's events (Standard Webhooks) as it should. Python 3.9 or newer, nothing else.

    SECRET=<the secret of your address> PORT=8090 python3 webhooks.py

Then add http://<this machine>:8090/webhooks as your address, in the form of Standard Webhooks, and verify it. A real system
keeps its instances in a database and starts something for each of them; everything else is here. With the package
`standardwebhooks`, `believes` is one line: Webhook(secret).verify(body, headers).
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# A secret is changed without a gap: while two are known, both are believed.
SECRETS = [secret for secret in os.environ.get("SECRET", os.environ.get("KEY", "")).split(",") if secret]
PORT = int(os.environ.get("PORT", "8090"))
SITE = os.environ.get("SITE", f"http://127.0.0.1:{PORT}")
# Seconds for which a signature is good.
FRESH = int(os.environ.get("FRESH_SECONDS", "300"))
BODY_MAX = 1024 * 1024
CODES = {"licence.frozen": "frozen", "licence.unfrozen": "open", "licence.released": "released"}
# A file that shows what it has, for whoever compares it with the marketplace.
BOOK = os.environ.get("BOOK")

lock = threading.Lock()
instances = {}  # order line -> "open", "frozen" or "released"; the line is the name of its instance
sold = {}  # which SKU and how many an instance is; a change brings others
ends = {}  # until when an instance goes on, once it was told of another end
codes = {}  # how authorisation codes stand, where it is told of them
answered = {}  # by the event's id: one that is sent again is answered the same and changes nothing


def believes(headers, body):
    """Whether an event is from the marketplace and fresh."""
    identity, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > FRESH:
        return False
    signed = f"{identity}.{sent_at}.".encode() + body
    given = headers.get("webhook-signature", "").split(" ")
    for secret in SECRETS:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        own = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(own.encode(), one.encode()) for one in given):
            return True
    return False


def described(instance):
    access = {
        "front_end_url": f"{SITE}/app/{instance}",
        "user_name": "admin",
        "password": "first-" + instance[-6:],
        "memo": "Change the password when you first sign in. 首次登录后请修改密码。",
    }
    return {"instance": instance, "access": access}


def take(kind, data):
    """What an event asks or tells. The status says how it went: 2xx done, 202 in the making, 4xx refused, 410 for good."""
    if kind == "instance.create":
        # data says what was bought and for whom. The same line gets the same instance, however often it is asked for.
        instance = data["order_line"]
        instances.setdefault(instance, "open")
        sold.setdefault(instance, (data.get("sku"), data.get("quantities")))
        return 201, described(instance)
    if kind.startswith("licence.") or kind == "order.placed":
        # Told to who keeps a case of it. Software asks the marketplace for its code anyway; an order is what was paid.
        if "expires_at" in data:
            ends[data["licence"]] = data["expires_at"]
        elif kind in CODES:
            codes[data["licence"]] = CODES[kind]
        return 204, None
    instance = data.get("instance")
    if instance not in instances:
        return 404, {"code": "unknown_instance"}
    if kind == "instance.describe":
        # How it stands here: each night the marketplace tells again what was missed.
        state = {"open": "active"}.get(instances[instance], instances[instance])
        sku, quantities = sold[instance]
        standing = {"state": state, "expires_at": ends.get(instance), "sku": sku, "quantities": quantities}
        return 200, {**described(instance), **standing}
    if kind in ("instance.renewed", "instance.renewal_returned", "instance.trial_bought"):
        ends[instance] = data["expires_at"]
    elif kind == "instance.accepted":
        # Its buyer has looked at it: the term begins, if it has one.
        ends[instance] = data.get("expires_at")
    elif kind == "instance.changed":
        # With a new term, it comes with the end of that.
        sold[instance] = (data["sku"], data["quantities"])
        ends[instance] = data.get("expires_at", ends.get(instance))
    elif kind in ("instance.frozen", "instance.unfrozen") and instances[instance] != "released":
        instances[instance] = "frozen" if kind == "instance.frozen" else "open"
    elif kind == "instance.released":
        instances[instance] = "released"
    # instance.check_change asks whether data fits what is used; a real one says no with 409 and {"message": why}.
    # What is not known yet is none of its business.
    return 204, None


def keep():
    if BOOK:
        rows = [
            {"instance": one, "state": state, "sku": sold[one][0], "quantities": sold[one][1], "end": ends.get(one)}
            for one, state in instances.items()
        ]
        with open(BOOK, "w", encoding="utf-8") as file:
            json.dump(rows, file)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/webhooks" or length > BODY_MAX:
            return self.send(404, {"code": "unknown_instance"})
        body = self.rfile.read(length)
        with lock:
            if not believes(self.headers, body):
                return self.send(401, {"code": "signature"})
            identity = self.headers["webhook-id"]
            if identity in answered:
                return self.send(*answered[identity])
            try:
                event = json.loads(body)
                answer = take(event["type"], event["data"])
                keep()
                if answer[0] < 300:
                    answered[identity] = answer
            except (ValueError, KeyError, TypeError, AttributeError):
                answer = 400, {"code": "invalid"}
        self.send(*answer)

    def do_GET(self):
        """The application itself, as far as this one has any."""
        with lock:
            state = instances.get(self.path.removeprefix("/app/"))
        self.send({"open": 200, "frozen": 403}.get(state, 404), {"state": state})

    def send(self, status, said):
        body = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        if said is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *args):
        """What was bought by whom does not belong into a log."""


if __name__ == "__main__":
    if not SECRETS:
        sys.exit("SECRET is missing: the secret of your address, two with a comma between them")
    server = ThreadingHTTPServer(("127.0.0.1" if SITE.startswith("http://127.") else "", PORT), Handler)
    print(f"The seller's system answers at {SITE}/webhooks", flush=True)
    server.serve_forever()
