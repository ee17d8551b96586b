#!/usr/bin/env python3
"""Walks through the console with a real browser, scans every page with axe, and takes its pictures.

    cargo build -p tailmark
    e2e/console/run.py [--pictures docs/images]

Starts `target/debug/tailmark` (or `--program`) on a new folder and a free port, and Chromium (`--chromium`, by default the
one on the PATH, as Debian's package `chromium` brings it). Playwright comes from PyPI (requirements.txt) and axe-core from
npm (package.json) into `--work`, by default a folder below `target`. One line a case, then `N passed, M failed`; the exit
code is 1 if one failed.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PASSWORD = "a password"
HEADER = "Device Serial Number,Windows Product ID,Hardware Hash,Group Tag,Assigned User\r\n"


def prepare(work):
    """The libraries, in a folder of their own; nothing is done where they are there already."""
    wanted = (HERE / "requirements.txt").read_text() + (HERE / "package.json").read_text()
    mark = work / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    work.mkdir(parents=True, exist_ok=True)
    venv.create(work / "venv", with_pip=True)
    subprocess.run(
        [work / "venv/bin/python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True
    )
    for name in "package.json", "package-lock.json":
        shutil.copy(HERE / name, work)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True)
    mark.write_text(wanted)


class Walk:
    def __init__(self, page, base, axe, pictures):
        self.page, self.base, self.axe, self.pictures = page, base, axe, pictures
        self.passed, self.failed = 0, 0

    def case(self, name, holds, said=""):
        print(("ok     " if holds else "FAILED ") + name + (f": {said}" if said and not holds else ""))
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)

    def look(self, name):
        """The page in both themes: its picture, and what axe finds; and whether a phone has room for it."""
        for theme in "light", "dark":
            self.page.emulate_media(color_scheme=theme)
            # Without waiting for colours that fade.
            self.page.wait_for_timeout(200)
            if self.pictures:
                self.page.screenshot(path=self.pictures / f"{name}-{theme}.png")
            found = self.page.evaluate("async () => (await axe.run()).violations")
            said = "; ".join(
                f"{one['id']} at {[node['html'][:90] for node in one['nodes'][:3]]}" for one in found
            )
            self.case(f"axe finds nothing in {name}, {theme}", not found, said)
        self.page.emulate_media(color_scheme="light")
        usual = self.page.viewport_size
        self.page.set_viewport_size({"width": 390, "height": 800})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.case(f"{name} fits a phone", wide <= 390, f"it is {wide} wide")
        self.page.set_viewport_size(usual)

    def open(self, path):
        self.page.goto(self.base + path)

    def is_there(self, name, text):
        self.case(name, self.page.get_by_text(text).count() > 0, f"{text!r} is not on {self.page.url}")

    def import_file(self, path):
        self.open("/console/import")
        self.page.set_input_files("#file", path)
        self.page.wait_for_url("**/console/import/*")

    def wait_for_end(self):
        """Until the page has heard that the import is over; it reloads by itself."""
        self.page.wait_for_selector("h1 + .state.complete, h1 + .state.error", timeout=60_000)


def devices(folder, name, rows):
    path = folder / name
    path.write_text(HEADER + "".join(row + "\r\n" for row in rows), newline="")
    return path


def past(program, base, data):
    """Uploads of the last fourteen days, by the API. In the larger ones some devices were there before or have a bad hash."""
    token = subprocess.run([program, "token", "--data", data], capture_output=True, text=True, check=True).stdout.strip()
    uploads = base + "/beta/deviceManagement/importedWindowsAutopilotDeviceIdentityUploads"

    def ask(url, body=None):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, body and json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request, timeout=60))

    now, number = datetime.datetime.now(datetime.timezone.utc), 0
    for day, count in (13, 60), (12, 95), (11, 40), (9, 130), (8, 80), (7, 25), (6, 110), (4, 150), (2, 90), (1, 120):
        records = []
        for place in range(count):
            known = count > 100 and place % 17 == 11
            name = number - place - 5 if known else number
            number += not known
            hash = "AAAA" if count > 125 and place % 41 == 23 else ""
            records.append({"serialNumber": f"PAST{name:04}", "productKey": f"32{name:011}", "hardwareIdentifier": hash})
        created = (now - datetime.timedelta(days=day, hours=day % 5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ask(uploads, {"createdDateTimeUtc": created, "deviceIdentities": records})
    for _ in range(300):
        if ask(uploads + "/$count?$filter=status%20eq%20'pending'") == 0:
            return
        time.sleep(0.1)


def walk(page, base, folder, axe, pictures, program):
    it = Walk(page, base, axe, pictures)
    wrong = []
    # What is refused on purpose below is a page with status 400.
    told = lambda text: "status of 400" not in text and wrong.append(text)
    page.on("console", lambda message: message.type == "error" and told(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    it.open("/")
    it.case("the root leads to the sign-in", "/console/sign-in" in page.url, page.url)
    it.look("sign-in")
    page.get_by_role("link", name="Sign in").click()
    page.fill("input[type=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")
    it.is_there("signed in", "Administrator")

    sample = (ROOT / "examples/devices.csv").read_text().splitlines()[1:]
    cells = sample[1].split(",")
    good = sample[3:21]
    bad = [sample[0].replace("T0E", "T*E", 1), f"{cells[0]},,,{cells[3]},", sample[2].replace(sample[2][:4], ",,x", 1)]
    path = devices(folder, "laptops.csv", good + bad)
    it.import_file(path)
    it.case("three bad rows are seen", page.locator("main form table tbody th").count() == 3)
    it.is_there("with their codes", "hash-not-base64")
    it.look("preview")
    stored = page.request.get(base + "/console/uploads").text()
    it.case("nothing is stored yet", "Nothing was uploaded yet." in stored)
    # The first two are put right, the third is left out.
    lines = [row.split("\n")[0] for row in page.locator("main form table tbody th").all_inner_texts()]
    page.get_by_label(f"Hardware Hash, line {lines[0]}").fill(sample[0].split(",")[2])
    page.get_by_label(f"Hardware Hash, line {lines[1]}").fill(cells[2])
    page.get_by_label(f"Leave out line {lines[2]}").check()
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("button", name="Import 20 devices", exact=True).click()
    page.wait_for_url("**/console/uploads/*")
    it.wait_for_end()
    it.is_there("20 devices are imported", "20 of 20 devices are done")

    # Many more, watched: ours are new machines, the 20 from before are refused.
    path = devices(folder, "all.csv", [row for row in sample if row not in bad])
    it.import_file(path)
    page.locator("button.primary").click()
    page.wait_for_url("**/console/uploads/*")
    it.wait_for_end()
    it.is_there("a refused device is explained", "ZtdDeviceAlreadyAssigned")
    it.case("with its line", page.locator("section:has(#failed) td.right").first.inner_text().isdigit())
    it.look("upload")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download these rows").click()
    lines = pathlib.Path(download.value.path()).read_text().splitlines()
    it.case("the refused rows can be had", len(lines) > 15 and lines[0] == HEADER.strip(), lines[:1])
    past(program, base, folder / "data")
    it.open("/console/uploads")
    it.look("uploads")
    page.locator("select[name=status]").select_option("Some refused")
    page.get_by_label("Serial number in it").fill(cells[0])
    page.get_by_role("button", name="Filter").click()
    it.is_there("an upload is found by a device in it", "1 upload")
    it.case("its filter is in the address", "deviceIdentities%2Fany" in page.url, page.url)
    page.get_by_role("link", name="Devices", exact=True).last.click()
    it.case("uploads are sorted", page.locator("th[aria-sort=descending]").inner_text().startswith("Devices"))
    it.open("/console")
    it.look("overview")
    it.open("/console/import")
    it.look("import")

    # 600 devices without a hash, straight through the page.
    path = devices(folder, "many.csv", [f"MANY{number:04},33{number:011},,Store," for number in range(600)])
    it.import_file(path)
    button = page.locator("button.primary")
    button.click()
    page.wait_for_url("**/console/uploads/*")
    seen = page.locator("[data-done]").inner_text()
    it.wait_for_end()
    print(f"       (600 devices: {seen} done at the first look)")
    it.is_there("600 devices are imported", "600 of 600 devices are done")

    it.open("/console/devices")
    it.look("devices")
    page.get_by_role("button", name="Set group tag").click()
    it.is_there("nothing was chosen", "Choose devices first")
    page.get_by_role("link", name="Back").click()
    it.case("and there is a way back", page.url.endswith("/console/devices"), page.url)
    page.get_by_label("And (OData)").fill("groupTag = 'Store'")
    page.get_by_role("button", name="Filter").click()
    it.is_there("a mistyped filter is explained", "expected an operator")
    it.case("and still there", page.get_by_label("And (OData)").input_value() == "groupTag = 'Store'")
    it.open("/console/devices")
    page.get_by_label("Serial number", exact=True).fill("MANY")
    page.get_by_role("button", name="Filter").click()
    it.case("the filter is in the address", "contains%28serialNumber" in page.url, page.url)
    page.get_by_label("Select all 600 that match").check()
    page.get_by_role("button", name="Set group tag").click()
    page.get_by_label("New group tag").fill("Kiosk 2026")
    it.look("bulk")
    page.get_by_role("button", name="Set the group tag: 600 devices").click()
    page.get_by_role("heading", name="Outcome").wait_for(timeout=60_000)
    it.is_there("600 devices are changed", "600 devices have the new group tag")
    it.look("changed")
    it.open("/console/devices/filter?tag=Kiosk+2026&rest=")
    it.is_there("their tag is new", "600 devices")
    page.get_by_role("link", name="Next page").click()
    it.case("pages go on", "MANY0025" in page.content())
    page.get_by_label("Rows on a page").get_by_role("link", name="100", exact=True).click()
    it.case("a page has as many rows as one likes", page.locator("tbody th").count() == 100)
    page.get_by_role("link", name="Serial number").click()
    it.case("a heading sorts", page.locator("th[aria-sort=descending]").count() == 1)

    it.open(f"/console/devices/filter?serial={cells[0]}")
    page.get_by_role("link", name=cells[0]).click()
    it.is_there("a device says what its hash says", "Product name")
    it.look("device")
    page.get_by_role("link", name="Show the hash").click()
    it.case("its hash is shown when asked for", cells[2][:200] in page.locator("#hash").inner_text())

    it.open("/console/query")
    it.is_there("the query page answers", "Answer: 200")
    it.look("query")
    bar = page.locator("input[name=address]")
    bar.fill("/beta/deviceManagement/windowsAutopilotDeviceIdentities?$filter=")
    bar.press_sequentially("seri")
    it.case(
        "properties are completed",
        page.locator("#addresses option").first.get_attribute("value").endswith("$filter=serialNumber"),
    )

    page.get_by_role("button", name="Switch to the dark theme").click()
    it.case("the theme is kept", page.locator("html").get_attribute("data-theme") == "dark")
    page.get_by_role("button", name="Switch to the light theme").click()
    page.get_by_role("button", name="Auto theme").click()

    # By keyboard alone: the first stop leads past the navigation.
    it.open("/console")
    page.keyboard.press("Tab")
    it.case("the keyboard's first stop", page.evaluate("document.activeElement.className") == "skip")
    page.locator("details.who summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    page.wait_for_url("**/console/signed-out")
    it.look("signed-out")
    it.open("/console/devices")
    it.case("signed out", "/console/sign-in" in page.url, page.url)
    it.case("the browser has nothing to say", not wrong, "; ".join(wrong))
    return it


def without_script(browser, base, it):
    """What is there to read is there without script."""
    page = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 860}).new_page()
    page.goto(base + "/console")
    page.get_by_role("link", name="Sign in").click()
    page.fill("input[type=password]", PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for path, text in [("/console", "devices registered"), ("/console/devices/filter?serial=MANY", "MANY0000"), ("/console/query", "curl")]:
        page.goto(base + path)
        it.case(f"{path} without script", text in page.content())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/debug/tailmark")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/e2e-console")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    parser.add_argument("--pictures", type=pathlib.Path)
    arguments = parser.parse_args()
    prepare(arguments.work)
    python = arguments.work / "venv/bin/python"
    if pathlib.Path(sys.prefix).resolve() != (arguments.work / "venv").resolve():
        os.execv(python, [python, __file__, *sys.argv[1:]])

    from playwright.sync_api import sync_playwright

    axe = (arguments.work / "node_modules/axe-core/axe.min.js").read_text()
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        folder = pathlib.Path(data)
        service = subprocess.Popen(
            [arguments.program, "serve", "--listen", "127.0.0.1:0", "--data", folder / "data"],
            stdout=subprocess.PIPE,
            stderr=(folder / "log").open("w"),
            text=True,
            # Devices without a hash are taken as they come.
            env={**os.environ, "TAILMARK_AUTH_CLIENT_SECRET": PASSWORD},
        )
        try:
            base = service.stdout.readline().split()[-1]
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
                context = browser.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
                page = context.new_page()
                # axe comes by the debugger's door: the page's own policy stays as it is.
                page.add_init_script(axe)
                it = walk(page, base, folder, axe, arguments.pictures, arguments.program)
                without_script(browser, base, it)
                browser.close()
        finally:
            service.terminate()
            service.wait()
    print(f"{it.passed} passed, {it.failed} failed")
    sys.exit(it.failed > 0)


if __name__ == "__main__":
    main()
