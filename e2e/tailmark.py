"""What the programs of this folder share: clients that are installed, a service that runs, and the variables for a tool."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = ROOT / "target"
# Seconds within which a step of an installation has to be done.
PATIENCE = 600


class Missing(SystemExit):
    """Something that is not on this machine and cannot be had. Who does not go on without it ends and says so."""


def bare():
    """The environment without anything that a client could take instead."""
    ours = re.compile(r".*_PROXY|.*_proxy|AZURE_.*|M365_.*|ARM_.*|TAILMARK_.*|SSL_CERT_.*|.*_CA_BUNDLE|NODE_.*")
    return {name: value for name, value in os.environ.items() if not ours.fullmatch(name)}


def done(what, command, patience, **options):
    """Runs a step of an installation."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=patience, **options)
    except FileNotFoundError:
        raise Missing(f"{what}: there is no {command[0]}") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{what}: not installed within {patience} seconds") from None
    if ran.returncode != 0:
        reason = (ran.stderr or ran.stdout).strip().splitlines()[-1:] or ["it failed"]
        raise Missing(f"{what}: {reason[0]}")


def installed(work, files, install):
    """Calls `install` unless it was done here for the same files before."""
    wanted = "".join(file.read_text() for file in files)
    mark = work / f"installed-{files[0].name}"
    if mark.exists() and mark.read_text() == wanted:
        return
    mark.unlink(missing_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    install()
    mark.write_text(wanted)


def python(kit, work, patience=PATIENCE):
    """The interpreter of a folder below `target` that has what the kit's requirements.txt names, and no more."""
    wanted, program = kit / "requirements.txt", work / "venv/bin/python"

    def install():
        try:
            venv.create(work / "venv", with_pip=True, clear=True)
        except (OSError, subprocess.CalledProcessError):
            raise Missing("Python's venv with pip") from None
        # Compiled when they are imported: an SDK has thousands of modules, of which few are.
        pip = [program, "-m", "pip", "install", "-q", "--no-compile", "--disable-pip-version-check"]
        done("packages from PyPI", [*pip, "--retries", "1", "--timeout", "15", "-r", wanted], patience)

    installed(work, [wanted], install)
    return str(program)


def modules(kit, work, patience=PATIENCE):
    """A folder below `target` with what the kit's package-lock.json names."""
    files = [kit / "package.json", kit / "package-lock.json"]

    def install():
        for file in files:
            shutil.copy(file, work)
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--fetch-retries=1", "--loglevel=error"]
        done("packages from npm", command, patience, cwd=work)

    installed(work, files, install)
    return work


def node(program=None, patience=PATIENCE):
    """A Node.js that reads HTTPS_PROXY: the one that is named, the machine's, or one from npm."""
    try:
        ran = subprocess.run([program or "node", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise Missing(f"Node.js: there is no {program or 'node'}") from None
    version = tuple(map(int, ran.stdout.strip()[1:].split(".")[:2]))
    if not (version < (22, 21) or (23, 0) <= version < (24, 5)):
        return program or "node"
    if program:
        raise Missing(f"Node.js 22.21, 24.5 or later: {program} reads no HTTPS_PROXY")
    work = modules(HERE / "node", TARGET / "e2e/node", patience)
    found = next(iter(sorted(work.glob("node_modules/node-*/bin/node"))), None)
    if not found:
        # An optional package that npm cannot have is no error to it.
        shutil.rmtree(work)
        raise Missing("Node.js 22.21, 24.5 or later: this one is older, and npm gave none for this machine")
    return str(found)


class Service:
    """`tailmark serve --intercept` on free ports and a folder of its own, stopped and gone at the end."""

    def __init__(self, tailmark, settings=None, arguments=()):
        self.tailmark, self.settings, self.arguments = str(tailmark), settings or {}, list(arguments)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        listen = ["--listen", "127.0.0.1:0", "--intercept", "127.0.0.1:0"]
        command = [self.tailmark, "serve", "--data", self.folder.name, *listen, *self.arguments]
        self.log = open(pathlib.Path(self.folder.name) / "stderr", "w+")
        self.process = subprocess.Popen(
            command, env=bare() | self.settings, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline()
        found = re.fullmatch(r".* on https://localhost:(\d+) and intercepting on http://(\S+)\n", line)
        if not found:
            said = self.said()
            self.__exit__()
            raise SystemExit(f"The service is not ready but says {line!r}. {said}")
        self.where = {"TAILMARK_HTTP_LISTEN": f"127.0.0.1:{found[1]}", "TAILMARK_INTERCEPT_LISTEN": found[2]}
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()
        self.folder.cleanup()

    def said(self):
        """The end of its log."""
        self.log.flush()
        self.log.seek(0)
        return self.log.read()[-2000:]

    def variables(self, tool):
        """What `tailmark env` prints for a tool, as an environment."""
        command = [self.tailmark, "env", tool, "--data", self.folder.name]
        printed = subprocess.run(command, env=bare() | self.where, check=True, capture_output=True, text=True).stdout
        words = [shlex.split(line, comments=True) for line in printed.splitlines()]
        return bare() | dict(word[1].split("=", 1) for word in words if word)
