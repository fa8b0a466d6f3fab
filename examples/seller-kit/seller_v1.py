"""A seller's system of KooGallery's older production interface V1.0, as such programs were written. Python 3.9 or newer, and
`pip install cryptography`.

    KEY=<the key of your production address> PORT=8090 python3 seller_v1.py

Then add http://<this machine>:8090/produce as your production address, in the form KooGallery V1, and verify it. A new program
takes seller.py or webhooks.py; this one shows that an old one works as it is.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import string
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

KEY = os.environ.get("KEY", "")
PORT = int(os.environ.get("PORT", "8090"))
SITE = os.environ.get("SITE", f"http://127.0.0.1:{PORT}")
# A file that shows what it has, for whoever compares it with the marketplace.
BOOK = os.environ.get("BOOK")

DONE, SIGNATURE, PARAMETER, NO_INSTANCE = "000000", "000001", "000002", "000003"

lock = threading.Lock()
orders = {}  # orderId -> instance, so that a resend finds what the first one made
instances = {}  # instance -> "open", "frozen" or "released"
mails = {}  # instance -> the buyer's mail address
sold = {}  # instance -> its order, SKU, amount and end, as it was told last


def mac(key, text):
    return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()


def signed(value):
    return value - 256 if value > 127 else value


def aes_key(size):
    """The first bytes of OpenJDK's SecureRandom("SHA1PRNG") after setSeed(key): its bytes have signs when they are added."""
    state, made = hashlib.sha1(KEY.encode()).digest(), b""
    while len(made) < size:
        output = hashlib.sha1(state).digest()
        made += output
        following, carried = [], 1
        for one, other in zip(state, output):
            total = signed(one) + signed(other) + carried
            following.append(total & 255)
            carried = total >> 8
        state = bytes(following)
    return made[:size]


def cipher(iv, size):
    return Cipher(algorithms.AES(aes_key(size)), modes.CBC(iv.encode()))


def encrypt(text, size=32):
    iv = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
    pad = PKCS7(128).padder()
    work = cipher(iv, size).encryptor()
    return iv + base64.b64encode(work.update(pad.update(text.encode()) + pad.finalize()) + work.finalize()).decode()


def decrypt(text, size=32):
    work, pad = cipher(text[:16], size).decryptor(), PKCS7(128).unpadder()
    padded = work.update(base64.b64decode(text[16:])) + work.finalize()
    return (pad.update(padded) + pad.finalize()).decode()


def believes(params):
    """The token over all other parameters, sorted by name, decoded; the key goes on with the time stamp."""
    content = "&".join(f"{name}={params[name]}" for name in sorted(params) if name != "authToken")
    token = mac(KEY + params.get("timeStamp", ""), content.encode())
    return hmac.compare_digest(token, params.get("authToken", ""))


def said(code, message="", **more):
    return {"resultCode": code, "resultMsg": message, **more}


def create(params):
    """The same order gets the same instance, however often it is asked for."""
    if not all(params.get(name) for name in ("orderId", "businessId", "customerId", "productId")):
        return said(PARAMETER, "orderId, businessId, customerId and productId are needed")
    instance = orders.setdefault(params["orderId"], params["businessId"])
    if instance not in instances:
        instances[instance], sold[instance] = "open", {"order": params["orderId"]}
        # Only the first one says what it is: one that asks for the way in later knows nothing of changes since.
        learn(instance, params)
    if params.get("email"):
        mails[instance] = decrypt(params["email"])
    app = {
        "frontEndUrl": f"{SITE}/app/{instance}",
        "userName": encrypt(mails.get(instance, "admin")),
        "password": encrypt("first-" + instance[-6:]),
        "memo": "Change the password when you first sign in. 首次登录后请修改密码。",
    }
    return said(DONE, encryptType="1", instanceId=instance, appInfo=app)


def learn(instance, params):
    told = {"sku": "skuCode", "amount": "amount", "end": "expireTime"}
    sold[instance].update({name: params[word] for name, word in told.items() if word in params})


def move(params, state):
    instance = params.get("instanceId")
    if instance not in instances:
        return said(NO_INSTANCE, "no such instance")
    if instances[instance] != "released":
        instances[instance] = state or instances[instance]
    learn(instance, params)
    return said(DONE)


def answer(params):
    activity = params.get("activity")
    if activity == "newInstance":
        return create(params)
    if activity == "refreshInstance":
        return move(params, "open")
    if activity == "expireInstance":
        return move(params, "frozen")
    if activity == "releaseInstance":
        return move(params, "released")
    if activity == "instanceStatus":
        return move(params, "frozen" if params.get("instanceStatus") == "FREEZE" else "open")
    if activity == "upgrade":
        return move(params, None)
    if activity == "queryInstance":
        found = [one for one in params.get("instanceId", "").split(",") if one in instances]
        info = [{"instanceId": one, "appInfo": {"frontEndUrl": f"{SITE}/app/{one}"}} for one in found]
        return said(DONE, info=info) if info else said(NO_INSTANCE, "no such instance")
    return said(PARAMETER, "an unknown activity")


def keep():
    if BOOK:
        with open(BOOK, "w", encoding="utf-8") as file:
            json.dump([{"instance": one, "state": state, **sold[one]} for one, state in instances.items()], file)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path != "/produce":
            return self.show(url.path.removeprefix("/app/"))
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        with lock:
            said_back = answer(params) if believes(params) else said(SIGNATURE, "the token does not fit")
            keep()
        # The memo is plain ASCII with \uXXXX, and the signature is over the bytes as they go out.
        body = json.dumps(said_back).encode()
        self.send(200, "application/json;charset=utf8", body, f'sign_type="HMAC-SHA256", signature="{mac(KEY, body)}"')

    def show(self, instance):
        """The application itself, as far as this one has any."""
        with lock:
            state = instances.get(instance)
        status = {"open": 200, "frozen": 403}.get(state, 404)
        self.send(status, "text/plain", f"{instance} is {state or 'not here'}.\n".encode())

    def send(self, status, kind, body, sign=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if sign:
            self.send_header("Body-Sign", sign)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *args):
        """Addresses carry tokens; they do not belong into a log."""


if __name__ == "__main__":
    if not KEY:
        sys.exit("KEY is missing: the key of your production address")
    server = ThreadingHTTPServer(("127.0.0.1" if SITE.startswith("http://127.") else "", PORT), Handler)
    print(f"The seller's system answers at {SITE}/produce", flush=True)
    server.serve_forever()
