"""A small seller's system that answers Kontor's production interface (V2.0) as it should. Python 3.9 or newer, nothing else.

    KEY=<the key of your production address> PORT=8090 python3 seller.py

Then add http://<this machine>:8090/produce as your production address and verify it. A real system keeps its instances in a
database and starts something for each of them; everything else is here.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

# A key is changed without a gap: while two are known, both are believed.
KEYS = [key for key in os.environ.get("KEY", "").split(",") if key]
PORT = int(os.environ.get("PORT", "8090"))
SITE = os.environ.get("SITE", f"http://127.0.0.1:{PORT}")
FRESH = int(os.environ.get("FRESH_SECONDS", "60"))  # seconds for which a signature is good
BODY_MAX = 1024 * 1024
# A file that shows what it has, for whoever compares it with the marketplace.
BOOK = os.environ.get("BOOK")

DONE, INTERNAL, SIGNATURE, PARAMETER, NO_INSTANCE = "000000", "000005", "000001", "000002", "000003"
STATES = {"FREEZE": "frozen", "UNFREEZE": "open"}

lock = threading.Lock()
orders = {}  # (order, line) -> instance, so that a resend finds what the first one made
instances = {}  # instance -> "open", "frozen" or "released"
sold = {}  # by which order line an instance is what it is now
codes = {}  # how authorisation codes stand, where it is told of them; their software asks the marketplace anyway
ends = {}  # until when an instance or a code goes on, once it was told of another end
nonces = set()  # of requests that were answered already


def mac(key, text):
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


def believes(query, body):
    """Whether a request is from the marketplace, fresh, and none that was answered before."""
    signature, timestamp, nonce = (query.get(name, [""])[0] for name in ("signature", "timestamp", "nonce"))
    if not timestamp.isdigit() or abs(time.time() - int(timestamp) / 1000) > FRESH:
        return False
    for key in KEYS:
        signed = mac(key, f"{key}{nonce}{timestamp}{mac(key, body)}".encode())
        if hmac.compare_digest(signed, signature.lower()) and nonce not in nonces:
            nonces.add(nonce)
            return True
    return False


def said(code, message="", **more):
    return {"resultCode": code, "resultMsg": message, **more}


def create(request):
    """The same order line gets the same instance, however often it is asked for."""
    line = (request.get("orderId"), request.get("orderLineId"))
    if not all(line) or not request.get("businessId"):
        return said(PARAMETER, "orderId, orderLineId and businessId are needed")
    instance = orders.setdefault(line, request["businessId"])
    instances.setdefault(instance, "open")
    sold.setdefault(instance, line)
    return said(DONE, instanceId=instance)


def describe(request):
    info = []
    for instance in str(request.get("instanceId", "")).split(","):
        if instance not in instances:
            return said(NO_INSTANCE, "no such instance")
        access = {
            "frontEndUrl": f"{SITE}/app/{instance}",
            "userName": "admin",
            "password": "first-" + instance[-6:],
            "memo": "Change the password when you first sign in. 首次登录后请修改密码。",
        }
        info.append({"instanceId": instance, "appInfo": access})
    return said(DONE, info=info)


def move(request, state):
    instance = request.get("instanceId")
    if instance not in instances:
        return said(NO_INSTANCE, "no such instance")
    if instances[instance] != "released":
        instances[instance] = state
    return said(DONE)


def change(request):
    """Another specification was paid: the open API, asked for the order, says which SKU and how many it is from now on."""
    instance = request.get("instanceId")
    if instance not in instances:
        return said(NO_INSTANCE, "no such instance")
    sold[instance] = (request["orderId"], request["orderLineId"])
    return said(DONE)


def answer(request):
    activity = request.get("activity")
    if activity == "newInstance":
        return create(request)
    if activity == "queryInstance":
        return describe(request)
    if activity in ("updateInstanceStatus", "releaseInstance"):
        return move(request, STATES.get(request.get("status"), "released"))
    if activity == "upgradeInstance":
        return change(request)
    if activity in ("refreshInstance", "changeInstanceCheck"):
        if request.get("instanceId") not in instances:
            return said(NO_INSTANCE, "no such instance")
        if activity == "refreshInstance":
            ends[request["instanceId"]] = request["expireTime"]
        # The check asks whether productInfo fits what is used: a real one answers another code and says in resultMsg why not.
        return change(request) if request.get("scene") == "RENEWAL_CHANGE" else said(DONE)
    if activity == "refreshLicenseCode":
        ends[request["license"]] = request["expireTime"]
    elif activity in ("updateLicenseCodeStatus", "releaseLicenseCode"):
        codes[request["license"]] = STATES.get(request.get("status"), "released")
    elif activity != "orderNotify":
        return said(PARAMETER, "an unknown activity")
    return said(DONE)


def keep():
    if BOOK:
        rows = [
            {"instance": one, "state": state, "order": sold[one][0], "line": sold[one][1], "end": ends.get(one)}
            for one, state in instances.items()
        ]
        with open(BOOK, "w", encoding="utf-8") as file:
            json.dump(rows, file)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if url.path != "/produce" or length > BODY_MAX:
            return self.send(404, "text/plain", "There is nothing here.\n")
        body = self.rfile.read(length)
        # It answers 200 always: how it went stands in the code.
        self.send(200, "application/json;charset=utf8", json.dumps(self.judge(url, body), ensure_ascii=False))

    def judge(self, url, body):
        with lock:
            if not believes(parse_qs(url.query), body):
                return said(SIGNATURE, "the signature does not fit")
            try:
                request = json.loads(body)
            except ValueError:
                return said(PARAMETER, "the body is no JSON")
            if not isinstance(request, dict):
                return said(PARAMETER, "the body is no object")
            try:
                said_back = answer(request)
                keep()
                return said_back
            except Exception as error:  # What it could not do it does not promise.
                return said(INTERNAL, str(error))

    def do_GET(self):
        """The application itself, as far as this one has any."""
        instance = urlsplit(self.path).path.removeprefix("/app/")
        with lock:
            state = instances.get(instance)
        if state == "open":
            self.send(200, "text/plain", f"{instance} is open.\n")
        elif state == "frozen":
            self.send(403, "text/plain", f"{instance} is frozen: its term is over.\n")
        else:
            self.send(404, "text/plain", "There is no such instance.\n")

    def send(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *args):
        """Addresses carry signatures; they do not belong into a log."""


if __name__ == "__main__":
    if not KEYS:
        sys.exit("KEY is missing: the key of your production address, two keys with a comma between them")
    server = ThreadingHTTPServer(("127.0.0.1" if SITE.startswith("http://127.") else "", PORT), Handler)
    print(f"The seller's system answers at {SITE}/produce", flush=True)
    server.serve_forever()
