// The example's shop through generic clients from npm: o.js, with odata-query for its URLs, and @odata/client.

import o from "o.js";
import odataQuery from "odata-query";
import { authorization, query, service } from "../report.js";
import { client } from "./odata-client.mjs";

const buildQuery = odataQuery.default ?? odataQuery;
const numbered = (list) => list.map((one) => one.ID);

const oData = (config = {}) =>
  o.o(`${service}/`, { ...config, headers: { "Content-Type": "application/json", ...authorization } });

await query(
  "o.js: list with filter, orderby, select and top",
  async () =>
    numbered(
      await oData()
        .get("Products")
        .query({ $filter: "Price gt 5 and Color ne null", $orderby: "Price desc", $select: "ID", $top: 2 })
    ),
  [-7, 2]
);
await query("o.js: get by key", async () => (await oData().get("Products(5)").query()).Name, "L'Étranger");
await query("o.js: $count", async () => Number(await oData().get("Products/$count").query()), 8);
await query(
  "o.js: count and first page",
  async () => {
    const answer = await oData().get("Products").fetch({ $count: true, $top: 1, $orderby: "ID" });
    const page = await answer.json();
    return [page["@odata.count"], numbered(page.value)];
  },
  [8, [-7]]
);
await query(
  "o.js: pages by next link",
  async () => {
    const seen = [];
    let next = `${service}/Orders?$select=CustomerLogin&$orderby=Placed`;
    while (next) {
      const answer = await o
        .o(next, { headers: { Prefer: "odata.maxpagesize=3", ...authorization } })
        .get()
        .fetch();
      const page = await answer.json();
      seen.push(page.value.length);
      next = page["@odata.nextLink"];
    }
    return seen;
  },
  [3, 1]
);
await query(
  "o.js: $batch, multipart, absolute URLs",
  async () => {
    const parts = await oData().get("Products(1)").get("Categories?$top=2&$orderby=ID").get("Products(999)").batch();
    return parts.map((part) => [part.status, part.body.Name ?? part.body.length ?? part.body.error.code]);
  },
  [
    [200, "Cable 1.5m"],
    [200, 2],
    [404, "404"],
  ]
);
await query(
  "o.js: $batch, multipart, relative URLs",
  async () => {
    const parts = await oData({
      batch: {
        useRelativeURLs: true,
        headers: new Headers({ "Content-Type": "multipart/mixed", ...authorization }),
        endpoint: "$batch",
        boundaryPrefix: "batch_",
        changsetBoundaryPrefix: "changeset_",
        useChangset: false,
      },
    })
      .get("Products(1)")
      .get("Orders(2)")
      .batch();
    return parts.map((part) => [part.status, part.body.Name ?? part.body.Status]);
  },
  [
    [200, "Cable 1.5m"],
    [200, "Open"],
  ]
);

const ask = async (path, options) => {
  const answer = await fetch(`${service}/${path}${buildQuery(options)}`, { headers: authorization });
  if (!answer.ok) throw answer;
  return answer.json();
};
await query(
  "odata-query: filter of many forms, orderby, select, top, count",
  async () => {
    const page = await ask("Products", {
      filter: {
        and: [
          { Price: { ge: 4.99, lt: 1000 } },
          { or: [{ Name: { contains: "one" } }, { "tolower(Sku)": { startswith: "book" } }] },
          { not: { Sku: "BOOK-101" } },
        ],
      },
      orderBy: ["Price desc"],
      select: ["ID"],
      top: 2,
      count: true,
    });
    return [page["@odata.count"], numbered(page.value)];
  },
  [3, [3, 2]]
);
await query(
  "odata-query: text with a quote, null, in",
  async () =>
    (
      await ask("Customers", {
        filter: { or: [{ Login: "o'neil" }, { Name: null }, { Login: { in: ["ada", "名前"] } }] },
      })
    ).value.length,
  4
);
await query(
  "odata-query: GUID, date and enumeration by type",
  async () => [
    (
      await ask("Suppliers", { filter: { ID: { type: "guid", value: "6f1e2d3c-0000-4000-8000-00000000000b" } } })
    ).value.map((one) => one.Name),
    numbered((await ask("Products", { filter: { Changed: { lt: new Date("2020-06-01T00:00:00Z") } } })).value),
    numbered((await ask("Products", { filter: { Color: { type: "raw", value: "Example.Shop.Color'Black'" } } })).value),
  ],
  [["O'Brien Ltd"], [4], [1]]
);
await query(
  "odata-query: any and all",
  async () =>
    numbered(
      (
        await ask("Products", { filter: { Reviews: { any: { Stars: 5 } }, Related: { all: { Price: { gt: 100 } } } } })
      ).value
    ),
  [1]
);
await query(
  "odata-query: expand with options, in two levels",
  async () => {
    const page = await ask("Orders", {
      key: 1,
      select: ["ID"],
      expand: { Lines: { filter: { Quantity: 1 }, select: ["Line"], expand: { Product: { select: ["Name"] } } } },
    });
    return page.Lines.map((line) => [line.Line, line.Product.Name]);
  },
  [[2, "Phone X 📱"]]
);
await query(
  "odata-query: apply",
  async () =>
    (
      await ask("Products", {
        transform: [
          { filter: { Price: { gt: 0 } } },
          {
            groupBy: { properties: ["CategoryID"], transform: [{ aggregate: { Price: { with: "max", as: "Most" } } }] },
          },
        ],
      })
    ).value.length,
  6
);

const products = client.getEntitySet("Products");
await query(
  "@odata/client: list with filter, orderby, select, top",
  async () => {
    const filter = client.newFilter().property("Price").gt(5).property("ID").gt(0);
    return numbered(
      await products.query(client.newOptions().filter(filter).orderby("Price", "desc").select(["ID"]).top(2))
    );
  },
  [3, 2]
);
await query("@odata/client: get by key", async () => (await products.retrieve(5)).Name, "L'Étranger");
await query(
  "@odata/client: get by a key with quote",
  // It does not double quotes: that is its caller's.
  async () => (await client.getEntitySet("Customers").retrieve("o''neil")).Name,
  "Shaun O'Neil"
);
await query("@odata/client: count", async () => products.count(client.newFilter().property("Price").gt(5)), 5);
await query(
  "@odata/client: expand and search",
  async () =>
    (
      await products.query(client.newOptions().search("Plans", false).expand("Category"))
    ).map((one) => one.Category.Name),
  ["Books & Maps"]
);
await query(
  "@odata/client: $batch, multipart",
  async () => {
    const parts = await client.execBatchRequests([
      client.newBatchRequest({ collection: "Products", id: 1, method: "GET" }),
      client.newBatchRequest({ collection: "Products", params: client.newOptions().top(2).orderby("ID", "asc") }),
    ]);
    const [one, list] = await Promise.all(parts.map((part) => part.json()));
    return [parts.map((part) => part.status), one.Name, numbered(list.value)];
  },
  [[200, 200], "Cable 1.5m", [-7, 1]]
);
await query(
  "@odata/client: $batch, JSON",
  async () => {
    const parts = await client.execBatchRequestsJson([
      client.newBatchRequest({ collection: "Products", id: 1, method: "GET" }),
      client.newBatchRequest({ collection: "Products", params: client.newOptions().top(2).orderby("ID", "asc") }),
    ]);
    const [one, list] = await Promise.all(parts.map((part) => part.json()));
    return [parts.map((part) => part.status), one.Name, numbered(list.value)];
  },
  [[200, 200], "Cable 1.5m", [-7, 1]]
);
