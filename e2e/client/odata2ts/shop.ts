// The example's shop through the client that odata2ts generates from its $metadata.

import { FetchClient } from "@odata2ts/http-client-fetch";
import { ExampleShopService } from "./generated/ExampleShopService";
import { Color, OrderStatus, Product } from "./generated/ExampleShopModel";
import { authorization, query, service } from "../report";

const client = new FetchClient({ headers: authorization });
const shop = new ExampleShopService(client, service);

const numbered = (answer: { data: { value: Array<{ ID?: number }> } }) => answer.data.value.map((one) => one.ID);

async function main() {
  await query(
    "list with filter, orderby, select, top and count",
    async () => {
      const { data } = await shop
        .Products()
        .query<Pick<Product, "ID" | "Name">>((builder, product) =>
          builder
            .filter(product.Price.gt(5), product.CategoryID.ne(5))
            .orderBy(product.Price.desc())
            .select("ID", "Name")
            .top(2)
            .count()
        );
      return [data["@odata.count"], data.value.map((one) => [one.ID, one.Name]), "Price" in data.value[0]];
    },
    [
      4,
      [
        [3, "Phone X 📱"],
        [2, 'Headphones "Quiet"'],
      ],
      false,
    ]
  );
  await query(
    "skip",
    async () => numbered(await shop.Products().query((builder, product) => builder.orderBy(product.ID.asc()).skip(6))),
    [6, 2147483647]
  );
  await query(
    "filter with functions, or and not",
    async () =>
      numbered(
        await shop
          .Products()
          .query((builder, product) =>
            builder
              .filter(
                product.Name.toLower().startsWith("phone").or(product.Name.contains("&")),
                product.Sku.endsWith("X").not()
              )
              .orderBy(product.ID.asc())
          )
      ),
    [4, 6]
  );
  await query(
    "filter on a text with quote and umlaut",
    async () => {
      // odata2ts does not double quotes (also below): that is its caller's.
      const { data } = await shop
        .Suppliers()
        .query((builder, supplier) =>
          builder
            .filter(supplier.Name.eq("O''Brien Ltd").or(supplier.Name.eq("Müller & Söhne")))
            .orderBy(supplier.Name.asc())
        );
      return data.value.map((one) => one.Name);
    },
    ["Müller & Söhne", "O'Brien Ltd"]
  );
  await query(
    "filter on null and on an enumeration",
    async () =>
      numbered(
        await shop
          .Products()
          .query((builder, product) =>
            builder.filter(product.Color.eq(Color.Green).or(product.Color.eq(null))).orderBy(product.ID.asc())
          )
      ),
    [3, 4, 5, 6, 2147483647]
  );
  await query(
    "filter on date and time",
    async () =>
      numbered(
        await shop
          .Products()
          .query((builder, product) =>
            builder
              .filter(product.Released.ge("2019-02-28"), product.Changed.lt("2024-06-30T00:00:00Z"))
              .orderBy(product.ID.asc())
          )
      ),
    [1, 3]
  );
  await query(
    "filter on a path of complex types and one of navigation",
    async () =>
      numbered(
        await shop
          .Products()
          .query((builder, product) =>
            builder.filter(
              product.Supplier.props.Address.props.Country.props.Code.eq("DE"),
              product.Category.props.Name.eq("Electronics")
            )
          )
      ),
    [1]
  );
  await query(
    "any over entities",
    async () =>
      numbered(
        await shop
          .Products()
          .query((builder, product) => builder.filter(product.Reviews.any((review) => review.Stars.ge(5))))
      ),
    [1]
  );
  await query(
    "any and all over values",
    async () =>
      numbered(
        await shop.Products().query((builder, product) =>
          builder.filter(
            product.Tags.any((tag) => tag.it.eq("O''Phone")),
            product.Palette.any(),
            product.Tags.all((tag) => tag.it.ne("old"))
          )
        )
      ),
    [3]
  );
  await query(
    "any in any",
    async () => {
      const { data } = await shop
        .Customers()
        .query((builder, customer) =>
          builder.filter(
            customer.Orders.any((order) => order.Lines.any((line) => line.Quantity.lt(0), "line"), "order")
          )
        );
      return data.value.map((one) => one.Login);
    },
    ["o'neil"]
  );
  await query("search", async () => numbered(await shop.Products().query((builder) => builder.search("Plans"))), [6]);
  await query(
    "groupby",
    async () => (await shop.Orders().query((builder) => builder.groupBy("CustomerLogin"))).data.value.length,
    3
  );
  await query("get by key", async () => (await shop.Products(5).query()).data.Name, "L'Étranger");
  await query(
    "get by key with select and expand",
    async () => {
      const { data } = await shop.Products(1).query((builder) => builder.select("Name").expand("Category", "Reviews"));
      return [data.Name, data.Category?.Name, data.Reviews?.length];
    },
    ["Cable 1.5m", "Electronics", 2]
  );
  await query(
    "get by a key with slash",
    async () => (await shop.Customers("grace/hopper").query()).data.Born,
    "1906-12-09"
  );
  await query(
    "get by a key with quote",
    async () => (await shop.Customers("o''neil").query()).data.Name,
    "Shaun O'Neil"
  );
  await query("get by a key in Japanese", async () => (await shop.Customers("名前").query()).data.Credit, 42);
  await query(
    "get by a GUID",
    async () => (await shop.Suppliers("6f1e2d3c-0000-4000-8000-00000000000a").query()).data.Address?.City,
    "Köln"
  );
  await query(
    "get by a key of two parts",
    async () => (await shop.Stocks({ Warehouse: "b/2", ProductID: 5 }).query()).data.Quantity,
    -1
  );
  await query(
    "expand with options, in two levels",
    async () => {
      const { data } = await shop.Categories().query((builder, category) =>
        builder
          .filter(category.ParentID.eq(null))
          .orderBy(category.ID.asc())
          .select("Name")
          .expanding("Children", (children) =>
            children
              .select("Name")
              .expanding("Products", (products, product) =>
                products.select("ID").filter(product.Price.gt(0)).orderBy(product.ID.desc()).top(1)
              )
          )
      );
      return data.value.map((root) => [
        root.Name,
        root.Children?.map((child) => [child.Name, child.Products?.map((one) => one.ID)]),
      ]);
    },
    [
      ["Electronics", [["Phones", [3]]]],
      ["Books & Maps", [["Fiction", [5]]]],
      ["100% Cotton_Wear", []],
    ]
  );
  await query("navigation to one", async () => (await shop.Products(3).Category().query()).data.Name, "Phones");
  await query(
    "navigation to many",
    async () =>
      numbered(
        await shop
          .Products(1)
          .Related()
          .query((builder, product) => builder.orderBy(product.ID.asc()))
      ),
    [2, 3]
  );
  await query(
    "contained entity by its key",
    async () => (await shop.Products(1).Reviews(1).query()).data.Text,
    "It's fine"
  );
  await query(
    "contained in contained",
    async () => (await shop.Orders(1).Lines(2).Discounts().query()).data.value.map((one) => one.Code),
    ["SPRING", "VIP's"]
  );
  await query("complex property", async () => (await shop.Products(1).Size().query()).data.Height, 1.5);
  await query("collection of values", async () => (await shop.Products(3).Tags().query()).data.value, [
    "new",
    "5g",
    "O'Phone",
  ]);
  await query("singleton", async () => (await shop.Store().query()).data.Opens, "09:00:00");
  await query(
    "navigation from a singleton",
    async () =>
      numbered(
        await shop
          .Store()
          .Featured()
          .query((builder, product) => builder.orderBy(product.ID.asc()))
      ),
    [3, 5]
  );
  await query(
    "enumeration in an answer",
    async () => (await shop.Orders(1).query((builder) => builder.select("Status"))).data.Status === OrderStatus.Shipped,
    true
  );
  await query(
    "$count as a resource",
    async () => (await client.get<number>(`${shop.Products().getPath()}/$count`)).data,
    8
  );
  await query(
    "pages by next link",
    async () => {
      const seen: number[] = [];
      let next: string | undefined = `${shop.Products().getPath()}?$select=ID&$orderby=ID`;
      let pages = 0;
      while (next) {
        const { data }: { data: any } = await client.get<any>(next, { headers: { Prefer: "odata.maxpagesize=3" } });
        seen.push(...data.value.map((one: Product) => one.ID));
        next = data["@odata.nextLink"];
        pages += 1;
      }
      return [pages, seen];
    },
    [3, [-7, 1, 2, 3, 4, 5, 6, 2147483647]]
  );
  await query(
    "what is not there is 404",
    async () =>
      shop
        .Products(999)
        .query()
        .catch((error) => error.status),
    404
  );
  await query(
    "what is wrong is 400, with a message that the client finds",
    async () =>
      shop
        .Products()
        .query((builder) => builder.top(-1))
        .catch((error) => [error.status, /No error message/.test(error.message)]),
    [400, false]
  );
}

void main();
