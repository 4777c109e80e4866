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
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
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
        info = described.workflow_execution_info
        if info.status not in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED):
            raise RuntimeError(f"{handle.id} was ended in Temporal: {WorkflowExecutionStatus(info.status).name}")
        if "private" in info.memo.fields:
            [private] = await client.data_converter.decode([info.memo.fields["private"]])
            if "nextAction" not in private:
                raise RuntimeError(f"the codec server does not decrypt the status of {handle.id} for CODEC_TOKEN")
            action = private["nextAction"]
            if action != last:
                yield action
            last = action
        if info.status == WorkflowExecutionStatus.COMPLETED:
            return
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
            case "wait":
                pass  # RiskOS is next
            case "none":
                break  # verified or closed
            case kind:
                print(f"ask a person: {kind}", flush=True)
    print("done")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
