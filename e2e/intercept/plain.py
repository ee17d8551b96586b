"""Clients that know nothing of Microsoft."""

import urllib.request

import httpx
import requests

METADATA = "https://graph.microsoft.com/beta/$metadata"

answer = requests.get(METADATA, timeout=30)
print("requests", answer.status_code)
answer.raise_for_status()
for http2 in (False, True):
    with httpx.Client(http2=http2) as client:
        answer = client.get(METADATA)
        print("httpx", answer.http_version, answer.status_code)
        answer.raise_for_status()
with urllib.request.urlopen(METADATA, timeout=30) as answer:
    print("urllib", answer.status)
