"""One line for each query that a program runs; run.py counts them."""

import os

SERVICE = os.environ["SERVICE_URL"]
TOKEN = os.environ.get("SERVICE_TOKEN")
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}


def query(name, run, expected):
    """Runs a query and says whether its answer is the expected one."""
    try:
        got = run()
        problem = None if got == expected else f"answered {got!r}, not {expected!r}"
    except Exception as error:  # whatever a client cannot bear
        problem = f"{type(error).__name__}: {error}"
    line = f"ok     {name}" if problem is None else f"FAILED {name}: {problem}"
    print(" ".join(line.split("\n"))[:900], flush=True)
