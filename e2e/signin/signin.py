"""msal and azure-identity for Python, each in the ways that they sign in. One line a case."""

import os
import pathlib
import re
import sys
import traceback
import urllib.error
import urllib.parse
import urllib.request
import warnings

import azure.identity
import msal
from cryptography import x509
from cryptography.hazmat.primitives import hashes

warnings.filterwarnings("ignore", category=DeprecationWarning)
HOST = os.environ["SIGNIN_HOST"]
FOLDER = pathlib.Path(os.environ["SIGNIN_FOLDER"])
TENANT = "5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66"
SERVICE = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001"
TOOL = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7002"
SECRET = "a secret of the service"
USER, PASSWORD = "ada@contoso.example", "ada's password"
ALL = "https://graph.microsoft.com/.default"
ONE = "https://graph.microsoft.com/DeviceManagementServiceConfig.Read.All"
AUTHORITY = f"https://{HOST}/{TENANT}"
# To the libraries login.microsoftonline.com is what it always was; of another host they must be told.
MICROSOFT = HOST == "login.microsoftonline.com"
DISCOVERY = {} if MICROSOFT else {"instance_discovery": False}
DEVICES = f"{os.environ['SIGNIN_API']}/beta/deviceManagement/windowsAutopilotDeviceIdentities?$top=1"


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def post(url, form):
    """A form of a page; where it sends the user, else what it says."""
    data = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.build_opener(Stay).open(url, data, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 303:
            return error.headers["Location"]
        raise


def approve(url, code):
    """What a user does on the page of a device code."""
    assert "Ada" in post(url, {"user_code": code})
    said = post(url, {"user_code": code, "user": USER, "password": PASSWORD, "decision": "approve"})
    assert "You have signed in" in said, said


def called(token):
    """That the API takes the token."""
    request = urllib.request.Request(DEVICES, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def found(result):
    assert "access_token" in result, result
    called(result["access_token"])
    return result


def confidential(credential):
    return msal.ConfidentialClientApplication(
        SERVICE, authority=AUTHORITY, client_credential=credential, **DISCOVERY
    )


def public():
    return msal.PublicClientApplication(TOOL, authority=AUTHORITY, **DISCOVERY)


def certificate():
    return (FOLDER / "service.key.pem").read_text(), (FOLDER / "service.crt.pem").read_text()


def msal_secret():
    return found(confidential(SECRET).acquire_token_for_client([ALL]))["token_source"]


def msal_certificate_ps256():
    key, public_certificate = certificate()
    application = confidential({"private_key": key, "public_certificate": public_certificate})
    return found(application.acquire_token_for_client([ALL]))["token_source"]


def msal_certificate_rs256():
    key, public_certificate = certificate()
    thumbprint = x509.load_pem_x509_certificate(public_certificate.encode()).fingerprint(hashes.SHA1()).hex()
    application = confidential({"private_key": key, "thumbprint": thumbprint})
    found(application.acquire_token_for_client([ALL]))
    # The same assertion again: it is kept for ten minutes.
    again = application.client.obtain_token_for_client(scope=[ALL])
    return found(again)["token_type"]


def msal_device_code():
    application = public()
    flow = application.initiate_device_flow([ONE])
    approve(flow["verification_uri"], flow["user_code"])
    result = found(application.acquire_token_by_device_flow(flow))
    return refreshed(application, result)


def msal_password():
    application = public()
    result = found(application.acquire_token_by_username_password(USER, PASSWORD, [ONE]))
    refused = application.acquire_token_by_username_password(USER, "other", [ONE])
    assert refused["error_codes"] == [50126], refused
    consent = application.acquire_token_by_username_password(
        USER, PASSWORD, ["https://graph.microsoft.com/Mail.Read"]
    )
    assert consent["error_codes"] == [65001] and consent["suberror"] == "consent_required", consent
    return refreshed(application, result)


def msal_browser():
    application = public()
    flow = application.initiate_auth_code_flow([ONE], redirect_uri="http://localhost:5000")
    url = urllib.parse.urlsplit(flow["auth_uri"])
    form = dict(urllib.parse.parse_qsl(url.query))
    with urllib.request.urlopen(flow["auth_uri"], timeout=30) as page:
        assert "Ada" in page.read().decode()
    form |= {"user": USER, "password": PASSWORD, "decision": "approve", "response_mode": "query"}
    back = post(url._replace(query="").geturl(), form)
    result = application.acquire_token_by_auth_code_flow(flow, dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query)))
    return refreshed(application, found(result))


def refreshed(application, result):
    """The account is in the cache, with a token and a refresh token."""
    assert result["id_token_claims"]["preferred_username"] == USER, result
    [account] = application.get_accounts(USER)
    cached = application.acquire_token_silent([ONE], account)
    assert cached and cached["token_source"] == "cache", cached
    again = application.acquire_token_silent([ONE], account, force_refresh=True)
    assert again and again["token_source"] == "identity_provider", again
    called(again["access_token"])
    assert again["access_token"] != result["access_token"]
    return f"{account['username']} {account['home_account_id']}, refreshed"


def oidc_authority():
    application = msal.ConfidentialClientApplication(
        SERVICE, oidc_authority=f"{AUTHORITY}/v2.0", client_credential=SECRET
    )
    return found(application.acquire_token_for_client([ALL]))["token_source"]


OPTIONS = {"authority": HOST} | ({} if MICROSOFT else {"disable_instance_discovery": True})


def identity_secret():
    credential = azure.identity.ClientSecretCredential(TENANT, SERVICE, SECRET, **OPTIONS)
    called(credential.get_token(ALL).token)


def identity_certificate():
    both = FOLDER / "service.pem"
    both.write_text("".join(certificate()))
    credential = azure.identity.CertificateCredential(TENANT, SERVICE, certificate_path=str(both), **OPTIONS)
    called(credential.get_token(ALL).token)


def identity_device_code():
    credential = azure.identity.DeviceCodeCredential(
        TOOL, tenant_id=TENANT, prompt_callback=lambda url, code, _: approve(url, code), **OPTIONS
    )
    record = credential.authenticate(scopes=[ONE])
    called(credential.get_token(ONE).token)
    return record.username


def identity_password():
    credential = azure.identity.UsernamePasswordCredential(TOOL, USER, PASSWORD, tenant_id=TENANT, **OPTIONS)
    called(credential.get_token(ONE).token)


CASES = [
    ("msal: client secret", msal_secret),
    ("msal: client secret, oidc_authority", oidc_authority),
    ("msal: client certificate, PS256 and x5t#S256", msal_certificate_ps256),
    ("msal: client certificate, RS256 and x5t, twice", msal_certificate_rs256),
    ("msal: device code, refresh", msal_device_code),
    ("msal: password, refresh", msal_password),
    ("msal: authorization code with PKCE, refresh", msal_browser),
    ("azure-identity: client secret", identity_secret),
    ("azure-identity: client certificate", identity_certificate),
    ("azure-identity: device code", identity_device_code),
    ("azure-identity: password", identity_password),
]

for title, case in CASES:
    title = f"Python {title}"
    if "password" in title and ":" in HOST:
        print(f"left out {title}: needs port 443", flush=True)
        continue
    try:
        said = case()
        print(f"ok {title}" + (f" ({said})" if said else ""), flush=True)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        print(f"FAILED {title}: {re.sub(chr(10), ' ', str(error))}", flush=True)
