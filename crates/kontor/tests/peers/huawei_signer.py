"""Calls the licence door with requests signed by Huawei's own SDK, and shows that changed ones are refused.

    pip install huaweicloudsdkcore==3.1.219
    python huawei_signer.py http://127.0.0.1:8080 ACCESS_KEY SECRET_KEY PL...

The code must be new (never activated). Prints one line for each step; exit code 0 when all went as it should, else 1.
"""

import http.client
import json
import sys
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

    def signed(self, path, body):
        # One header more, to show that it is signed like every other.
        headers = {"Content-Type": "application/json", "X-Nonce": uuid.uuid4().hex}
        request = SdkRequest(
            method="POST",
            schema=self.base.scheme,
            host=self.base.netloc,
            resource_path=PREFIX + path,
            query_params=[],
            header_params=headers,
            body=json.dumps(body),
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


failures = 0


def check(step, outcome, status, code, fine=lambda answer: True):
    global failures
    got_status, answer = outcome
    passed = got_status == status and answer.get("error_code") == code and fine(answer)
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
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    base, access_key, secret_key, code = sys.argv[1:]
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
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
