// Node's own clients, and Microsoft's libraries as their documentation shows them.

import https from "node:https";
import { EnvironmentCredential } from "@azure/identity";
import { Client } from "@microsoft/microsoft-graph-client";
import { TokenCredentialAuthenticationProvider } from "@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js";

const metadata = "https://graph.microsoft.com/beta/$metadata";
const scopes = ["https://graph.microsoft.com/.default"];

console.log("fetch", (await fetch(metadata)).status);
const status = await new Promise((resolve, reject) => {
  https.get(metadata, (answer) => resolve(answer.resume().statusCode)).on("error", reject);
});
console.log("https", status);
const authProvider = new TokenCredentialAuthenticationProvider(new EnvironmentCredential(), { scopes });
const graph = Client.initWithMiddleware({ authProvider, defaultVersion: "beta" });
const list = await graph.api("/deviceManagement/windowsAutopilotDeviceIdentities").get();
console.log("microsoft-graph-client", list["@odata.context"], list.value.length);
process.exit(list["@odata.context"].startsWith("https://graph.microsoft.com/beta/") ? 0 : 1);
