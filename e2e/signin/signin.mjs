// @azure/msal-node and @azure/identity, each in the ways that they sign in. One line a case.

import { X509Certificate, createHash, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  UsernamePasswordCredential,
} from "@azure/identity";
import { ConfidentialClientApplication, PublicClientApplication } from "@azure/msal-node";

const { SIGNIN_HOST: HOST, SIGNIN_API: API, SIGNIN_FOLDER: FOLDER, HTTPS_PROXY: PROXY } = process.env;
const TENANT = "5e4c1f66-0d0a-4c39-9a4a-6f1f5e4c1f66";
const SERVICE = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7001";
const TOOL = "6b9f3b2e-0c4f-4d0e-9a55-1b1f4a6f7002";
const SECRET = "a secret of the service";
const USER = "ada@contoso.example";
const PASSWORD = "ada's password";
const ALL = "https://graph.microsoft.com/.default";
const ONE = "https://graph.microsoft.com/DeviceManagementServiceConfig.Read.All";
const AUTHORITY = `https://${HOST}/${TENANT}`;
// To the libraries login.microsoftonline.com is what it always was; of another host they must be told.
const MICROSOFT = HOST === "login.microsoftonline.com";
const known = MICROSOFT ? {} : { knownAuthorities: [HOST] };

const [major, minor] = process.versions.node.split(".").map(Number);
if (PROXY && !(major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21))) {
  console.log(`left out Node ${process.versions.node}: it knows no proxy`);
  process.exit(0);
}

const fail = (text) => {
  throw new Error(text);
};

/** A form of a page; where it sends the user, else what it says. */
async function post(url, form) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  return answer.status === 303 ? answer.headers.get("location") : answer.text();
}

/** What a user does on the page of a device code. */
async function approve(url, code) {
  const said = await post(url, { user_code: code, user: USER, password: PASSWORD, decision: "approve" });
  if (!said.includes("You have signed in")) fail(said);
}

/** That the API takes the token. */
async function called(token) {
  const url = `${API}/beta/deviceManagement/windowsAutopilotDeviceIdentities?$top=1`;
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  if (answer.status !== 200) fail(`${answer.status} ${await answer.text()}`);
}

const certificate = () => ({
  privateKey: readFileSync(join(FOLDER, "service.key.pem"), "utf8"),
  pem: readFileSync(join(FOLDER, "service.crt.pem"), "utf8"),
});
const confidential = (credential) =>
  new ConfidentialClientApplication({
    auth: { clientId: SERVICE, authority: AUTHORITY, ...known, ...credential },
  });
const tool = () =>
  new PublicClientApplication({ auth: { clientId: TOOL, authority: AUTHORITY, ...known } });

/** The account is in the cache, with a token and a refresh token. */
async function refreshed(application, result) {
  await called(result.accessToken);
  if (result.idTokenClaims.preferred_username !== USER) fail(JSON.stringify(result.idTokenClaims));
  const cached = await application.acquireTokenSilent({ account: result.account, scopes: [ONE] });
  if (!cached.fromCache) fail("nothing was kept");
  const again = await application.acquireTokenSilent({ account: result.account, scopes: [ONE], forceRefresh: true });
  if (again.fromCache || again.accessToken === result.accessToken) fail("nothing was refreshed");
  await called(again.accessToken);
  return `${result.account.username} ${result.account.homeAccountId}, refreshed`;
}

