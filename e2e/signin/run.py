#!/usr/bin/env python3
"""Signs in at the embedded issuer with Microsoft's own libraries, and calls the API with what they get.

    cargo build -p tailmark
    e2e/signin/run.py

Starts `target/debug/tailmark` (or `--program`) on a new folder with seed.yaml, and before it something that ends TLS
with a certificate of its own, because the libraries take https only. On port 443 of the loopback where that is allowed,
because msal for Python looks up where a user is at home without the port; else that case is said to be left out.

The libraries come from PyPI (requirements.txt) and npm (package.json) into `--work`, by default a folder below `target`.
One line a case, then `N passed, M failed`; the exit code is 1 if one failed.
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


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


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def listener():
    """Port 443 where it can be had, else any."""
    for port in 443, 0:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            listening.close()
            continue
        listening.listen(64)
        return listening
    raise SystemExit("no port to listen on")


def end_tls(listening, folder, port):
    """Takes TLS off, connection by connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt.pem", folder / "server.key.pem")

    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in source, target:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(raw):
        try:
            secure = context.wrap_socket(raw, server_side=True)
            plain = socket.create_connection(("127.0.0.1", port))
        except OSError:
            raw.close()
            return
        threading.Thread(target=pump, args=(secure, plain), daemon=True).start()
        pump(plain, secure)

    def accept():
        while True:
            raw, _ = listening.accept()
            threading.Thread(target=serve, args=(raw,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def started(program, folder, port, url):
    environment = {**os.environ, "TAILMARK_HTTP_PUBLIC_URL": url, "TAILMARK_LOG_LEVEL": "warn"}
    arguments = ["serve", "--listen", f"127.0.0.1:{port}", "--data", folder / "data", "--seed", folder / "seed.yaml"]
    service = subprocess.Popen([program, *arguments], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(200):
        if service.poll() is not None:
            raise SystemExit(f"the service ended with {service.returncode}")
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/readyz")
            return service
        except OSError:
            time.sleep(0.05)
    service.terminate()
    raise SystemExit("the service did not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/debug/tailmark")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target/e2e-signin")
    arguments = parser.parse_args()
    prepare(arguments.work)
    for name in "signin.py", "signin.mjs", "certificates.py":
        shutil.copy(HERE / name, arguments.work)
    python = arguments.work / "venv/bin/python"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copy(HERE / "seed.yaml", folder)
        subprocess.run([python, arguments.work / "certificates.py", folder], check=True)
        listening, port = listener(), free_port()
        outside = listening.getsockname()[1]
        host = "localhost" if outside == 443 else f"localhost:{outside}"
        service = started(arguments.program, folder, port, f"https://{host}")
        try:
            end_tls(listening, folder, port)
            environment = {
                **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
                "SIGNIN_HOST": host,
                "SIGNIN_FOLDER": str(folder),
                "REQUESTS_CA_BUNDLE": str(folder / "ca.crt.pem"),
                "SSL_CERT_FILE": str(folder / "ca.crt.pem"),
                "NODE_EXTRA_CA_CERTS": str(folder / "ca.crt.pem"),
            }
            lines = []
            for command in [python, "signin.py"], ["node", "signin.mjs"]:
                run = subprocess.run(
                    command, cwd=arguments.work, env=environment, stdout=subprocess.PIPE, text=True, timeout=300
                )
                print(run.stdout, end="")
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
