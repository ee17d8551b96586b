// Tailmark through generic clients from npm: o.js, with odata-query for its URLs, and @odata/client. The devices of
// examples/devices.csv are imported.

import o from "o.js";
import odataQuery from "odata-query";
import { devices, sorted } from "../devices.js";
import { authorization, query, service } from "../report.js";
import { client } from "./odata-client.mjs";

const buildQuery = odataQuery.default ?? odataQuery;
const registered = "deviceManagement/windowsAutopilotDeviceIdentities";
const imported = "deviceManagement/importedWindowsAutopilotDeviceIdentities";
const serials = (list) => list.map((one) => one.serialNumber);
const expected = sorted(serials(devices));
const classroom = sorted(serials(devices.filter((device) => device.groupTag === "Classroom")));
const first = devices[0].serialNumber;

const oData = () => o.o(`${service}/`, { headers: { "Content-Type": "application/json", ...authorization } });

await query(
  "o.js: list with filter, orderby, select and top",
  async () =>
    serials(
      await oData()
        .get(registered)
        .query({ $filter: "groupTag eq 'Classroom'", $orderby: "serialNumber", $select: "serialNumber", $top: 3 })
    ),
  classroom.slice(0, 3)
);
await query("o.js: $count", async () => Number(await oData().get(`${registered}/$count`).query()), devices.length);
await query(
  "o.js: pages by next link",
  async () => {
    const seen = [];
    let next = `${service}/${registered}?$select=serialNumber&$orderby=serialNumber`;
    while (next) {
      const page = await (
        await o
          .o(next, { headers: { Prefer: "odata.maxpagesize=90", ...authorization } })
          .get()
          .fetch()
      ).json();
      seen.push(...serials(page.value));
      next = page["@odata.nextLink"];
    }
    return seen;
  },
  expected
);
// o.js puts its own headers into every part, and others into the request that carries them.
for (const useRelativeURLs of [false, true]) {
  await query(
    `o.js: $batch, multipart, ${useRelativeURLs ? "relative" : "absolute"} URLs`,
    async () => {
      const batch = {
        endpoint: "$batch",
        boundaryPrefix: "batch_",
        changsetBoundaryPrefix: "changeset_",
        useChangset: false,
      };
      Object.assign(batch, { useRelativeURLs, headers: new Headers(authorization) });
      const parts = await o
        .o(`${service}/`, { batch, headers: authorization })
        .get(`${registered}?$top=2&$orderby=serialNumber`)
        .get(`${registered}/none`)
        .batch();
      return parts.map((part) => [part.status, part.body.length ?? typeof part.body.error.code]);
    },
    [
      [200, 2],
      [404, "string"],
    ]
  );
}

const ask = async (path, options) => {
  const answer = await fetch(`${service}/${path}${buildQuery(options)}`, { headers: authorization });
  if (!answer.ok) throw answer;
  return answer.json();
};
await query(
  "odata-query: filter of many forms, orderby, select, top, count",
  async () => {
    const filter = {
      and: [
        { groupTag: "Classroom" },
        { or: [{ serialNumber: { contains: "0" } }, { "tolower(serialNumber)": { startswith: "b" } }] },
        { not: { serialNumber: first } },
      ],
    };
    const page = await ask(registered, {
      filter,
      orderBy: ["serialNumber desc"],
      select: ["serialNumber"],
      top: 2,
      count: true,
    });
    return [page["@odata.count"], serials(page.value)];
  },
  (() => {
    const found = classroom.filter((serial) => (serial.includes("0") || /^b/i.test(serial)) && serial !== first);
    return [found.length, [...found].reverse().slice(0, 2)];
  })()
);
await query(
  "odata-query: filter on state/deviceImportStatus",
  async () =>
    (
      await ask(imported, { filter: { serialNumber: first, state: { deviceImportStatus: "complete" } } })
    ).value.map((one) => one.state.deviceErrorName),
  ["None"]
);
await query(
  "odata-query: in",
  async () =>
    sorted(serials((await ask(registered, { filter: { serialNumber: { in: expected.slice(0, 3) } } })).value)),
  expected.slice(0, 3)
);

const set = client.getEntitySet(registered);
await query(
  "@odata/client: list with filter, orderby, select, top",
  async () =>
    serials(
      await set.query(
        client
          .newOptions()
          .filter(client.newFilter().property("groupTag").eqString("Classroom"))
          .orderby("serialNumber", "asc")
          .select(["serialNumber"])
          .top(3)
      )
    ),
  classroom.slice(0, 3)
);
await query(
  "@odata/client: count",
  async () => set.count(client.newFilter().property("groupTag").eqString("Classroom")),
  classroom.length
);
await query(
  "@odata/client: get by key",
  async () => {
    const [one] = await set.find({ serialNumber: first });
    return (await set.retrieve(one.id)).serialNumber;
  },
  first
);
for (const form of ["multipart", "JSON"]) {
  await query(
    `@odata/client: $batch, ${form}`,
    async () => {
      const requests = [
        client.newBatchRequest({
          collection: registered,
          params: client.newOptions().top(2).orderby("serialNumber", "asc"),
        }),
        client.newBatchRequest({ collection: imported, params: client.newOptions().top(1) }),
      ];
      const parts = await (form === "JSON"
        ? client.execBatchRequestsJson(requests)
        : client.execBatchRequests(requests));
      const [list, other] = await Promise.all(parts.map((part) => part.json()));
      return [parts.map((part) => part.status), serials(list.value), other.value.length];
    },
    [[200, 200], expected.slice(0, 2), 1]
  );
}