const msal = {
  "client secret": async () => {
    const application = confidential({ clientSecret: SECRET });
    await called((await application.acquireTokenByClientCredential({ scopes: [ALL] })).accessToken);
  },
  "client certificate, PS256 and x5t#S256, twice": async () => {
    const { privateKey, pem } = certificate();
    const thumbprintSha256 = createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
    const application = confidential({ clientCertificate: { privateKey, thumbprintSha256, x5c: pem } });
    await called((await application.acquireTokenByClientCredential({ scopes: [ALL] })).accessToken);
    // The same assertion again: it is kept for ten minutes.
    const again = await application.acquireTokenByClientCredential({ scopes: [ALL], skipCache: true });
    if (again.fromCache) fail("the cache was not skipped");
    await called(again.accessToken);
  },
  "device code, refresh": async () => {
    const application = tool();
    const deviceCodeCallback = (said) => approve(said.verificationUri, said.userCode);
    return refreshed(application, await application.acquireTokenByDeviceCode({ scopes: [ONE], deviceCodeCallback }));
  },
  "password, refresh": async () => {
    const application = tool();
    const request = { scopes: [ONE], username: USER, password: PASSWORD };
    const result = await application.acquireTokenByUsernamePassword(request);
    const refused = await application
      .acquireTokenByUsernamePassword({ ...request, password: "other" })
      .catch((error) => error);
    if (!String(refused.message).includes("50126")) fail(String(refused.message));
    return refreshed(application, result);
  },
  "authorization code with PKCE, refresh": async () => {
    const application = tool();
    const verifier = randomBytes(32).toString("base64url");
    const request = { scopes: [ONE], redirectUri: "http://localhost:5000" };
    const url = new URL(
      await application.getAuthCodeUrl({
        ...request,
        nonce: "n-1",
        codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
        codeChallengeMethod: "S256",
      }),
    );
    const form = Object.fromEntries(url.searchParams);
    const answer = { ...form, user: USER, password: PASSWORD, decision: "approve", response_mode: "query" };
    const back = new URL(await post(`${url.origin}${url.pathname}`, answer));
    const code = back.searchParams.get("code") ?? fail(back.href);
    const result = await application.acquireTokenByCode({ ...request, code, codeVerifier: verifier, nonce: "n-1" });
    return refreshed(application, result);
  },
  "browser, on a port of its own, refresh": async () => {
    const application = tool();
    const openBrowser = async (address) => {
      const url = new URL(address);
      const form = Object.fromEntries(url.searchParams);
      const answer = { ...form, user: USER, password: PASSWORD, decision: "approve" };
      const back = await post(`${url.origin}${url.pathname}`, answer);
      // The program waits there; in form_post mode the page says how to get there.
      if (back.startsWith("http")) return void (await fetch(back));
      const fields = [...back.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
      await post(/action="([^"]+)"/.exec(back)?.[1] ?? fail(back), fields);
    };
    return refreshed(application, await application.acquireTokenInteractive({ scopes: [ONE], openBrowser }));
  },
};

const options = MICROSOFT ? {} : { authorityHost: `https://${HOST}`, disableInstanceDiscovery: true };
const identity = {
  "client secret": async () => {
    await called((await new ClientSecretCredential(TENANT, SERVICE, SECRET, options).getToken(ALL)).token);
  },
  "client certificate": async () => {
    const { privateKey, pem } = certificate();
    const certificatePath = join(FOLDER, "both.pem");
    writeFileSync(certificatePath, privateKey + pem);
    const credential = new ClientCertificateCredential(TENANT, SERVICE, { certificatePath }, options);
    await called((await credential.getToken(ALL)).token);
  },
  "device code": async () => {
    const userPromptCallback = (said) => approve(said.verificationUri, said.userCode);
    const credential = new DeviceCodeCredential({ ...options, tenantId: TENANT, clientId: TOOL, userPromptCallback });
    const record = await credential.authenticate([ONE]);
    await called((await credential.getToken(ONE)).token);
    return record.username;
  },
  password: async () => {
    const credential = new UsernamePasswordCredential(TENANT, TOOL, USER, PASSWORD, options);
    await called((await credential.getToken(ONE)).token);
  },
};

for (const [library, cases] of Object.entries({ "@azure/msal-node": msal, "@azure/identity": identity })) {
  for (const [title, run] of Object.entries(cases)) {
    try {
      const said = await run();
      console.log(`ok Node ${library}: ${title}${said ? ` (${said})` : ""}`);
    } catch (error) {
      console.error(error);
      console.log(`FAILED Node ${library}: ${title}: ${String(error.message ?? error).replaceAll("\n", " ")}`);
    }
  }
}
