"""What scripts of the community send and wait for, request for request: replay.py HASH-FILE.

Written anew from what was seen of them on the wire; nothing of theirs is in here. It needs Python's standard library only.
A sequence has rows of the hash file for itself, and ends as its script does. One line each: what script, what it does, and
what came of it.
"""

import csv
import sys
import traceback
import urllib.parse
import uuid

from wire import Graph, Refused, wait

BETA = "/beta/deviceManagement"
V1 = "/v1.0/deviceManagement"
IMPORTED = f"{BETA}/importedWindowsAutopilotDeviceIdentities"
DEVICES = f"{BETA}/windowsAutopilotDeviceIdentities"
SETTINGS = f"{BETA}/windowsAutopilotSettings"
PROFILES = f"{BETA}/windowsAutopilotDeploymentProfiles"
IDENTIFIERS = f"{BETA}/importedDeviceIdentities"


def rows(first, count):
    with open(sys.argv[1], newline="") as file:
        return list(csv.DictReader(file))[first : first + count]


def sent_by_module(row, **more):
    """The body of the PowerShell module, where what is absent is an empty text."""
    return {
        "@odata.type": "#microsoft.graph.importedWindowsAutopilotDeviceIdentity",
        "groupTag": row["Group Tag"],
        "serialNumber": row["Device Serial Number"],
        "productKey": "",
        "hardwareIdentifier": row["Hardware Hash"],
        "assignedUserPrincipalName": row["Assigned User"],
        "state": {
            "@odata.type": "microsoft.graph.importedWindowsAutopilotDeviceIdentityState",
            "deviceImportStatus": "pending",
            "deviceRegistrationId": "",
            "deviceErrorCode": 0,
            "deviceErrorName": "",
        },
    } | more


def status(record):
    return record["state"]["deviceImportStatus"]


def complete(records):
    states = [record["state"] for record in records]
    assert all(
        (state["deviceImportStatus"], state["deviceErrorCode"], state["deviceErrorName"]) == ("complete", 0, "None")
        for state in states
    ), states
    return [state["deviceRegistrationId"] for state in states]


def terraform(graph):
    """a Terraform provider, apply: profile, assignments, both read back, a change, and a plan without differences"""
    sent = {
        "@odata.type": "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile",
        "displayName": "Shop floor",
        "description": "For kiosks",
        "locale": "os-default",
        "deviceNameTemplate": "SHOP-%RAND:5%",
        "deviceType": "windowsPc",
        "hardwareHashExtractionEnabled": True,
        "preprovisioningAllowed": True,
        "roleScopeTagIds": ["0"],
        "outOfBoxExperienceSetting": {
            "privacySettingsHidden": True,
            "eulaHidden": True,
            "userType": "standard",
            "deviceUsageType": "singleUser",
            "keyboardSelectionPageSkipped": True,
            "escapeLinkHidden": True,
        },
    }
    profile = graph.post(PROFILES, sent)
    url = f"{PROFILES}/{profile['id']}"
    target = {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}
    made = graph.post(f"{url}/assignments", {"target": target})
    read, assignments = graph.get(url), graph.get(f"{url}/assignments")["value"]
    assert {name: read[name] for name in sent} == sent, read
    assert [found["id"] for found in assignments] == [made["id"]], assignments
    assert assignments[0]["target"]["@odata.type"] == target["@odata.type"], assignments
    sent["description"] = "For kiosks and tills"
    graph.send("PATCH", url, sent)
    read = graph.get(f"{url}?$expand=assignments")
    assert {name: read[name] for name in sent} == sent and len(read["assignments"]) == 1, read
    return "profile and assignment stand as they were declared"


def import_csv(graph):
    """Import-AutopilotCSV: POST each; wait while any record of the tenant is unknown; delete the records; sync"""
    created = [graph.post(IMPORTED, sent_by_module(row)) for row in rows(0, 4)]
    assert all(
        found["hardwareIdentifier"] is None
        and found["state"] | {"@odata.type": ""}
        == {
            "@odata.type": "",
            "deviceImportStatus": "unknown",
            "deviceRegistrationId": "",
            "deviceErrorCode": 0,
            "deviceErrorName": "",
        }
        for found in created
    ), created

    def settled():
        found = graph.all(IMPORTED)
        return found if all(status(record) != "unknown" for record in found) else None

    found = wait("no record is unknown", settled)
    assert {record["id"] for record in found} == {record["id"] for record in created}
    complete(found)
    for record in found:
        graph.delete(f"{IMPORTED}/{record['id']}")
    assert graph.all(IMPORTED) == []
    graph.post(f"{SETTINGS}/sync")
    return f"{len(found)} devices imported, records deleted, synchronised"


