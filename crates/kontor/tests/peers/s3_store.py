"""An S3 store of somebody else's, for as long as standard input is open. Says where it listens, and what it holds when asked."""

import json
import logging
import sys

import boto3
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
client = boto3.client(
    "s3",
    endpoint_url=f"http://{host}:{port}",
    region_name="us-east-1",
    aws_access_key_id="key",
    aws_secret_access_key="secret",
)
client.create_bucket(Bucket="kontor")
print(port, flush=True)
for _ in sys.stdin:
    held = client.list_objects_v2(Bucket="kontor").get("Contents", [])
    print(json.dumps([item["Key"] for item in held]), flush=True)
server.stop()
