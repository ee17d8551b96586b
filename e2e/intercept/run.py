#!/usr/bin/env python3
"""Runs Microsoft's SDKs and plain clients against graph.microsoft.com, with nothing set but what `tailmark env` prints.

    run.py --tailmark target/debug/tailmark [--node PATH]

Starts `tailmark serve --intercept` on free ports and a folder of its own, and stops it at the end. The clients come from
PyPI (requirements.txt) and npm (package.json) into `--work`, by default a folder below `target`. Node.js has to be 22.21,
24.5 or later; an older one is said to be skipped. One line a program; the exit code is 1 if one failed.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
METADATA = "https://graph.microsoft.com/beta/$metadata"


def prepare(work):
    """The clients, in a folder of their own; nothing is done where they are there already."""
    wanted = (HERE / "requirements.txt").read_text() + (HERE / "package.json").read_text()
    mark = work / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    work.mkdir(parents=True, exist_ok=True)
    venv.create(work / "venv", with_pip=True)
    subprocess.run([work / "venv/bin/pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True)
    shutil.copy(HERE / "package.json", work)
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=work, check=True)
    mark.write_text(wanted)


def bare():
    """The environment without anything that a client could take instead."""
    ours = re.compile(r".*_PROXY|.*_proxy|AZURE_.*|M365_.*|ARM_.*|TAILMARK_.*|SSL_CERT_.*|.*_CA_BUNDLE|NODE_.*")
    return {name: value for name, value in os.environ.items() if not ours.fullmatch(name)}


def start(tailmark, data):
    command = [tailmark, "serve", "--data", data, "--listen", "127.0.0.1:0", "--intercept", "127.0.0.1:0"]
    service = subprocess.Popen(command, env=bare(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    line = service.stdout.readline()
    found = re.fullmatch(r".* on https://localhost:(\d+) and intercepting on http://(\S+)\n", line)
    if not found:
        raise SystemExit(f"The service is not ready but says {line!r}.")
    where = {"TAILMARK_HTTP_LISTEN": f"127.0.0.1:{found[1]}", "TAILMARK_INTERCEPT_LISTEN": found[2]}
    return service, where


def variables(tailmark, data, where, tool):
    printed = subprocess.run([tailmark, "env", tool, "--data", data], env=bare() | where, check=True,
                             capture_output=True, text=True).stdout
    words = [shlex.split(line, comments=True) for line in printed.splitlines()]
    return bare() | dict(word[1].split("=", 1) for word in words if word)


def too_old(node):
    version = tuple(map(int, subprocess.run([node, "--version"], capture_output=True, text=True).stdout[1:].split(".")[:2]))
    return version < (22, 21) or (23, 0) <= version < (24, 5)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tailmark", type=pathlib.Path, default=ROOT / "target/debug/tailmark")
    arguments.add_argument("--node", default="node")
    arguments.add_argument("--work", type=pathlib.Path, default=ROOT / "target/e2e-intercept")
    options = arguments.parse_args()
    work, tailmark, node = options.work.resolve(), options.tailmark.resolve(), options.node
    prepare(work)
    shutil.copy(HERE / "sdk.mjs", work)
    python = str(work / "venv/bin/python")
    curl = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "HTTP/%{http_version} %{http_code}", METADATA]
    programs = [
        ("curl", "HTTP/1.1", [*curl, "--http1.1"]),
        ("curl", "HTTP/2", [*curl, "--http2"]),
        ("python", "requests, HTTPX, urllib", [python, HERE / "plain.py"]),
        ("python", "azure-identity, msal, msgraph-beta-sdk", [python, HERE / "sdk.py"]),
        ("javascript", "fetch, https, @azure/identity, microsoft-graph-client", [node, work / "sdk.mjs"]),
    ]
    failed = 0
    with tempfile.TemporaryDirectory() as data:
        service, where = start(tailmark, data)
        try:
            for tool, name, command in programs:
                if tool == "javascript" and too_old(node):
                    print(f"SKIPPED {tool}: {name}: this Node.js reads no HTTPS_PROXY")
                    continue
                ran = subprocess.run(command, env=variables(tailmark, data, where, tool), timeout=120,
                                     capture_output=True, text=True)
                said = (ran.stdout.strip() or "nothing").replace("\n", "; ")
                print(f"{'ok' if ran.returncode == 0 else 'FAILED'} {tool}: {name}: {said}")
                if ran.returncode != 0:
                    failed += 1
                    print(ran.stderr[-2000:])
        finally:
            service.terminate()
            service.wait(timeout=30)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
