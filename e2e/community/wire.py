"""Requests as a script sends them: to Graph's own address, by the standard library, with nothing put in between."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

GRAPH = "https://graph.microsoft.com"
# The seconds between two looks; the scripts wait 5 to 30.
PAUSE = 0.1
# The seconds after which a sequence that waits for ever is given up. Most of the scripts have no such limit.
LIMIT = 60


class Refused(Exception):
    """An answer other than 2xx: status, and what the error says."""

    def __init__(self, status, body, headers):
        self.status, self.headers = status, headers
        self.error = json.loads(body)["error"]
        super().__init__(f"{status} {self.error['code']}: {self.error['message'][:300]}")

    def phrase(self):
        """Intune's reason, which stands in a document inside the message."""
        return json.loads(self.error["message"])["CustomApiErrorPhrase"]


class Graph:
    """A signed-in script. Every answer has to be one that the real service would give as well."""

    def __init__(self):
        form = {
            "grant_type": "client_credentials",
            "client_id": os.environ["AZURE_CLIENT_ID"],
            "client_secret": os.environ["AZURE_CLIENT_SECRET"],
            "scope": f"{GRAPH}/.default",
        }
        url = f"https://login.microsoftonline.com/{os.environ['AZURE_TENANT_ID']}/oauth2/v2.0/token"
        with urllib.request.urlopen(url, urllib.parse.urlencode(form).encode(), timeout=30) as answer:
            self.token = json.load(answer)["access_token"]

    def send(self, method, url, body=None):
        """A request. A text is sent as it is, anything else as JSON, and None without body and type."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        url = url if url.startswith("https:") else GRAPH + url
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                verdict, text = answer.headers["Tailmark-Verdict"], answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read(), error.headers) from None
        assert verdict == "accepted", f"{method} {url}: {verdict}"
        return json.loads(text) if text else None

    def get(self, url):
        return self.send("GET", url)

    def post(self, url, body=None):
        return self.send("POST", url, body)

    def delete(self, url):
        self.send("DELETE", url)

    def all(self, url):
        """A list with its further pages."""
        found = []
        while url:
            page = self.get(url)
            found.extend(page["value"])
            url = page.get("@odata.nextLink")
        return found


def wait(what, until):
    """Looks again and again, for as long as a test may take; what was found in the end."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found = until()
        if found:
            return found
        time.sleep(PAUSE)
    raise AssertionError(f"it waits for ever: {what}")
