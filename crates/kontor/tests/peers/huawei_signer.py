"""Calls the open API with requests signed by Huawei's own SDK, and shows that changed ones are refused.

    pip install huaweicloudsdkcore==3.1.219
    python huawei_signer.py http://127.0.0.1:8080 ACCESS_KEY SECRET_KEY PL... PRODUCTION_KEY

The code must be new (never activated); the production key is that of an address of the seller's. Prints one line for each step; exit code 0 when all went as it should, else 1.
"""

import base64
import hashlib
import hmac
import http.client
import json
import sys
import time
import uuid
from urllib.parse import urlsplit

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

PREFIX = "/api/mkp-openapi-public/global/"


class Client:
    def __init__(self, base, access_key, secret_key):
        self.base = urlsplit(base)
        self.signer = Signer(BasicCredentials(access_key, secret_key))

    def signed(self, path, body, method="POST", query=(), more=None):
        # One header more, to show that it is signed like every other.
        headers = {"Content-Type": "application/json", "X-Nonce": uuid.uuid4().hex, **(more or {})}
        request = SdkRequest(
            method=method,
            schema=self.base.scheme,
            host=self.base.netloc,
            resource_path=path if path.startswith("/") else PREFIX + path,
            query_params=list(query),
            header_params=headers,
            body="" if body is None else json.dumps(body),
        )
        return self.signer.sign(request)

    def send(self, request):
        kind = http.client.HTTPSConnection if self.base.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.base.netloc, timeout=10)
        try:
            connection.request(request.method, request.uri, body=request.body, headers=request.header_params)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"error_code": None, "error_msg": text}
        return response.status, answer

    def call(self, path, body):
        return self.send(self.signed(path, body))

    def ask(self, path, *query):
        # What a query has to have escaped is signed as it is sent.
        return self.send(self.signed(path, None, "GET", query, {"Content-Type": "text/plain"}))

    def push(self, key, records):
        """Usage in the new form: the body is signed with the production key as well, compact and sorted."""
        ts, nonce = str(int(time.time() * 1000)), uuid.uuid4().hex
        body = {"usage_records": records}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        mac = hmac.new(key.encode(), f"ts={ts}&nonce={nonce}&body={text}".encode(), hashlib.sha256).digest()
        more = {"ts": ts, "nonce": nonce, "signature": base64.b64encode(mac).decode()}
        return self.send(self.signed("v1/isv/usage-data", body, more=more))


failures = 0


def check(step, outcome, status, code, fine=lambda answer: True):
    global failures
    got_status, answer = outcome
    got_code = answer.get("error_code", answer.get("resultCode"))
    passed = got_status == status and got_code == code and fine(answer)
    failures += not passed
    print(f"{'ok  ' if passed else 'FAIL'} {step}: {got_status} {json.dumps(answer, ensure_ascii=False)}")


def is_time(text):
    return len(text) == 14 and text.isdigit()


def activated(answer):
    info = json.loads(answer["data"]["license_code_info"])
    return info["status"] == "ALIVE" and is_time(info["expire_time"]) and {"product_id", "order_id", "amount"} <= info.keys()


