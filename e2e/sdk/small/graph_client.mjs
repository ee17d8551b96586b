// @microsoft/microsoft-graph-client with @azure/identity: graph_client.mjs HASH-FILE.

import { EnvironmentCredential } from "@azure/identity";
import { Client, GraphError, PageIterator } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";
import { holds, pause, run, three } from "./steps.mjs";

const imported = "/deviceManagement/importedWindowsAutopilotDeviceIdentities";
const devices = "/deviceManagement/windowsAutopilotDeviceIdentities";
const scopes = ["https://graph.microsoft.com/.default"];
const credential = new EnvironmentCredential();
const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes });
const graph = Client.initWithMiddleware({ authProvider, defaultVersion: "beta" });
const records = [];
const registered = [];
const device = () => `${devices}/${registered[0].id}`;

await run({
  "sign in": async () => {
    const { token } = await credential.getToken(scopes[0]);
    holds(token.split(".").length === 3, "no token");
    return "client secret";
  },
  import: async () => {
    const rows = three().map((row) => ({
      serialNumber: row["Device Serial Number"],
      hardwareIdentifier: row["Hardware Hash"],
      groupTag: row["Group Tag"],
    }));
    records.push(await graph.api(imported).post(rows[0]));
    const body = { importedWindowsAutopilotDeviceIdentities: rows.slice(1) };
    records.push(...(await graph.api(`${imported}/import`).post(body)).value);
    holds(records.length === 3 && records.every((found) => found.state.deviceImportStatus === "unknown"), records);
    return "1 by POST, 2 by import";
  },
  poll: async () => {
    for (const at of records.keys()) {
      while (records[at].state.deviceImportStatus === "unknown") {
        await pause();
        records[at] = await graph.api(`${imported}/${records[at].id}`).select("id,state").get();
      }
    }
    holds(records.every((found) => found.state.deviceImportStatus === "complete"), records);
    return "complete";
  },
  page: async () => {
    const first = await graph.api(devices).top(2).get();
    holds(first.value.length === 2 && first["@odata.nextLink"], first);
    const keep = (found) => registered.push(found) > 0;
    await new PageIterator(graph, first, keep).iterate();
    const ids = new Set(records.map((found) => found.state.deviceRegistrationId));
    holds(registered.length === 3 && registered.every((found) => ids.has(found.id)), registered);
    return "2 pages, PageIterator";
  },
  update: async () => {
    await graph.api(`${device()}/updateDeviceProperties`).post({ groupTag: "Field Sales" });
    holds((await graph.api(device()).get()).groupTag === "Field Sales", "another tag");
    return "group tag";
  },
  assign: async () => {
    const body = { userPrincipalName: "ada@contoso.example", addressableUserName: "Ada" };
    await graph.api(`${device()}/assignUserToDevice`).post(body);
    holds((await graph.api(device()).get()).userPrincipalName === "ada@contoso.example", "another user");
    await graph.api(`${device()}/unassignUserFromDevice`).post({});
    return "and unassigned";
  },
  error: async () => {
    try {
      await graph.api(`${devices}/00000000-0000-4000-8000-00000000dead`).get();
    } catch (error) {
      holds(error instanceof GraphError && error.statusCode === 404 && error.code === "ResourceNotFound", error);
      return "404 as GraphError";
    }
    throw new Error("it was found");
  },
  delete: async () => {
    for (const found of registered) await graph.api(`${devices}/${found.id}`).delete();
    for (const record of records) await graph.api(`${imported}/${record.id}`).delete();
    const left = [await graph.api(devices).get(), await graph.api(imported).get()];
    holds(left.every((list) => list.value.length === 0), left);
    return "3 devices, 3 records";
  },
});
