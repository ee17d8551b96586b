#!/usr/bin/env python3
"""Asks a running service with clients of other makers, and says what each of them got.

    run.py --url http://127.0.0.1:8080
    run.py --url http://127.0.0.1:4280/beta --token "$(tailmark token --data ./data)"

From the service's $metadata two typed clients are generated (odata2ts, SAP Cloud SDK) and compiled; programs that use
them and generic clients from npm and PyPI run real queries and compare the answers. Which programs: those for the
example's shop or for Tailmark, as the metadata says. Nothing is started but the clients.

They come from PyPI (requirements.txt) and npm (package.json) into `--work`, by default a folder below `target`.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def fetch_metadata(url, token):
    # The generators know versions 4.0 and 2.0 of CSDL only.
    headers = {"Accept": "application/xml", "OData-MaxVersion": "4.0"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with urllib.request.urlopen(urllib.request.Request(f"{url}/$metadata", headers=headers), timeout=30) as answer:
        return answer.read()


def model(metadata):
    if b'Namespace="Example.Shop"' in metadata:
        return "shop"
    if b'"deviceManagement"' in metadata:
        return "tailmark"
    raise SystemExit("There are programs for the example's shop and for Tailmark only.")


def without_definitions(metadata):
    """The generator of the SAP Cloud SDK knows no type definitions: their underlying types stand in for them."""
    text = metadata.decode("utf-8")
    namespace = re.search(r'<Schema Namespace="([^"]+)"', text).group(1)
    for name, underlying in re.findall(r'<TypeDefinition Name="([^"]+)" UnderlyingType="([^"]+)"', text):
        text = re.sub(
            rf'Type="(Collection\()?{re.escape(namespace)}\.{name}(\)?)"', rf'Type="\g<1>{underlying}\g<2>"', text
        )
    return text.encode("utf-8")


def prepare(work):
    """The clients, in a folder of their own; nothing is done where they are there already."""
    wanted = (HERE / "requirements.txt").read_text() + (HERE / "package.json").read_text()
    mark = work / "installed"
    if mark.exists() and mark.read_text() == wanted:
        return
    work.mkdir(parents=True, exist_ok=True)
    venv.create(work / "venv", with_pip=True)
    subprocess.run(
        [work / "venv/bin/python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt"], check=True
    )
    shutil.copy(HERE / "package.json", work)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True)
    mark.write_text(wanted)


def generate(work, metadata):
    """The two typed clients beside the programs that use them."""
    for folder in "odata2ts", "sap", "generic":
        shutil.rmtree(work / folder, ignore_errors=True)
        shutil.copytree(HERE / folder, work / folder)
    for shared in "report.js", "devices.js":
        shutil.copy(HERE / shared, work)
    described = work / "metadata"
    shutil.rmtree(described, ignore_errors=True)
    described.mkdir()
    (described / "service.edmx").write_bytes(metadata)
    (described / "sap").mkdir()
    (described / "sap" / "service.edmx").write_bytes(without_definitions(metadata))
    options = {
        "strict": True,
        "skipLibCheck": True,
        "target": "es2022",
        "types": ["node"],
        "rootDir": ".",
        "outDir": "out",
    }
    options |= {"module": "commonjs", "moduleResolution": "node10", "allowJs": True}
    (work / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": []}))
    bin = work / "node_modules" / ".bin"
    return {
        "odata2ts": [
            bin / "odata2ts",
            "-s",
            described / "service.edmx",
            "-o",
            "odata2ts/generated",
            "-m",
            "all",
            "-e",
            "ts",
        ],
        "sap": [
            bin / "generate-odata-client",
            "-i",
            described / "sap",
            "-o",
            "sap/generated",
            "--skipValidation",
            "--clearOutputDir",
        ],
    }


def compiled(work, folder, name, command):
    """Whether the generated client and the program that uses it compile."""
    project = work / f"tsconfig.{folder}.json"
    project.write_text(json.dumps({"extends": "./tsconfig.json", "files": [f"{folder}/{name}.ts"]}))
    shutil.rmtree(work / "out" / folder, ignore_errors=True)
    for step in command, [work / "node_modules/.bin/tsc", "-p", project]:
        done = subprocess.run(step, cwd=work, capture_output=True, text=True, timeout=600)
        if done.returncode:
            print(f"FAILED {pathlib.Path(step[0]).name}: {(done.stdout + done.stderr).strip()[-1500:]}")
            return False
    generated = list((work / folder / "generated").rglob("*.ts"))
    lines = sum(len(file.read_text().splitlines()) for file in generated)
    print(f"ok     {len(generated)} files with {lines} lines are generated and compile")
    return True


def run(command, work, environment):
    """The lines of a program; the number of passed and failed ones."""
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=600)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("ok ", "FAILED "))]
    if done.returncode or not lines:
        tail = " | ".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        lines.append(f"FAILED the program ended with {done.returncode}: {tail}")
    for line in lines:
        print(line)
    failed = sum(line.startswith("FAILED ") for line in lines)
    return len(lines) - failed, failed


def versions(work, packages):
    named = [
        (name, json.loads((work / "node_modules" / name / "package.json").read_text())["version"]) for name in packages
    ]
    return ", ".join(f"{name} {version}" for name, version in named)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the root of the service, without $metadata")
    parser.add_argument("--token", default="", help="sent as a bearer token")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "target" / "e2e-client")
    arguments = parser.parse_args()
    url, work = arguments.url.rstrip("/"), arguments.work.resolve()
    metadata = fetch_metadata(url, arguments.token)
    name = model(metadata)
    prepare(work)
    commands = generate(work, metadata)
    devices = ROOT / "examples" / "devices.csv"
    environment = {**os.environ, "SERVICE_URL": url, "SERVICE_TOKEN": arguments.token, "DEVICES": str(devices)}
    environment |= {"NODE_PATH": str(work / "node_modules"), "NO_COLOR": "1"}
    passed = failed = 0
    packages = {
        "odata2ts": ["@odata2ts/odata2ts", "@odata2ts/odata-service", "@odata2ts/http-client-fetch"],
        "sap": ["@sap-cloud-sdk/generator", "@sap-cloud-sdk/odata-v4"],
    }
    for folder, command in commands.items():
        if not (HERE / folder / f"{name}.ts").exists():
            continue
        print(f"\n{versions(work, packages[folder])}")
        if compiled(work, folder, name, command):
            ok, wrong = run(["node", work / "out" / folder / f"{name}.js"], work, environment)
            passed, failed = passed + ok + 1, failed + wrong
        else:
            failed += 1
    print(f"\n{versions(work, ['o.js', 'odata-query', '@odata/client'])}")
    ok, wrong = run(["node", work / "generic" / f"{name}.mjs"], work, environment)
    passed, failed = passed + ok, failed + wrong
    print(f"\n{', '.join((HERE / 'requirements.txt').read_text().replace('==', ' ').split(chr(10))[1:-1])}")
    ok, wrong = run([work / "venv/bin/python", work / "generic" / f"{name}.py"], work, environment)
    passed, failed = passed + ok, failed + wrong
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