def online(graph):
    """Get-WindowsAutopilotInfo -Online -Assign: POST; until not unknown; until the device is there; until it is assigned"""
    [row] = rows(4, 1)
    record = graph.post(IMPORTED, sent_by_module(row))

    def looked_at():
        found = graph.get(f"{IMPORTED}/{record['id']}")
        return found if status(found) != "unknown" else None

    found = wait("its record is not unknown", looked_at)
    [registered] = complete([found])
    graph.delete(f"{IMPORTED}/{record['id']}")

    def visible():
        try:
            return graph.get(f"{DEVICES}/{registered}")
        except Refused as error:
            assert error.status == 404, error
            return None

    seen = []

    def assigned():
        device = graph.get(f"{DEVICES}/{registered}?$expand=deploymentProfile,intendedDeploymentProfile")
        said = device["deploymentProfileAssignmentStatus"]
        seen.extend([] if said in seen else [said])
        return device if said.startswith("assigned") else None

    wait("the device is visible", visible)
    device = wait("its profile is assigned", assigned)
    assert device["deploymentProfile"]["displayName"] == "Shop floor", device
    return f"imported, {' then '.join(seen[-2:])}"


def set_device(graph):
    """Set-AutopilotDevice: found by a slash before the question mark; UpdateDeviceProperties with bare member names"""
    [row] = rows(4, 1)
    serial = row["Device Serial Number"]
    query = urllib.parse.quote(f"contains(serialNumber,'{serial}')", safe="(),'")
    [device] = graph.get(f"{DEVICES}/?$filter={query}")["value"]
    body = '{ userPrincipalName: "ada@contoso.example", addressableUserName: "Ada", displayName: "SHOP-1", groupTag: "Till" }'
    graph.post(f"{DEVICES}/{device['id']}/UpdateDeviceProperties", body)
    changed = graph.get(f"{DEVICES}/{device['id']}")
    names = ("userPrincipalName", "addressableUserName", "displayName", "groupTag")
    assert [changed[name] for name in names] == ["ada@contoso.example", "Ada", "SHOP-1", "Till"], changed
    return "user, name, display name and group tag are set"


def users(graph):
    """Set-AutopilotDeviceAssignedUser and Remove-…: assignUserToDevice, unassignUserFromDevice without a body"""
    device = graph.all(DEVICES)[0]["id"]
    body = {"userPrincipalName": "bea@contoso.example", "addressableUserName": "Bea"}
    graph.post(f"{DEVICES}/{device}/assignUserToDevice", body)
    assert graph.get(f"{DEVICES}/{device}")["userPrincipalName"] == "bea@contoso.example"
    graph.post(f"{DEVICES}/{device}/unassignUserFromDevice")
    assert graph.get(f"{DEVICES}/{device}")["userPrincipalName"] == ""
    return "assigned and unassigned"


def select_and_top(graph):
    """a client of 2024: POST without state; `$select=id,state` every few seconds; the device list by `$top=999`"""
    [row] = rows(5, 1)
    body = {
        "serialNumber": row["Device Serial Number"],
        "hardwareIdentifier": row["Hardware Hash"],
        "groupTag": row["Group Tag"],
    }
    record = graph.post(IMPORTED, body)

    def ended():
        found = graph.get(f"{IMPORTED}/{record['id']}?$select=id,state")
        assert set(found) <= {"@odata.context", "id", "state"}, found
        return found if status(found) in ("complete", "error") else None

    [registered] = complete([wait("complete or error", ended)])
    graph.delete(f"{IMPORTED}/{record['id']}")
    assert registered in [device["id"] for device in graph.all(f"{DEVICES}?$top=999")]
    return "imported and found in the list"


def by_import_id(graph):
    """a client of /import: a GUID of its own as importId; polled by filter with next links; in v1.0 and beta"""
    for root, place in ((V1, 6), (BETA, 9)):
        url = f"{root}/importedWindowsAutopilotDeviceIdentities"
        group = str(uuid.uuid4())
        identities = [
            {
                "serialNumber": row["Device Serial Number"],
                "hardwareIdentifier": row["Hardware Hash"],
                "groupTag": row["Group Tag"],
                "assignedUserPrincipalName": row["Assigned User"],
                "importId": group,
            }
            for row in rows(place, 3)
        ]
        answer = graph.post(f"{url}/import", {"importedWindowsAutopilotDeviceIdentities": identities})
        assert len(answer["value"]) == 3
        query = urllib.parse.quote(f"importId eq '{group}'")

        def settled(url=f"{url}?$filter={query}&$top=2"):
            found = graph.all(url)
            return found if all(status(record) in ("complete", "error") for record in found) else None

        found = wait("every record of the import is final", settled)
        assert len(found) == 3
        complete(found)
        for record in found:
            graph.delete(f"{url}/{record['id']}")
    return "3 devices each"


