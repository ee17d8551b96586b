#!/usr/bin/env python3
"""Runs programs that were written for Microsoft Graph against Tailmark, and writes docs/clients.md.

    e2e/run.py                      builds target/debug/tailmark and runs everything
    e2e/run.py --release            target/release/tailmark
    e2e/run.py --binary PATH        a program that is there
    e2e/run.py --only community,small

Every program starts with a service of its own, in a folder of its own, with nothing set but what `tailmark env` prints and
where Python finds steps.py.
The groups are `community` (Python's standard library only), `small` (msal, azure-identity, microsoft-graph-client) and
`large` (Microsoft's generated SDKs: 700 MB from PyPI and npm). Packages go below target/e2e, in the versions of
the lock files, and stay there. Node.js before 22.21 and 24.5 knows no proxy; then one comes from npm.

One line an operation. What cannot be run here is said by name at the end. The exit code is 1 if something that was run
failed, and with --whole also if something was left out. The document is written if everything was run.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

from tailmark import HERE, PATIENCE, ROOT, TARGET, Missing, Service, modules, node, python

DOCUMENT = ROOT / "docs/clients.md"
GROUPS = ("community", "small", "large")
# In the order of the table.
OPERATIONS = (
    "sign in",
    "import",
    "poll",
    "page",
    "update",
    "assign",
    "profile",
    "synchronise",
    "identifiers",
    "batch",
    "error",
    "delete",
)
# What each of them is, in the same order.
MEANING = (
    "with a client secret",
    "one device by POST and two by `import`, with hardware hashes; all `unknown`",
    "each record until it is not `unknown`; all `complete`",
    "the devices by two, with the SDK's own iterator where it has one; three, of the ids that the records say",
    "`updateDeviceProperties`: the group tag",
    "`assignUserToDevice`, `unassignUserFromDevice`",
    "a deployment profile for all devices, until a device has it; expanded; deleted",
    "`windowsAutopilotSettings/sync`, until it is `completed`",
    "two corporate identifiers by `importDeviceIdentityList`; deleted",
    "`$batch` with three requests: 200, 204 and 404",
    "a device that is not there: status and code as the SDK presents them",
    "devices and records; both lists are empty",
)
# Seconds for a program.
LIMIT = 180


class Client:
    """A program: its group, its language, the packages that it stands for, and its arguments."""

    def __init__(self, group, language, packages, *arguments):
        self.group, self.language, self.packages, self.arguments = group, language, packages, arguments

    def name(self):
        return f"{', '.join(self.packages)} ({'Python' if self.language == 'python' else 'Node.js'})"


CLIENTS = (
    Client("small", "python", ["msal", "requests"], "msal_requests.py"),
    Client("small", "javascript", ["@azure/msal-node"], "msal_fetch.mjs"),
    Client("small", "javascript", ["@microsoft/microsoft-graph-client", "@azure/identity"], "graph_client.mjs"),
    Client("large", "python", ["msgraph-beta-sdk", "azure-identity"], "sdk.py", "msgraph_beta"),
    Client("large", "python", ["msgraph-sdk", "azure-identity"], "sdk.py", "msgraph"),
    Client("large", "javascript", ["@microsoft/msgraph-beta-sdk", "@azure/identity"], "adapter.mjs"),
)
# What was looked at and is not run, with the reason.
NOT_RUN = {
    "graph-rs-sdk (Rust)": "its debug build takes a quarter of an hour, so it was not built",
    "Graph PowerShell SDK, WindowsAutoPilotIntune, Get-WindowsAutopilotInfo": "PowerShell is on neither registry; what "
    "the scripts send is replayed above",
    "Terraform": "the providers are not on a registry that is used here; what they send is replayed above",
    "Graph SDKs for .NET, Java and Go": "not tried",
}


def built(arguments):
    """The program to try."""
    if arguments.binary:
        if not arguments.binary.is_file():
            raise SystemExit(f"There is no {arguments.binary}.")
        return arguments.binary.resolve()
    mode = "release" if arguments.release else "debug"
    command = ["cargo", "build", "--quiet", "-p", "tailmark"] + (["--release"] if arguments.release else [])
    subprocess.run(command, cwd=ROOT, check=True)
    return TARGET / mode / "tailmark"


def command_of(client, patience, nodes):
    """How a client is started; its packages are installed where they are not, which is tried once."""
    kit, work = HERE / "sdk" / client.group, TARGET / "e2e" / client.group
    program, *more = client.arguments
    if client.language == "python":
        return [python(kit, work, patience), str(kit / program), *more]
    if not nodes:
        nodes.append(node(patience=patience))
    modules(kit, work, patience)
    # Node looks for packages beside the program.
    for file in (kit / program, HERE / "sdk/steps.mjs"):
        shutil.copy(file, work)
    return [nodes[0], str(work / program), *more]


def run(tailmark, language, command):
    """The lines that a program printed, as (whether it went well, cells)."""
    # Long enough for a device to be seen on its way to a profile.
    with Service(tailmark, {"TAILMARK_EMULATION_ASSIGNMENT_TIME": "1"}) as service:
        environment = service.variables(language) | {"PYTHONPATH": str(HERE / "sdk")}
        environment["PYTHONPYCACHEPREFIX"] = str(TARGET / "e2e/pycache")
        command = [*command, str(ROOT / "examples/devices.csv")]
        try:
            ran = subprocess.run(command, env=environment, timeout=LIMIT, capture_output=True, text=True)
            code, out, err = ran.returncode, ran.stdout, ran.stderr
        except subprocess.TimeoutExpired as late:
            code, out, err = 1, (late.stdout or b"").decode(), f"not done within {LIMIT} seconds"
        lines = [line for line in out.splitlines() if line.startswith(("ok ", "FAILED "))]
        for line in lines:
            print(line, flush=True)
        found = [(line.startswith("ok "), line.split(" ", 1)[1].split(" | ")) for line in lines]
        if code and all(well for well, _ in found) or not found:
            print(f"FAILED it ended with {code}")
            found.append((False, ["the program itself", f"ended with {code}"]))
        if code:
            print(err[-3000:], service.said(), sep="\n", file=sys.stderr)
        return found


def version(package, language, group):
    """What the lock file says, which is what was installed."""
    kit = HERE / "sdk" / group
    if language == "python":
        lines = (kit / "requirements.txt").read_text().lower().splitlines()
        return next(line.split("==")[1] for line in lines if line.startswith(f"{package}=="))
    return json.loads((kit / "package-lock.json").read_text())["packages"][f"node_modules/{package}"]["version"]


def document(results, sequences):
    """docs/clients.md."""
    lines = [
        "# Clients",
        "",
        "Written by `e2e/run.py`, which ran all of it; not by hand. Tests compare the versions with those that are locked.",
        "",
        "## SDKs",
        "",
        "Programs for the real service, in [e2e/sdk](../e2e/sdk). They name no address but Microsoft's, and nothing is set",
        "but the variables that `tailmark env` prints ([tls.md](tls.md)): proxy, CA, `AZURE_*`.",
        "",
        "| client | version | " + " | ".join(OPERATIONS) + " |",
        "|---" * (len(OPERATIONS) + 2) + "|",
    ]
    for client, found in results:
        outcomes = {cells[0]: "ok" if well else "**fails**" for well, cells in found}
        if "the program itself" in outcomes:
            outcomes = dict.fromkeys(OPERATIONS, "**not reached**") | outcomes
        versions = ", ".join(version(package, client.language, client.group) for package in client.packages)
        marks = [outcomes.get(operation, "–") for operation in OPERATIONS]
        lines.append("| " + " | ".join([client.name(), versions, *marks]) + " |")
    lines += [
        "",
        "| operation | what is done, and looked at afterwards |",
        "|---|---|",
        *[f"| {operation} | {said} |" for operation, said in zip(OPERATIONS, MEANING, strict=True)],
        "",
        "–: not in that program. msgraph-sdk is v1.0, which has no profiles, settings and identifiers; the others ask beta.",
        "@microsoft/msgraph-beta-sdk for JavaScript holds models, adapter and iterator; npm has no package with its builders",
        "for `/deviceManagement`, so its program makes the requests as those builders would.",
        "",
        "## Sequences of scripts",
        "",
        "What scripts send and wait for, request for request, by code of our own ([e2e/community](../e2e/community)): letter",
        "case, slashes, unquoted names, empty texts, bodies without a type, what is waited for and when it ends. Every",
        "request has to be one that the real service takes, too (`Tailmark-Verdict: accepted`).",
        "",
        "| script | what it does | outcome |",
        "|---|---|---|",
    ]
    for well, cells in sequences:
        cells = cells if well else [*cells[:-1], f"**fails**: {cells[-1]}"]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Not run", "", "| client | why |", "|---|---|"]
    lines += [f"| {name} | {reason} |" for name, reason in NOT_RUN.items()]
    lines += [
        "",
        "Other programs of this kind: [e2e/signin](../e2e/signin/README.md) signs in by every way that Microsoft's libraries",
        "have, [e2e/client](../e2e/client/README.md) is about generic OData clients, and `e2e/intercept/run.py` about plain",
        "HTTP clients through the proxy.",
        "",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="store_true", help="build and try target/release/tailmark")
    parser.add_argument("--binary", type=pathlib.Path, help="try this program and build nothing")
    parser.add_argument("--only", default=",".join(GROUPS), help="groups, separated by commas")
    parser.add_argument("--whole", action="store_true", help="fail if something is left out")
    parser.add_argument("--patience", type=int, default=PATIENCE, help="seconds for a step of an installation")
    arguments = parser.parse_args()
    groups = arguments.only.split(",")
    if not set(groups) <= set(GROUPS):
        parser.error(f"the groups are {', '.join(GROUPS)}")
    tailmark = built(arguments)
    results, sequences, left_out, nodes, cannot = [], [], [], [], {}
    if "community" in groups:
        print("-- sequences of scripts", flush=True)
        sequences = run(tailmark, "python", [sys.executable, str(HERE / "community/replay.py")])
    for client in CLIENTS:
        if client.group not in groups:
            continue
        print(f"-- {client.name()}", flush=True)
        kit = (client.group, client.language)
        try:
            if kit in cannot:
                raise cannot[kit]
            command = command_of(client, arguments.patience, nodes)
        except Missing as missing:
            cannot[kit] = missing
            left_out.append(f"{client.name()}: {missing}")
            print(f"left out: {missing}", flush=True)
            continue
        results.append((client, run(tailmark, client.language, command)))
    every = [well for well, _ in sequences] + [well for _, found in results for well, _ in found]
    print(f"{sum(every)} passed, {len(every) - sum(every)} failed, {len(left_out)} left out")
    for line in left_out:
        print(f"left out {line}")
    if set(groups) == set(GROUPS) and not left_out:
        DOCUMENT.write_text(document(results, sequences))
        print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return 1 if not all(every) or (arguments.whole and left_out) else 0


if __name__ == "__main__":
    sys.exit(main())
