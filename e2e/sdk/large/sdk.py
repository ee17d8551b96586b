"""msgraph-beta-sdk and msgraph-sdk for Python: sdk.py (msgraph_beta | msgraph) HASH-FILE."""

import asyncio
import base64
import importlib
import sys

from azure.identity.aio import EnvironmentCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_core.tasks.page_iterator import PageIterator

from steps import PAUSE, run, three

PACKAGE = sys.argv[1]
IMPORTED, DEVICES = "imported_windows_autopilot_device_identities", "windows_autopilot_device_identities"


def generated(path, name):
    return getattr(importlib.import_module(f"{PACKAGE}.generated.{path}"), name)


Record = generated("models.imported_windows_autopilot_device_identity", "ImportedWindowsAutopilotDeviceIdentity")
ODataError = generated("models.o_data_errors.o_data_error", "ODataError")
Import = generated(f"device_management.{IMPORTED}.import_.import_post_request_body", "ImportPostRequestBody")
ITEM = f"device_management.{DEVICES}.item"
Update = generated(
    f"{ITEM}.update_device_properties.update_device_properties_post_request_body", "UpdateDevicePropertiesPostRequestBody"
)
Assign = generated(
    f"{ITEM}.assign_user_to_device.assign_user_to_device_post_request_body", "AssignUserToDevicePostRequestBody"
)
BUILDER = "WindowsAutopilotDeviceIdentitiesRequestBuilder"
Builder = generated(f"device_management.{DEVICES}.windows_autopilot_device_identities_request_builder", BUILDER)
Query = getattr(Builder, f"{BUILDER}GetQueryParameters")

credential = EnvironmentCredential()
client = importlib.import_module(PACKAGE).GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
imported = getattr(client.device_management, IMPORTED)
devices = getattr(client.device_management, DEVICES)
records, registered = [], []


def record_of(row):
    return Record(
        serial_number=row["Device Serial Number"],
        hardware_identifier=base64.b64decode(row["Hardware Hash"]),
        group_tag=row["Group Tag"],
    )


def device(at):
    return devices.by_windows_autopilot_device_identity_id(registered[at].id)


async def sign_in():
    token = await credential.get_token("https://graph.microsoft.com/.default")
    assert token.token.count(".") == 2
    return "client secret"


async def send():
    rows = [record_of(row) for row in three()]
    # One by one as the samples do, the others at once.
    records.append(await imported.post(rows[0]))
    body = Import(imported_windows_autopilot_device_identities=rows[1:])
    answered = await imported.import_.post(body)
    records.extend(answered.value)
    assert [found.state.device_import_status.value for found in records] == ["unknown"] * 3
    return "1 by POST, 2 by import"


async def poll():
    for at, record in enumerate(records):
        while record.state.device_import_status.value == "unknown":
            await asyncio.sleep(PAUSE)
            record = await imported.by_imported_windows_autopilot_device_identity_id(record.id).get()
        records[at] = record
    assert {found.state.device_import_status.value for found in records} == {"complete"}, records
    return "complete"


async def pages():
    parameters = Query(top=2) if "top" in Query.__dataclass_fields__ else Query()
    first = await devices.get(RequestConfiguration(query_parameters=parameters))
    assert len(first.value) == 2 and first.odata_next_link.startswith("https://graph.microsoft.com/")

    def keep(found):
        registered.append(found)
        return True

    await PageIterator(first, client.request_adapter).iterate(keep)
    ids = {found.state.device_registration_id for found in records}
    assert {found.id for found in registered} == ids and len(registered) == 3, registered
    return "2 pages, PageIterator"


async def update():
    await device(0).update_device_properties.post(Update(group_tag="Field Sales", display_name="SALES-1"))
    changed = await device(0).get()
    assert (changed.group_tag, changed.display_name) == ("Field Sales", "SALES-1"), changed
    return "group tag, display name"


async def assign():
    body = Assign(user_principal_name="ada@contoso.example", addressable_user_name="Ada")
    await device(0).assign_user_to_device.post(body)
    assert (await device(0).get()).user_principal_name == "ada@contoso.example"
    await device(0).unassign_user_from_device.post()
    assert not (await device(0).get()).user_principal_name
    return "and unassigned"


def in_beta():
    """The rest of the family, which v1.0 has no addresses for."""
    family = importlib.import_module("family")
    management = client.device_management
    return {
        "profile": lambda: family.profile(management, device(0)),
        "synchronise": lambda: family.settings(management),
        "identifiers": lambda: family.identifiers(management),
    }


async def refused():
    try:
        await devices.by_windows_autopilot_device_identity_id("00000000-0000-4000-8000-00000000dead").get()
    except ODataError as error:
        assert error.response_status_code == 404 and error.error.code == "ResourceNotFound", error
        assert error.error.inner_error.request_id and error.error.message
        return "404 as ODataError"
    raise AssertionError("it was found")


async def delete():
    for at in range(len(registered)):
        await device(at).delete()
    for record in records:
        await imported.by_imported_windows_autopilot_device_identity_id(record.id).delete()
    assert (await devices.get()).value == [] and (await imported.get()).value == []
    await credential.close()
    return "3 devices, 3 records"


run(
    {
        "sign in": sign_in,
        "import": send,
        "poll": poll,
        "page": pages,
        "update": update,
        "assign": assign,
        **(in_beta() if PACKAGE == "msgraph_beta" else {}),
        "error": refused,
        "delete": delete,
    }.items()
)
