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
  profile: async () => {
    const profiles = "/deviceManagement/windowsAutopilotDeploymentProfiles";
    const type = "#microsoft.graph.azureADWindowsAutopilotDeploymentProfile";
    const made = await graph.api(profiles).post({ "@odata.type": type, displayName: "Shop floor", locale: "os-default" });
    const target = { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" };
    const assignment = await graph.api(`${profiles}/${made.id}/assignments`).post({ target });
    const look = () => graph.api(device()).expand("deploymentProfile,intendedDeploymentProfile").get();
    let found = await look();
    for (; !found.deploymentProfileAssignmentStatus.startsWith("assigned"); found = await look()) await pause();
    holds(found.deploymentProfile.id === made.id && found.deploymentProfile["@odata.type"] === type, found);
    await graph.api(`${profiles}/${made.id}/assignments/${assignment.id}`).delete();
    await graph.api(`${profiles}/${made.id}`).delete();
    return found.deploymentProfileAssignmentStatus;
  },
  synchronise: async () => {
    await graph.api("/deviceManagement/windowsAutopilotSettings/sync").post();
    const look = () => graph.api("/deviceManagement/windowsAutopilotSettings").get();
    let found = await look();
    for (; found.syncStatus === "inProgress"; found = await look()) await pause();
    holds(found.syncStatus === "completed", found);
    return found.syncStatus;
  },
  identifiers: async () => {
    const all = "/deviceManagement/importedDeviceIdentities";
    const importedDeviceIdentities = ["CI-0", "CI-1"].map((serial) => ({
      importedDeviceIdentityType: "manufacturerModelSerial",
      importedDeviceIdentifier: `Contoso,Slate 7,${serial}`,
    }));
    const body = { importedDeviceIdentities, overwriteImportedDeviceIdentities: false };
    const made = (await graph.api(`${all}/importDeviceIdentityList`).post(body)).value;
    holds(made.length === 2 && made.every((found) => found.status === true), made);
    for (const { id } of made) await graph.api(`${all}/${id}`).delete();
    return "2 taken, deleted";
  },
  batch: async () => {
    const requests = [
      { id: "1", method: "GET", url: `${devices}?$top=1` },
      { id: "2", method: "POST", url: `${device()}/updateDeviceProperties`, headers: { "Content-Type": "application/json" }, body: { groupTag: "Till" } },
      { id: "3", method: "GET", url: `${devices}/00000000-0000-4000-8000-00000000dead` },
    ];
    const { responses } = await graph.api("/$batch").post({ requests });
    const answered = new Map(responses.map((response) => [response.id, response]));
    holds(answered.get("1").status === 200 && answered.get("1").body.value.length === 1, responses);
    holds(answered.get("2").status === 204 && answered.get("3").status === 404, responses);
    return "200, 204 and 404";
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