def alive(code):
    def fine(data):
        return data["license_code"] == code and data["status"] == "ALIVE" and is_time(data["activate_time"])

    return fine


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    base, access_key, secret_key, code, production_key = sys.argv[1:]
    client = Client(base, access_key, secret_key)
    stranger = Client(base, access_key, secret_key + "x")
    lone, listed = {"license": code}, {"license_list": [code]}

    early = {"license": code, "real_effect_time": "20000101000000"}
    usage = {"usage_info": [{"license": code, "software_usage_Info": [{"id": "device-1"}, {"id": "device-2"}]}]}
    unknown = {"license": "PL000000000000000000000000"}
    unknown_usage = {"usage_info": [{"license": unknown["license"], "software_usage_Info": [{"active_num": 7}]}]}

    check("heartbeat before activation", client.call("v1/license/heartbeat", lone), 200, "92020011")
    check("activation before the order", client.call("v1/license/activate", early), 400, "92020002")
    check("activation", client.call("v1/license/activate", lone), 200, "92020000", activated)
    check("second activation", client.call("v2/license/activate", listed), 200, "92020003")
    beat = client.call("v1/license/heartbeat", lone)
    check("heartbeat", beat, 200, "92020000", lambda answer: alive(code)(answer["data"]))
    beats = client.call("v2/license/heartbeat/", listed)
    check("heartbeat of a list", beats, 200, "92020000", lambda answer: all(map(alive(code), answer["data"])))
    reported = client.call("v2/license/software-usage-info", usage)
    check("usage", reported, 200, "92020000", lambda answer: answer["data"]["check_fail_list"] == [])
    failed = client.call("v2/license/software-usage-info", unknown_usage)
    check("usage of an unknown code", failed, 200, "92020000", lambda answer: len(answer["data"]["check_fail_list"]) == 1)
    check("unknown code", client.call("v1/license/heartbeat", unknown), 200, "92020005")
    check("unknown code in a list", client.call("v2/license/heartbeat", {"license_list": [code, unknown["license"]]}), 200, "92020020")
    check("no code", client.call("v1/license/heartbeat", {}), 400, "95000001")

    request = client.signed("v1/license/heartbeat", lone)
    body = request.body if isinstance(request.body, str) else request.body.decode()
    request.body = body.replace("PL", "PM", 1)
    check("a changed byte in the body", client.send(request), 401, "APIG.0303")

    request = client.signed("v1/license/heartbeat", lone)
    authorization = request.header_params["Authorization"]
    last = "0" if authorization[-1] != "0" else "1"
    request.header_params["Authorization"] = authorization[:-1] + last
    check("a changed byte in the signature", client.send(request), 401, "APIG.0303")

    request = client.signed("v1/license/heartbeat", lone)
    request.uri = request.uri.replace("/v1/", "/v2/")
    check("another path", client.send(request), 401, "APIG.0303")

    request = client.signed("v1/license/heartbeat", lone)
    request.header_params["X-Nonce"] = "0"
    check("a changed signed header", client.send(request), 401, "APIG.0303")

    request = client.signed("v1/license/heartbeat", lone)
    check("a request", client.send(request), 200, "92020000")
    check("the same request again", client.send(request), 200, "92020000")
    check("a wrong secret", stranger.call("v1/license/heartbeat", lone), 401, "APIG.0303")

    def renewed(answer):
        line = answer["orderInfo"]["orderLine"][0]
        return answer["orderInfo"]["orderType"] == "RENEW" and line["orderLineId"] == "MOCKMONTYRENEW-000001"

    mock = client.ask("v1/order/query", ("orderId", "MOCKMONTYRENEW"), ("orderLineId", "MOCKMONTYRENEW-000001"))
    check("order", mock, 200, "MKT.0000", renewed)
    check("no such order", client.ask("v1/order/query/", ("orderId", "CS 1+1/中")), 401, "MKT.0150")
    check("an order with a wrong secret", stranger.ask("v1/order/query", ("orderId", "MOCKMONTYRENEW")), 401, "MKT.0154")
    request = client.signed("v1/order/query", None, "GET", [("orderId", "MOCKMONTYRENEW")])
    request.uri = request.uri.replace("RENEW", "CHANGE")
    check("another order than was signed", client.send(request), 401, "MKT.0154")

    record = {
        "instance_id": "i-1", "record_time": "20261129T090500Z", "begin_time": "20261129T080000Z",
        "end_time": "20261129T090000Z", "usage_value": "1.5", "metering_sn": uuid.uuid4().hex,
    }
    check("usage push", client.push(production_key, [record]), 200, "MKT.0000")
    check("usage push with another key", client.push(production_key + "x", [record]), 401, "MKT.0102")
    check("usage push of a stranger", stranger.push(production_key, [record]), 401, "MKT.0154")
    check("usage push without records", client.push(production_key, []), 400, "MKT.9002")
    older = client.send(client.signed("/rest/marketplace/v1/isv/usage-data", {"usage_records": [record]}))
    check("usage push in the old form", older, 200, "MKT.0000")
    found = client.ask("/api/mkp-openapi-public/v1/asset/deployed-object", ("asset_id", "a-1"), ("deployed_type", "image"))
    check("assets", found, 200, "92020000", lambda answer: answer["data"] == [])
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
