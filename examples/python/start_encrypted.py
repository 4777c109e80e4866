"""Starts a funnel encrypted and reads its status, without any key: through the codec server.

    pip install temporalio
    CODEC_ENDPOINT=http://127.0.0.1:8081 python3 examples/python/start_encrypted.py examples/application.json

TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and FUNNEL_TASK_QUEUE say where; CODEC_TOKEN is an access token with the role "all".
"""

import asyncio
import base64
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import replace

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import (
    DataConverter,
    PayloadCodec,
    WithSerializationContext,
    WorkflowSerializationContext,
)

namespace = os.environ.get("TEMPORAL_NAMESPACE", "default")


class RemoteCodec(PayloadCodec, WithSerializationContext):
    """Has payloads encrypted and decrypted by the codec server. The SDK says which workflow each is of."""

    def __init__(self, endpoint: str, token: str | None, workflow_id: str | None = None) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.token = token
        self.workflow_id = workflow_id

    def with_context(self, context) -> "RemoteCodec":
        of_workflow = isinstance(context, WorkflowSerializationContext)
        return RemoteCodec(self.endpoint, self.token, context.workflow_id if of_workflow else None)

    async def encode(self, payloads) -> list[Payload]:
        if self.workflow_id is None:
            raise ValueError("the codec server encodes for a workflow, and none is known here")
        query = urllib.parse.urlencode({"workflowId": self.workflow_id})
        return await self._ask(f"/encode?{query}", payloads)

    async def decode(self, payloads) -> list[Payload]:
        return await self._ask("/decode", payloads)

    async def _ask(self, path: str, payloads) -> list[Payload]:
        return await asyncio.to_thread(self._post, path, list(payloads))

    def _post(self, path: str, payloads: list[Payload]) -> list[Payload]:
        headers = {"content-type": "application/json", "x-namespace": namespace}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        body = json.dumps({"payloads": [to_json(payload) for payload in payloads]}).encode()
        request = urllib.request.Request(self.endpoint + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return [from_json(payload) for payload in json.load(answer)["payloads"]]
        except urllib.error.HTTPError as refused:
            with refused:
                reason = json.load(refused)
            raise RuntimeError(f"the codec server refused: {reason['error']}") from None


def to_json(payload: Payload) -> dict:
    encoded = {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": encoded, "data": base64.b64encode(payload.data).decode()}


def from_json(payload: dict) -> Payload:
    metadata = {name: base64.b64decode(value) for name, value in payload.get("metadata", {}).items()}
    return Payload(metadata=metadata, data=base64.b64decode(payload.get("data", "")))


async def main(file: str) -> None:
    with open(file, encoding="utf-8") as opened:
        application = json.load(opened)
    codec = RemoteCodec(os.environ["CODEC_ENDPOINT"], os.environ.get("CODEC_TOKEN"))
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"),
        namespace=namespace,
        data_converter=replace(DataConverter.default, payload_codec=codec),
    )
    handle = await client.start_workflow(
        "candidateFunnel",
        application,
        id=f"funnel-{application['applicationId']}",
        task_queue=os.environ.get("FUNNEL_TASK_QUEUE", "candidate-funnel"),
    )
    print(f"started {handle.id}")
    # A query waits for a worker. A payload that may not be read comes back as {"unreadable": "…"}.
    status = await handle.query("status")
    print(json.dumps(status, indent=2))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