def runbook(graph):
    """a runbook of 2018: waits while unknown or pending; takes success and complete; the OEM's product key, orderIdentifier"""
    [row] = rows(12, 1)
    body = sent_by_module(row, productKey="ABCDE-FGHIJ-KLMNO-PQRST-UVWXY", orderIdentifier="Old tag")
    del body["groupTag"]
    record = graph.post(IMPORTED, body)

    def ended():
        found = graph.get(f"{IMPORTED}/{record['id']}")
        return found if status(found) not in ("unknown", "pending") else None

    [registered] = complete([wait("neither unknown nor pending", ended)])
    graph.delete(f"{IMPORTED}/{record['id']}")
    assert graph.get(f"{DEVICES}/{registered}")["groupTag"] == "Old tag"
    return "imported with its tag"


def again(graph):
    """a device that is there already: 806, and the device is found by its serial number"""
    [row] = rows(0, 1)
    record = graph.post(IMPORTED, sent_by_module(row))

    def looked_at():
        found = graph.get(f"{IMPORTED}/{record['id']}")
        return found if status(found) != "unknown" else None

    state = wait("its record is not unknown", looked_at)["state"]
    said = (state["deviceImportStatus"], state["deviceErrorCode"], state["deviceErrorName"])
    assert said == ("error", 806, "ZtdDeviceAlreadyAssigned"), state
    graph.delete(f"{IMPORTED}/{record['id']}")
    query = urllib.parse.quote(f"contains(serialNumber,'{row['Device Serial Number']}')", safe="(),'")
    assert len(graph.get(f"{DEVICES}?$filter={query}")["value"]) == 1
    return "806 ZtdDeviceAlreadyAssigned"


def synchronise(graph):
    """Invoke-AutopilotSync: no body, no type; refused within ten minutes; Get-AutopilotSyncInfo"""
    try:
        graph.post(f"{SETTINGS}/sync")
        raise AssertionError("twice within ten minutes")
    except Refused as error:
        assert error.status == 429 and int(error.headers["Retry-After"]) > 0, error
    settings = graph.get(SETTINGS)
    assert settings["syncStatus"] == "completed", settings
    return "429 with Retry-After"


def identifiers(graph):
    """an upload of corporate identifiers: manufacturer, model and serial number, without a heading; twice"""
    lines = ["Contoso,Slate 7,CI-0001", "Contoso,Slate 7,CI-0002"]
    identities = [
        {"importedDeviceIdentityType": "manufacturerModelSerial", "importedDeviceIdentifier": line} for line in lines
    ]
    body = {"importedDeviceIdentities": identities, "overwriteImportedDeviceIdentities": False}
    made = graph.post(f"{IDENTIFIERS}/importDeviceIdentityList", body)["value"]
    assert [(found["importedDeviceIdentifier"].lower(), found["status"]) for found in made] == [
        (line.lower(), True) for line in lines
    ], made
    twice = graph.post(f"{IDENTIFIERS}/importDeviceIdentityList", body)["value"]
    assert [found["status"] for found in twice] == [False, False], twice
    for found in graph.all(IDENTIFIERS):
        graph.delete(f"{IDENTIFIERS}/{found['id']}")
    assert graph.all(IDENTIFIERS) == []
    return "taken once, deleted"


def remove(graph):
    """Remove-AutopilotDevice: DELETE of every device; again; until the list is empty"""
    devices = graph.all(DEVICES)
    for device in devices:
        graph.delete(f"{DEVICES}/{device['id']}")
    try:
        graph.delete(f"{DEVICES}/{devices[0]['id']}")
        raise AssertionError("deleted twice")
    except Refused as error:
        assert (error.status, error.phrase()) == (400, "ZtdDeviceDeletionInProgess"), error
    wait("no device is left", lambda: not graph.all(DEVICES))
    return "deleted; again: ZtdDeviceDeletionInProgess"


def destroy(graph):
    """a Terraform provider, destroy: assignments, then the profile, then 404"""
    [profile] = graph.all(PROFILES)
    url = f"{PROFILES}/{profile['id']}"
    for assignment in graph.get(f"{url}/assignments")["value"]:
        graph.delete(f"{url}/assignments/{assignment['id']}")
    graph.delete(url)
    try:
        graph.get(url)
        raise AssertionError("it is still there")
    except Refused as error:
        assert error.status == 404, error
    return "nothing is left"


SEQUENCES = (
    terraform,
    import_csv,
    online,
    set_device,
    users,
    select_and_top,
    by_import_id,
    runbook,
    again,
    synchronise,
    identifiers,
    remove,
    destroy,
)


def main():
    graph, failed = Graph(), False
    for sequence in SEQUENCES:
        script, steps = sequence.__doc__.split(": ", 1)
        try:
            print(f"ok {script} | {steps} | {sequence(graph)}", flush=True)
        except Exception as error:
            failed = True
            traceback.print_exc()
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            print(f"FAILED {script} | {steps} | {reason[:400]}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
