"""msal for Python, and the API with requests: msal_requests.py HASH-FILE."""

import os
import time

import msal
import requests

from steps import PAUSE, run, three

BETA = "https://graph.microsoft.com/beta/deviceManagement"
IMPORTED, DEVICES = f"{BETA}/importedWindowsAutopilotDeviceIdentities", f"{BETA}/windowsAutopilotDeviceIdentities"
session = requests.Session()
records, registered = [], []


def call(method, url, body=None):
    answer = session.request(method, url, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def sign_in():
    application = msal.ConfidentialClientApplication(
        os.environ["AZURE_CLIENT_ID"],
        client_credential=os.environ["AZURE_CLIENT_SECRET"],
        authority="https://login.microsoftonline.com/" + os.environ["AZURE_TENANT_ID"],
    )
    result = application.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert "access_token" in result, result
    session.headers["Authorization"] = "Bearer " + result["access_token"]
    return "client secret"


def send():
    rows = [
        {
            "serialNumber": row["Device Serial Number"],
            "hardwareIdentifier": row["Hardware Hash"],
            "groupTag": row["Group Tag"],
        }
        for row in three()
    ]
    records.append(call("POST", IMPORTED, rows[0]))
    body = {"importedWindowsAutopilotDeviceIdentities": rows[1:]}
    records.extend(call("POST", f"{IMPORTED}/import", body)["value"])
    assert [found["state"]["deviceImportStatus"] for found in records] == ["unknown"] * 3
    return "1 by POST, 2 by import"


def poll():
    for at, record in enumerate(records):
        while record["state"]["deviceImportStatus"] == "unknown":
            time.sleep(PAUSE)
            record = call("GET", f"{IMPORTED}/{record['id']}")
        records[at] = record
    assert {found["state"]["deviceImportStatus"] for found in records} == {"complete"}, records
    return "complete"


def pages():
    url, count = f"{DEVICES}?$top=2", 0
    while url:
        page = call("GET", url)
        registered.extend(page["value"])
        url, count = page.get("@odata.nextLink"), count + 1
    ids = {found["state"]["deviceRegistrationId"] for found in records}
    assert {found["id"] for found in registered} == ids and len(registered) == 3, registered
    return f"{count} pages"


def device():
    return f"{DEVICES}/{registered[0]['id']}"


def update():
    call("POST", f"{device()}/updateDeviceProperties", {"groupTag": "Field Sales"})
    assert call("GET", device())["groupTag"] == "Field Sales"
    return "group tag"


def assign():
    body = {"userPrincipalName": "ada@contoso.example", "addressableUserName": "Ada"}
    call("POST", f"{device()}/assignUserToDevice", body)
    assert call("GET", device())["userPrincipalName"] == "ada@contoso.example"
    call("POST", f"{device()}/unassignUserFromDevice")
    return "and unassigned"


def refused():
    answer = session.get(f"{DEVICES}/00000000-0000-4000-8000-00000000dead", timeout=30)
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "ResourceNotFound", answer.text
    return "404"


def delete():
    for found in registered:
        call("DELETE", f"{DEVICES}/{found['id']}")
    for record in records:
        call("DELETE", f"{IMPORTED}/{record['id']}")
    assert call("GET", DEVICES)["value"] == [] and call("GET", IMPORTED)["value"] == []
    return "3 devices, 3 records"


run(
    {
        "sign in": sign_in,
        "import": send,
        "poll": poll,
        "page": pages,
        "update": update,
        "assign": assign,
        "error": refused,
        "delete": delete,
    }.items()
)
