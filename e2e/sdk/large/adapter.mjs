// @microsoft/msgraph-beta-sdk: adapter.mjs HASH-FILE.
//
// The package holds models, a request adapter and a page iterator. The builders for paths are in packages beside it, and
// npm has none for /deviceManagement; so requests are made as those builders make them, from an address and a model.

import { EnvironmentCredential } from "@azure/identity";
import { HttpMethod, RequestInformation } from "@microsoft/kiota-abstractions";
import { AzureIdentityAuthenticationProvider } from "@microsoft/kiota-authentication-azure";
import { GraphBetaRequestAdapter, createGraphBetaServiceClient } from "@microsoft/msgraph-beta-sdk";
import {
  createImportedWindowsAutopilotDeviceIdentityCollectionResponseFromDiscriminatorValue as importedList,
  createImportedWindowsAutopilotDeviceIdentityFromDiscriminatorValue as importedOne,
  createWindowsAutopilotDeviceIdentityCollectionResponseFromDiscriminatorValue as deviceList,
  createWindowsAutopilotDeviceIdentityFromDiscriminatorValue as deviceOne,
  serializeImportedWindowsAutopilotDeviceIdentity as serializeImported,
} from "@microsoft/msgraph-beta-sdk/models/index.js";
import { createODataErrorFromDiscriminatorValue as problem } from "@microsoft/msgraph-beta-sdk/models/oDataErrors/index.js";
import { PageIterator } from "@microsoft/msgraph-sdk-core";
import { holds, pause, run, three } from "./steps.mjs";

const scope = "https://graph.microsoft.com/.default";
const credential = new EnvironmentCredential();
const adapter = new GraphBetaRequestAdapter(new AzureIdentityAuthenticationProvider(credential, [scope]));
createGraphBetaServiceClient(adapter);
const base = "{+baseurl}/deviceManagement";
const imported = `${base}/importedWindowsAutopilotDeviceIdentities`;
const devices = `${base}/windowsAutopilotDeviceIdentities`;
const errors = { XXX: problem };
const records = [];
const registered = [];

function request(method, template, parameters = {}) {
  const made = new RequestInformation(method, template, { baseurl: adapter.baseUrl });
  for (const [name, value] of Object.entries(parameters)) made.pathParameters[name] = value;
  made.headers.tryAdd("Accept", "application/json");
  return made;
}
function posted(template, model, serialize, parameters) {
  const made = request(HttpMethod.POST, template, parameters);
  if (model) made.setContentFromParsable(adapter, "application/json", model, serialize);
  return made;
}
const get = (template, type, parameters) => adapter.send(request(HttpMethod.GET, template, parameters), type, errors);
const remove = (template, id) => adapter.sendNoResponseContent(request(HttpMethod.DELETE, `${template}/{id}`, { id }), errors);
const device = () => get(`${devices}/{id}`, deviceOne, { id: registered[0].id });
const act = (name, model, serialize) =>
  adapter.sendNoResponseContent(posted(`${devices}/{id}/${name}`, model, serialize, { id: registered[0].id }), errors);

/** What the generated code writes for the parameters of an action. */
const texts = (writer, model) => {
  for (const [name, value] of Object.entries(model)) writer.writeStringValue(name, value);
};

await run({
  "sign in": async () => {
    holds((await credential.getToken(scope)).token.split(".").length === 3, "no token");
    return "client secret";
  },
  import: async () => {
    const rows = three().map((row) => ({
      serialNumber: row["Device Serial Number"],
      hardwareIdentifier: row["Hardware Hash"],
      groupTag: row["Group Tag"],
    }));
    records.push(await adapter.send(posted(imported, rows[0], serializeImported), importedOne, errors));
    const many = (writer, model) => writer.writeCollectionOfObjectValues("importedWindowsAutopilotDeviceIdentities", model.rows, serializeImported);
    const answer = await adapter.send(posted(`${imported}/import`, { rows: rows.slice(1) }, many), importedList, errors);
    records.push(...answer.value);
    holds(records.length === 3 && records.every((found) => found.state.deviceImportStatus === "unknown"), records);
    return "1 by POST, 2 by import";
  },
  poll: async () => {
    for (const at of records.keys()) {
      while (records[at].state.deviceImportStatus === "unknown") {
        await pause();
        records[at] = await get(`${imported}/{id}`, importedOne, { id: records[at].id });
      }
    }
    holds(records.every((found) => found.state.deviceImportStatus === "complete"), records);
    return "complete";
  },
  page: async () => {
    const first = await get(`${devices}{?%24top}`, deviceList, { "%24top": 2 });
    holds(first.value.length === 2 && first.odataNextLink, first);
    await new PageIterator(adapter, first, (found) => registered.push(found) > 0, deviceList, errors).iterate();
    const ids = new Set(records.map((found) => found.state.deviceRegistrationId));
    holds(registered.length === 3 && registered.every((found) => ids.has(found.id)), registered);
    return "2 pages, PageIterator";
  },
  update: async () => {
    await act("updateDeviceProperties", { groupTag: "Field Sales" }, texts);
    holds((await device()).groupTag === "Field Sales", "another tag");
    return "group tag";
  },
  assign: async () => {
    await act("assignUserToDevice", { userPrincipalName: "ada@contoso.example", addressableUserName: "Ada" }, texts);
    holds((await device()).userPrincipalName === "ada@contoso.example", "another user");
    await act("unassignUserFromDevice");
    return "and unassigned";
  },
  error: async () => {
    try {
      await get(`${devices}/{id}`, deviceOne, { id: "00000000-0000-4000-8000-00000000dead" });
    } catch (error) {
      holds(error.responseStatusCode === 404 && error.errorEscaped?.code === "ResourceNotFound", error);
      return "404 as ODataError";
    }
    throw new Error("it was found");
  },
  delete: async () => {
    for (const found of registered) await remove(devices, found.id);
    for (const record of records) await remove(imported, record.id);
    const left = [await get(devices, deviceList), await get(imported, importedList)];
    holds(left.every((list) => list.value.length === 0), left);
    return "3 devices, 3 records";
  },
});
