// @azure/msal-node, and the API with fetch: msal_fetch.mjs HASH-FILE.

import { ConfidentialClientApplication } from "@azure/msal-node";
import { holds, pause, run, three } from "./steps.mjs";

const beta = "https://graph.microsoft.com/beta/deviceManagement";
const imported = `${beta}/importedWindowsAutopilotDeviceIdentities`;
const devices = `${beta}/windowsAutopilotDeviceIdentities`;
const records = [];
const registered = [];
let token;

async function call(method, url, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  holds(answer.ok, `${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}
const device = () => `${devices}/${registered[0].id}`;

await run({
  "sign in": async () => {
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: process.env.AZURE_CLIENT_ID,
        clientSecret: process.env.AZURE_CLIENT_SECRET,
        authority: `https://login.microsoftonline.com/${process.env.AZURE_TENANT_ID}`,
      },
    });
    const scopes = ["https://graph.microsoft.com/.default"];
    token = (await application.acquireTokenByClientCredential({ scopes })).accessToken;
    return "client secret";
  },
  import: async () => {
    const rows = three().map((row) => ({
      serialNumber: row["Device Serial Number"],
      hardwareIdentifier: row["Hardware Hash"],
      groupTag: row["Group Tag"],
    }));
    records.push(await call("POST", imported, rows[0]));
    const body = { importedWindowsAutopilotDeviceIdentities: rows.slice(1) };
    records.push(...(await call("POST", `${imported}/import`, body)).value);
    holds(records.length === 3 && records.every((found) => found.state.deviceImportStatus === "unknown"), records);
    return "1 by POST, 2 by import";
  },
  poll: async () => {
    for (const at of records.keys()) {
      while (records[at].state.deviceImportStatus === "unknown") {
        await pause();
        records[at] = await call("GET", `${imported}/${records[at].id}`);
      }
    }
    holds(records.every((found) => found.state.deviceImportStatus === "complete"), records);
    return "complete";
  },
  page: async () => {
    let count = 0;
    for (let url = `${devices}?$top=2`; url; count += 1) {
      const page = await call("GET", url);
      registered.push(...page.value);
      url = page["@odata.nextLink"];
    }
    const ids = new Set(records.map((found) => found.state.deviceRegistrationId));
    holds(registered.length === 3 && registered.every((found) => ids.has(found.id)), registered);
    return `${count} pages`;
  },
  update: async () => {
    await call("POST", `${device()}/updateDeviceProperties`, { groupTag: "Field Sales" });
    holds((await call("GET", device())).groupTag === "Field Sales", "another tag");
    return "group tag";
  },
  assign: async () => {
    const body = { userPrincipalName: "ada@contoso.example", addressableUserName: "Ada" };
    await call("POST", `${device()}/assignUserToDevice`, body);
    holds((await call("GET", device())).userPrincipalName === "ada@contoso.example", "another user");
    await call("POST", `${device()}/unassignUserFromDevice`);
    return "and unassigned";
  },
  error: async () => {
    const url = `${devices}/00000000-0000-4000-8000-00000000dead`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
    const { error } = await answer.json();
    holds(answer.status === 404 && error.code === "ResourceNotFound", error);
    return "404";
  },
  delete: async () => {
    for (const found of registered) await call("DELETE", `${devices}/${found.id}`);
    for (const record of records) await call("DELETE", `${imported}/${record.id}`);
    const left = [await call("GET", devices), await call("GET", imported)];
    holds(left.every((list) => list.value.length === 0), left);
    return "3 devices, 3 records";
  },
});
