"""Starts a funnel encrypted, waits for each next action and acts on it, without any key: through the codec server.

    pip install temporalio
    CODEC_ENDPOINT=http://127.0.0.1:8081 python3 examples/python/hr.py examples/application.json

Settings are those of start_encrypted.py.
"""

import asyncio
import json
import os
import sys
from dataclasses import replace

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.converter import DataConverter

from start_encrypted import RemoteCodec, namespace


async def connect() -> Client:
    codec = RemoteCodec(os.environ["CODEC_ENDPOINT"], os.environ.get("CODEC_TOKEN"))
    return await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"),
        namespace=namespace,
        data_converter=replace(DataConverter.default, payload_codec=codec),
    )


async def start(client: Client, application: dict) -> WorkflowHandle:
    # Without this policy, an application whose funnel has closed gets a second one.
    return await client.start_workflow(
        "candidateFunnel",
        application,
        id=f"funnel-{application['applicationId']}",
        task_queue=os.environ.get("FUNNEL_TASK_QUEUE", "candidate-funnel"),
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )


async def next_actions(client: Client, handle: WorkflowHandle):
    """Yields what HR has to do each time that it changes. It reads the memo, so no worker has to run."""
    # Not handle.describe(), which cannot read a search attribute of type Datetime that was cleared.
    request = DescribeWorkflowExecutionRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=handle.id)
    )
    last = None
    while True:
        described = await client.workflow_service.describe_workflow_execution(request)
        memo = described.workflow_execution_info.memo.fields
        if "private" in memo:
            [private] = await client.data_converter.decode([memo["private"]])
            action = private["nextAction"]
            if action != last:
                yield action
            last = action
        await asyncio.sleep(2)


async def main(file: str) -> None:
    with open(file, encoding="utf-8") as opened:
        application = json.load(opened)
    client = await connect()
    handle = await start(client, application)
    async for action in next_actions(client, handle):
        match action["kind"]:
            case "request_documents":
                await handle.execute_update("requestDocuments", {"by": "hr-system"})
            case "show_capture_link":
                print(f"show the candidate {action['url']}", flush=True)
            case "review" | "needs_attention":
                print("ask a person", flush=True)
            case "none":
                break  # verified or closed
    print("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
