// Tailmark through the client that odata2ts generates from the $metadata of beta. The devices of
// examples/devices.csv are imported.

import { FetchClient } from "@odata2ts/http-client-fetch";
import { MicrosoftGraphService } from "./generated/MicrosoftGraphService";
import { enrollmentState, importedWindowsAutopilotDeviceIdentityImportStatus } from "./generated/MicrosoftGraphModel";
import { devices, sorted } from "../devices";
import { authorization, query, service } from "../report";

const client = new FetchClient({ headers: authorization });
const management = new MicrosoftGraphService(client, service).deviceManagement();
const registered = () => management.windowsAutopilotDeviceIdentities();
const imported = () => management.importedWindowsAutopilotDeviceIdentities();

const serials = sorted(devices.map((device) => device.serialNumber));
const tagged = devices.filter((device) => device.groupTag === "Shared Reception").map((device) => device.serialNumber);
const { serialNumber: first, groupTag: itsTag } = devices[0];

async function main() {
  await query(
    "list with filter, orderby, select, top and count",
    async () => {
      const { data } = await registered().query((builder, device) =>
        builder
          .filter(device.groupTag.eq("Shared Reception"))
          .orderBy(device.serialNumber.desc())
          .select("serialNumber")
          .top(3)
          .count()
      );
      return [data["@odata.count"], data.value.map((one) => one.serialNumber), "model" in data.value[0]];
    },
    [tagged.length, sorted(tagged).reverse().slice(0, 3), false]
  );
  await query(
    "filter on serialNumber",
    async () =>
      (
        await registered().query((builder, device) => builder.filter(device.serialNumber.eq(first)))
      ).data.value.map((one) => one.groupTag),
    [itsTag]
  );
  await query(
    "filter with contains, startswith, or, not",
    async () => {
      const { data } = await registered().query((builder, device) =>
        builder
          .filter(
            device.serialNumber.startsWith("BM").or(device.serialNumber.contains("0009")),
            device.groupTag.eq("Classroom").not()
          )
          .orderBy(device.serialNumber.asc())
      );
      return data.value.map((one) => one.serialNumber);
    },
    sorted(
      devices
        .filter(
          (one) =>
            (one.serialNumber.startsWith("BM") || one.serialNumber.includes("0009")) && one.groupTag !== "Classroom"
        )
        .map((one) => one.serialNumber)
    )
  );
  await query(
    "filter on an enumeration",
    async () => {
      const { data } = await registered().query((builder, device) =>
        builder.filter(device.enrollmentState.eq(enrollmentState.notContacted)).top(1).count()
      );
      return [data["@odata.count"], data.value[0].enrollmentState];
    },
    [devices.length, "notContacted"]
  );
  await query(
    "filter on state/deviceImportStatus",
    async () => {
      const { complete } = importedWindowsAutopilotDeviceIdentityImportStatus;
      const { data } = await imported().query((builder, device) =>
        builder
          .filter(device.serialNumber.eq(first), device.state.props.deviceImportStatus.eq(complete))
          .select("serialNumber", "state")
          .count()
      );
      return [data["@odata.count"], data.value.map((one) => one.state?.deviceErrorName)];
    },
    [1, ["None"]]
  );
  await query(
    "filter on state/deviceErrorCode",
    async () =>
      (
        await imported().query((builder, device) => builder.filter(device.state.props.deviceErrorCode.ne(0)).count())
      ).data["@odata.count"],
    0
  );
  await query(
    "get by key, with select",
    async () => {
      const { data } = await registered().query((builder, device) =>
        builder.filter(device.serialNumber.eq(first)).select("id")
      );
      const device = management.windowsAutopilotDeviceIdentities(data.value[0].id!);
      return (await device.query((builder) => builder.select("serialNumber"))).data.serialNumber;
    },
    first
  );
  await query(
    "pages by next link",
    async () => {
      const seen: string[] = [];
      let next: string | undefined = `${registered().getPath()}?$select=serialNumber&$orderby=serialNumber`;
      let pages = 0;
      while (next && pages < 10) {
        const { data }: { data: any } = await client.get<any>(next, { headers: { Prefer: "odata.maxpagesize=100" } });
        seen.push(...data.value.map((one: { serialNumber: string }) => one.serialNumber));
        next = data["@odata.nextLink"];
        pages += 1;
      }
      return [pages, seen];
    },
    [3, serials]
  );
  await query(
    "$count as a resource",
    async () => (await client.get<number>(`${registered().getPath()}/$count`)).data,
    devices.length
  );
  await query(
    "uploads, with their devices expanded",
    async () => {
      const { data } = await management
        .importedWindowsAutopilotDeviceIdentityUploads()
        .query((builder) =>
          builder
            .top(1)
            .expanding("deviceIdentities", (expanded, device) =>
              expanded.select("serialNumber").filter(device.serialNumber.eq(first))
            )
        );
      return data.value.map((one) => [one.status, one.deviceIdentities?.map((device) => device.serialNumber)]);
    },
    [["complete", [first]]]
  );
  await query(
    "any over the devices of uploads",
    async () => {
      const { data } = await management
        .importedWindowsAutopilotDeviceIdentityUploads()
        .query((builder, upload) =>
          builder.filter(upload.deviceIdentities.any((device) => device.serialNumber.eq(first))).count()
        );
      return data["@odata.count"];
    },
    1
  );
  await query(
    "devices of an upload",
    async () => {
      const { data } = await management.importedWindowsAutopilotDeviceIdentityUploads().query();
      const upload = management.importedWindowsAutopilotDeviceIdentityUploads(data.value[0].id);
      return (await upload.deviceIdentities().query((builder) => builder.count().top(1))).data["@odata.count"];
    },
    devices.length
  );
  await query(
    "function autopilotDeviceStream",
    async () => {
      const { data } = await management.importedWindowsAutopilotDeviceIdentityUploads().query();
      const upload = management.importedWindowsAutopilotDeviceIdentityUploads(data.value[0].id);
      return typeof (await upload.autopilotDeviceStream()).data.value;
    },
    "string"
  );
  await query(
    "action updateDeviceProperties",
    async () => {
      const { data } = await registered().query((builder, device) =>
        builder.filter(device.serialNumber.eq(first)).select("id")
      );
      const device = management.windowsAutopilotDeviceIdentities(data.value[0].id!);
      await device.updateDeviceProperties({ groupTag: itsTag, displayName: "Reception 1" } as any);
      return (await device.query()).data.displayName;
    },
    "Reception 1"
  );
  await query(
    "what is not there is 404",
    async () =>
      management
        .windowsAutopilotDeviceIdentities("8d639524-9524-8d63-2495-638d2495638d")
        .query()
        .catch((error) => error.status),
    404
  );
  await query(
    "what is wrong is 400, with a message that the client finds",
    async () =>
      registered()
        .query((builder) => builder.top(-1))
        .catch((error) => [error.status, /No error message/.test(error.message)]),
    [400, false]
  );
  await query(
    "without a token it is 401",
    async () => {
      const stranger = new MicrosoftGraphService(new FetchClient(), service).deviceManagement();
      return stranger
        .windowsAutopilotDeviceIdentities()
        .query()
        .catch((error) => error.status);
    },
    401
  );
}

void main();
