#!/usr/bin/env python3
"""Runs Microsoft's SDKs and plain clients against graph.microsoft.com, with nothing set but what `tailmark env` prints.

    run.py --tailmark target/debug/tailmark [--node PATH]

Starts `tailmark serve --intercept` on free ports and a folder of its own, and stops it at the end. The clients come from
PyPI (requirements.txt) and npm (package-lock.json) into `--work`, by default a folder below `target`. Where Node.js is
older than 22.21 or 24.5 and knows no proxy, one comes from npm. One line a program; the exit code is 1 if one failed.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from tailmark import ROOT, Service, modules, node, python  # noqa: E402

METADATA = "https://graph.microsoft.com/beta/$metadata"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tailmark", type=pathlib.Path, default=ROOT / "target/debug/tailmark")
    arguments.add_argument("--node", help="instead of the machine's or npm's")
    arguments.add_argument("--work", type=pathlib.Path, default=ROOT / "target/e2e-intercept")
    options = arguments.parse_args()
    work, tailmark = options.work.resolve(), options.tailmark.resolve()
    interpreter, engine = python(HERE, work), node(options.node)
    shutil.copy(HERE / "sdk.mjs", modules(HERE, work))
    curl = ["curl", "-sS", "--fail", "-o", os.devnull, "-w", "HTTP/%{http_version} %{http_code}", METADATA]
    programs = [
        ("curl", "HTTP/1.1", [*curl, "--http1.1"]),
        ("curl", "HTTP/2", [*curl, "--http2"]),
        ("python", "requests, HTTPX, urllib", [interpreter, HERE / "plain.py"]),
        ("python", "azure-identity, msal, msgraph-beta-sdk", [interpreter, HERE / "sdk.py"]),
        ("javascript", "fetch, https, @azure/identity, microsoft-graph-client", [engine, work / "sdk.mjs"]),
    ]
    failed = 0
    with Service(tailmark) as service:
        for tool, name, command in programs:
            ran = subprocess.run(command, env=service.variables(tool), timeout=120, capture_output=True, text=True)
            said = (ran.stdout.strip() or "nothing").replace("\n", "; ")
            print(f"{'ok' if ran.returncode == 0 else 'FAILED'} {tool}: {name}: {said}")
            if ran.returncode != 0:
                failed += 1
                print(ran.stderr[-2000:])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
