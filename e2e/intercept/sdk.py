"""Microsoft's libraries as their documentation shows them: sign in, create an import record, read it and its device."""

import asyncio
import os

import msal
from azure.identity.aio import EnvironmentCredential
from msgraph_beta import GraphServiceClient
from msgraph_beta.generated.models.imported_windows_autopilot_device_identity import (
    ImportedWindowsAutopilotDeviceIdentity,
)

SCOPE = "https://graph.microsoft.com/.default"


async def main():
    application = msal.ConfidentialClientApplication(
        os.environ["AZURE_CLIENT_ID"],
        client_credential=os.environ["AZURE_CLIENT_SECRET"],
        authority="https://login.microsoftonline.com/" + os.environ["AZURE_TENANT_ID"],
    )
    assert application.acquire_token_for_client([SCOPE])["token_type"] == "Bearer"
    async with EnvironmentCredential() as credential:
        graph = GraphServiceClient(credential, [SCOPE]).device_management
        record = ImportedWindowsAutopilotDeviceIdentity(serial_number="SDK-1", product_key="P", group_tag="Sales")
        created = await graph.imported_windows_autopilot_device_identities.post(record)
        records = graph.imported_windows_autopilot_device_identities.by_imported_windows_autopilot_device_identity_id
        state = (await records(created.id).get()).state
        while state.device_import_status.value == "unknown":
            await asyncio.sleep(0.05)
            state = (await records(created.id).get()).state
        devices = (await graph.windows_autopilot_device_identities.get()).value
        assert [device.id for device in devices] == [state.device_registration_id], devices
        print("msgraph-beta-sdk", state.device_import_status.value, devices[0].serial_number)


asyncio.run(main())
