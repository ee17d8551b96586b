// @odata/client, with what it needs to understand multipart batches.

import odataClient from "@odata/client";
import { authorization, service } from "../report.js";

// The token is added where requests leave, because the client puts its own headers into every part of a batch. It also
// asks for JSON where it wants multipart.
async function fetchProxy(url, init) {
  const headers = new Headers({ ...init.headers, ...authorization });
  const multipart = /^multipart/.test(headers.get("Content-Type") ?? "");
  if (multipart) headers.set("Accept", "multipart/mixed");
  const response = await fetch(url, { ...init, headers });
  return { response, content: await (multipart ? response.text() : response.json()) };
}

export const client = odataClient.OData.New4({ serviceEndpoint: `${service}/`, fetchProxy, processCsrfToken: false });
