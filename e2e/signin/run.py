#!/usr/bin/env python3
"""Signs in at the embedded issuer with Microsoft's own libraries, and calls the API with what they get.

    cargo build -p tailmark
    e2e/signin/run.py

Starts `target/debug/tailmark` (or `--program`) on a new folder with seed.yaml, TLS of its own and its proxy. First the
libraries are told its address, then they believe to speak with login.microsoftonline.com and graph.microsoft.com. On port
443 of the loopback where that is allowed, because msal for Python looks up where a user is at home without the port; else
that case is said to be left out. A Node.js that knows no proxy is replaced by one from npm.

The libraries come from PyPI (requirements.txt) and npm (package.json) into `--work`, by default a folder below `target`.
One line a case, then `N passed, M failed`; the exit code is 1 if one failed.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import tailmark  # noqa: E402


def free_port(wanted):
    """Port 443 where it can be had, else any."""
    for port in wanted, 0:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
                return listener.getsockname()[1]
            except OSError:
                continue
    raise SystemExit("no port to listen on")


def started(program, folder, port):
    """The service with TLS and its proxy: the process, its host and port, and the proxy's address."""
    environment = {**os.environ, "TAILMARK_TLS_MODE": "own-ca", "TAILMARK_LOG_LEVEL": "warn"}
    arguments = ["serve", "--listen", f"127.0.0.1:{port}", "--intercept", "127.0.0.1:0"]
    arguments += ["--data", folder / "data", "--seed", folder / "seed.yaml"]
    service = subprocess.Popen([program, *arguments], env=environment, stdout=subprocess.PIPE, text=True)
    said = service.stdout.readline()
    found = re.search(r"on https://([^ ]+) and intercepting on (http://\S+)", said)
    if not found:
        service.terminate()
        raise SystemExit(f"the service said: {said!r}")
    host = found.group(1).removesuffix(":443")
    return service, host, found.group(2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=tailmark.ROOT / "target/debug/tailmark")
    parser.add_argument("--work", type=pathlib.Path, default=tailmark.ROOT / "target/e2e-signin")
    parser.add_argument("--node", help="Node.js of 22.21 or 24.5 at least; the machine's or npm's")
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    python = tailmark.python(HERE, arguments.work)
    node = tailmark.node(arguments.node)
    tailmark.modules(HERE, arguments.work)
    for name in "signin.py", "signin.mjs", "certificates.py":
        shutil.copy(HERE / name, arguments.work)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(HERE / "seed.yaml", folder)
        subprocess.run([python, arguments.work / "certificates.py", folder], check=True)
        service, host, proxy = started(arguments.program, folder, free_port(443))
        try:
            ca = str(folder / "data" / "ca.pem")
            environment = {
                **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
                "SIGNIN_FOLDER": str(folder),
                "REQUESTS_CA_BUNDLE": ca,
                "SSL_CERT_FILE": ca,
                "NODE_EXTRA_CA_CERTS": ca,
            }
            direct = {"SIGNIN_HOST": host, "SIGNIN_API": f"https://{host}"}
            intercepted = {
                "SIGNIN_HOST": "login.microsoftonline.com",
                "SIGNIN_API": "https://graph.microsoft.com",
                "HTTPS_PROXY": proxy,
                "NODE_USE_ENV_PROXY": "1",
            }
            lines = []
            for title, told in ("direct", direct), ("through the proxy", intercepted):
                print(f"-- {title}")
                for command in [python, "signin.py"], [node, "signin.mjs"]:
                    run = subprocess.run(
                        command,
                        cwd=arguments.work,
                        env={**environment, **told},
                        stdout=subprocess.PIPE,
                        text=True,
                        timeout=300,
                    )
                    print(run.stdout, end="", flush=True)
                    lines += run.stdout.splitlines()
                    if run.returncode != 0:
                        lines.append(f"FAILED {command[-1]} ended with {run.returncode}")
                        print(lines[-1])
        finally:
            service.terminate()
            service.wait(timeout=30)
    passed = sum(bool(re.match("ok ", line)) for line in lines)
    failed = sum(bool(re.match("FAILED ", line)) for line in lines)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
