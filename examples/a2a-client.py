"""Runs one task of a Surehook by A2A 1.0, over both bindings.

    pip install 'a2a-sdk[http-server]==1.3.0'
    SUREHOOK_URL=http://localhost:8080 SUREHOOK_API_KEY=... python examples/a2a-client.py echo '{"text": "hello"}'
"""

import asyncio
import json
import os
import sys

import httpx
from a2a.client.client import ClientConfig
from a2a.client.client_factory import ClientFactory
from a2a.helpers.proto_helpers import new_data_message
from a2a.types import Role, SendMessageRequest, TaskState
from google.protobuf.json_format import MessageToDict

URL = os.environ.get("SUREHOOK_URL", "http://localhost:8080")
HEADERS = {"Authorization": f"Bearer {os.environ['SUREHOOK_API_KEY']}"}


async def run(skill: str, data: object, binding: str) -> None:
    async with httpx.AsyncClient(headers=HEADERS, timeout=300) as http:
        config = ClientConfig(httpx_client=http, supported_protocol_bindings=[binding])
        client = await ClientFactory(config).create_from_url(URL)
        message = new_data_message(data, media_type="application/json", role=Role.ROLE_USER)
        message.metadata["skillId"] = skill
        # The first event is the task. What follows are its artifacts and the changes of its status.
        async for event in client.send_message(SendMessageRequest(message=message)):
            if event.HasField("task"):
                print(binding, event.task.id, TaskState.Name(event.task.status.state))
            elif event.HasField("artifact_update"):
                print(binding, json.dumps(MessageToDict(event.artifact_update.artifact)["parts"]))
            elif event.HasField("status_update"):
                print(binding, TaskState.Name(event.status_update.status.state))


async def main() -> None:
    skill, given = sys.argv[1:3] if len(sys.argv) > 2 else ("echo", '{"text": "hello"}')
    for binding in ("JSONRPC", "HTTP+JSON"):
        await run(skill, json.loads(given), binding)


asyncio.run(main())
