#!/usr/bin/env python3
"""How long the console takes in a real browser, at 100,000 devices in 200 uploads.

    cargo build --release
    e2e/console/bench.py [--devices 100000] [--rounds 7] [--only WORD]

Starts `target/release/tailmark` (or `--program`) on a new folder and a free port with a seed of devices, signs in with
Chromium, and opens each page `--rounds` times in a window of 1280 by 860. The times are the browser's own, from the start
of the navigation (Navigation Timing Level 2):

    first byte  responseStart: what the service takes
    loaded      loadEventEnd: the page is laid out, its style sheet and script are there
    painted     the largest contentful paint: the frame that shows the table has been handed to the screen. Of the three
                this is what a person waits for; it is later than the first contentful paint or the same

Chromium draws without a graphics card and with Playwright attached, both of which a person's browser does not have to bear.
Prints a table of medians in milliseconds and whether the later of `loaded` and `painted` keeps its goal: 200 for the first
page, 300 for the overview, 500 for every other. The exit code is 1 if one does not.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import quote

from run import HERE, PASSWORD, ROOT, prepare

MAKERS = [("Altwerk GmbH", "Feldbuch"), ("Brightmere Computing Ltd.", "Heron Slim"), ("Corvid Systems", "Magpie X"),
          ("Dunlin & Co.", "Shoreline"), ("Egret", "Tidemark"), ("Fulmar Works", "Cliff")]
TAGS = ["Berlin-Office", "Lisbon-Office", "Field-Sales", "Warehouse-Kiosk", "Classroom", "Shared Reception", ""]
STATES = ["notContacted", "enrolled", "enrolled", "enrolled", "pendingReset", "failed"]
STATUSES = ["notAssigned", "assignedInSync", "assignedInSync", "assignedOutOfSync", "pending", "failed"]

FIRST, OTHER, OVERVIEW = 200, 500, 300


def seed(path, count):
    """Devices as a tenant has them: few makers, models and tags, and nothing in the order of their serial numbers."""
    devices = []
    for number in range(count):
        mixed = number * 2654435761 % 2**32
        maker, model = MAKERS[mixed % 6]
        devices.append({
            "id": f"{mixed:08x}-0000-4000-8000-{number:012d}",
            "serialNumber": f"{'BCDFGHJKLMNP'[mixed % 12]}{mixed:08X}{number % 97:02d}",
            "manufacturer": maker,
            "model": f"{model} {11 + mixed // 7 % 6} G{1 + mixed // 11 % 9}",
            "groupTag": "Rare" if number % 5000 == 7 else TAGS[mixed // 13 % 7],
            "purchaseOrderIdentifier": f"PO-{mixed // 17 % 900:04d}",
            "userPrincipalName": f"user{number // 4}@contoso.example" if number % 4 == 0 else "",
            "enrollmentState": STATES[mixed // 19 % 6],
            "lastContactedDateTime": f"2026-{1 + mixed // 23 % 11:02d}-{1 + mixed // 29 % 28:02d}T08:00:00Z",
            "deploymentProfileAssignmentStatus": STATUSES[mixed // 31 % 6],
        })
    path.write_text(json.dumps({"deviceManagement": {
        "windowsAutopilotDeviceIdentities": devices,
        "importedWindowsAutopilotDeviceIdentityUploads": list(uploads(devices)),
    }}))
    return devices


def uploads(devices):
    """The imports that they came by, 500 devices each, over the last fourteen days; one in eleven was refused."""
    parts = [devices[start : start + 500] for start in range(0, len(devices), 500)]
    now = datetime.datetime.now(datetime.timezone.utc)
    for number, part in enumerate(parts):
        created = now - datetime.timedelta(days=14) * number / len(parts)
        records = [
            {
                "id": f"record-{number}-{place}",
                "serialNumber": device["serialNumber"],
                "groupTag": device["groupTag"],
                "state": {"deviceImportStatus": "error", "deviceErrorCode": 806, "deviceErrorName": "ZtdDeviceAlreadyAssigned"}
                if place % 11 == 0
                else {"deviceImportStatus": "complete", "deviceRegistrationId": device["id"]},
            }
            for place, device in enumerate(part)
        ]
        yield {"id": f"upload-{number}", "createdDateTimeUtc": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
               "status": "pending", "deviceIdentities": records}


def pages(devices):
    """Names and addresses."""
    one = devices[len(devices) // 2]
    filters = {
        "serial number contains, one device": f"contains(serialNumber,'{one['serialNumber'][2:9]}')",
        "serial number contains, thousands": "contains(serialNumber,'ABC')",
        "serial number contains two letters": "contains(serialNumber,'4F')",
        "serial number contains, none": "contains(serialNumber,'nowhere')",
        "serial number is": f"serialNumber eq '{one['serialNumber']}'",
        "serial number starts with": f"startswith(serialNumber,'{one['serialNumber'][:3]}')",
        "manufacturer contains": "contains(manufacturer,'Egret')",
        "model contains": "contains(model,'G7')",
        "group tag is, thousands": "groupTag eq 'Classroom'",
        "group tag is, twenty": "groupTag eq 'Rare'",
        "group tag is, none": "groupTag eq 'Nowhere'",
        "user contains": "contains(userPrincipalName,'user1234')",
        "purchase order is": "purchaseOrderIdentifier eq 'PO-0042'",
        "profile status": "deploymentProfileAssignmentStatus eq 'failed'",
        "enrollment state": "enrollmentState eq 'pendingReset'",
        "last contacted before": "lastContactedDateTime lt 2026-02-01T00:00:00Z",
        "tag and status": "groupTag eq 'Classroom' and deploymentProfileAssignmentStatus eq 'failed'",
        "all fields at once": "contains(serialNumber,'A') and contains(manufacturer,'Egret') and contains(model,'G7') and "
        "groupTag eq 'Classroom' and deploymentProfileAssignmentStatus eq 'assignedInSync'",
        "one or the other": "startswith(model,'Cliff 12') or enrollmentState eq 'failed'",
        "in small letters": "contains(tolower(model),'heron slim 14')",
    }
    orders = ["serialNumber desc", "manufacturer", "model", "model desc", "groupTag", "deploymentProfileAssignmentStatus",
              "purchaseOrderIdentifier", "userPrincipalName desc", "enrollmentState", "lastContactedDateTime desc"]
    yield "the first page", "/console/devices", FIRST
    for name, text in filters.items():
        yield name, f"/console/devices?$filter={quote(text)}", OTHER
    for order in orders:
        yield f"sorted by {order}", f"/console/devices?$orderby={quote(order)}", OTHER
    tag = quote("groupTag eq 'Classroom'")
    for order in "model", "lastContactedDateTime desc":
        yield f"group tag is, sorted by {order}", f"/console/devices?$filter={tag}&$orderby={quote(order)}", OTHER
    yield "overview", "/console", OVERVIEW
    yield "uploads", "/console/uploads", OTHER
    serial = quote(f"deviceIdentities/any(d:contains(d/serialNumber,'{one['serialNumber'][2:9]}'))")
    yield "uploads with a device", f"/console/uploads?$filter={serial}", OTHER
    yield "uploads sorted by devices", f"/console/uploads?$orderby={quote('deviceIdentities/$count desc')}", OTHER
    yield "an upload", "/console/uploads/upload-7", OTHER
    yield "a device", f"/console/devices/{one['id']}", OTHER


def measured(page, address):
    """Milliseconds to the first byte, to the end of the load event, to the largest paint."""
    page.goto(address, wait_until="load")
    return page.evaluate(
        """() => new Promise(done => {
            const [timing] = performance.getEntriesByType('navigation');
            let painted = NaN;
            const tell = () => done([timing.responseStart, timing.loadEventEnd, painted]);
            new PerformanceObserver(list => {
                // A larger one may follow in one of the next frames.
                if (isNaN(painted)) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell, 50)));
                painted = list.getEntries().at(-1).startTime;
            }).observe({ type: 'largest-contentful-paint', buffered: true });
            setTimeout(tell, 3000);
        })"""
    )


def deep(page, base):
    """The address of the hundredth page."""
    page.goto(base + "/console/devices")
    for _ in range(100):
        page.goto(base + page.get_by_role("link", name="Next page").get_attribute("href"))
    return page.url


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/release/tailmark")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/e2e-console")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("--devices", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="pages with this in their name")
    arguments = parser.parse_args()
    prepare(arguments.work)
    python = arguments.work / "venv/bin/python"
    if pathlib.Path(sys.prefix).resolve() != (arguments.work / "venv").resolve():
        os.execv(python, [python, __file__, *sys.argv[1:]])

    from playwright.sync_api import sync_playwright

    missed = 0
    with tempfile.TemporaryDirectory() as data:
        folder = pathlib.Path(data)
        devices = seed(folder / "seed.json", arguments.devices)
        began = time.monotonic()
        service = subprocess.Popen(
            [arguments.program, "serve", "--listen", "127.0.0.1:0", "--data", folder / "data", "--seed", folder / "seed.json"],
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("w"),
            text=True,
            env={**os.environ, "TAILMARK_AUTH_CLIENT_SECRET": PASSWORD, "TAILMARK_LOG_LEVEL": "warn"},
        )
        try:
            base = service.stdout.readline().split()[-1]
            print(f"{len(devices):,} devices seeded in {time.monotonic() - began:.0f} s; medians of {arguments.rounds}, ms")
            print(f"{os.cpu_count()} cores under a load of {os.getloadavg()[0]:.1f}\n")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
                page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
                page.goto(base + "/")
                page.get_by_role("link", name="Sign in").click()
                page.fill("input[type=password]", PASSWORD)
                page.get_by_role("button", name="Sign in").click()
                page.wait_for_url("**/console")
                asked = list(pages(devices))
                asked.insert(1, ("the hundred-and-first page", deep(page, base)[len(base):], FIRST))
                print("| page | first byte | loaded | painted | goal |\n|---|---|---|---|---|")
                for name, path, goal in asked:
                    if arguments.only not in name:
                        continue
                    rounds = [measured(page, base + path) for _ in range(arguments.rounds)]
                    first, loaded, painted = (statistics.median(column) for column in zip(*rounds))
                    # No number is no paint.
                    kept = max(loaded, painted) < goal and painted == painted
                    missed += not kept
                    print(f"| {name} | {first:.0f} | {loaded:.0f} | {painted:.0f} | {goal}{'' if kept else ', MISSED'} |", flush=True)
                browser.close()
        finally:
            service.terminate()
            service.wait()
    print(f"\n{missed} missed" if missed else "\nall kept")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
