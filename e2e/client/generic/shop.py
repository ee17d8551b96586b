"""The example's shop through generic clients from PyPI: odatapy and python-odata; both read its $metadata."""

import datetime
import decimal

from odata import ODataService
from odatapy.client import EdmEnabledODataClient, Field, HttpxTransport, ODataClientError, OrderBy, and_, not_
from odatapy.client.filters import contains, startswith, tolower

from report import AUTHORIZATION, SERVICE, query


def odatapy(say):
    client = EdmEnabledODataClient(SERVICE, HttpxTransport(), headers=AUTHORIZATION)
    products = lambda: client.entity_set_uri("Products")
    values = lambda entities, name: [entity.get_value(name) for entity in entities]

    def listed():
        uri = products().filter(and_(Field("Price").gt(decimal.Decimal("5")), Field("CategoryID").ne(5)))
        page = client.get_entity_set(uri.orderby(OrderBy(Field("Price").desc())).select("ID", "Price").top(2).count())
        return page.count, values(page.entities, "ID"), values(page.entities, "Price")

    say(
        "list with filter, orderby, select, top and count",
        listed,
        (4, [3, 2], [decimal.Decimal("899.90"), decimal.Decimal("199")]),
    )
    say(
        "filter with functions and not",
        lambda: values(
            client.get_entity_set(
                products().filter(and_(startswith(tolower(Field("Name")), "phone"), not_(contains(Field("Sku"), "X"))))
            ).entities,
            "ID",
        ),
        [4],
    )
    say(
        "any",
        lambda: values(
            client.get_entity_set(products().filter(Field("Reviews").any("r", Field("r/Stars").ge(5)))).entities, "ID"
        ),
        [1],
    )
    say(
        "all",
        lambda: values(
            client.get_entity_set(
                client.entity_set_uri("Customers").filter(
                    and_(Field("Orders").any(), Field("Orders").all("o", Field("o/ID").gt(0)))
                )
            ).entities,
            "Login",
        ),
        ["ada", "o'neil"],
    )
    say("search", lambda: values(client.get_entity_set(products().search("Plans")).entities, "ID"), [6])
    say("get by key", lambda: client.get_entity(client.entity_uri("Products", 5)).get_value("Name"), "L'Étranger")
    say(
        "get by keys with quote, slash and Japanese",
        lambda: [
            client.get_entity(client.entity_uri("Customers", key)).get_value("Credit")
            for key in ("o'neil", "grace/hopper", "名前")
        ],
        [-9223372036854775808, 0, 42],
    )
    say(
        "key as a segment",
        lambda: client.get_entity(
            client.uri().append_entity_set_segment("Products").append_key_segment(5, key_as_segment=True)
        ).get_value("ID"),
        5,
    )
    say(
        "get by a key of two parts",
        lambda: client.get_entity(client.entity_uri("Stocks", {"Warehouse": "B'1", "ProductID": 1})).get_value(
            "Quantity"
        ),
        9007199254740993,
    )
    say(
        "dates are dates",
        lambda: client.get_entity(client.entity_uri("Products", 1)).get_value("Released"),
        datetime.date(2019, 2, 28),
    )
    say(
        "property",
        lambda: client.get_property(client.entity_uri("Products", 1).append_property_segment("Name")).value,
        "Cable 1.5m",
    )
    say(
        "$value",
        lambda: client.get_value(
            client.entity_uri("Products", 1).append_property_segment("Name").append_value_segment()
        ).text(),
        "Cable 1.5m",
    )
    say("$count", lambda: client.get_count(products().append_count_segment()), 8)
    say(
        "$count with filter",
        lambda: client.get_count(products().append_count_segment().filter(Field("Price").gt(decimal.Decimal("5")))),
        5,
    )
    say(
        "$ref",
        lambda: len(
            client.get_references(
                client.entity_uri("Products", 1).append_navigation_segment("Related").append_ref_segment()
            )
        ),
        2,
    )
    say(
        "service document",
        lambda: sorted(client.get_service_document().entity_sets),
        ["Categories", "Customers", "Orders", "Products", "Stocks", "Suppliers"],
    )

    def expanded():
        uri = client.entity_uri("Categories", 1).expand_with_options("Children", select=["Name"], expand=["Products"])
        children = client.get_entity(uri).get_navigation_link("Children").inline_entity_set.entities
        return [
            (child.get_value("Name"), len(child.get_navigation_link("Products").inline_entity_set.entities))
            for child in children
        ]

    say("expand with options, in two levels", expanded, [("Phones", 2)])
    say(
        "derived type",
        lambda: values(
            client.get_entity_set(
                products().append_derived_entity_type_segment("Example.Shop.Book").orderby("ID")
            ).entities,
            "Isbn",
        ),
        ["978-2-07-036002-4", None],
    )
    say("singleton", lambda: client.get_entity(client.singleton_uri("Store")).get_value("Opens"), datetime.time(9))
    say(
        "pages by next link",
        lambda: [
            values(page.entities, "ID")
            for page in client.iter_pages(products().select("ID").orderby("ID"), max_page_size=3)
        ],
        [[-7, 1, 2], [3, 4, 5], [6, 2147483647]],
    )
    for metadata in "none", "minimal", "full":
        say(
            f"metadata={metadata}",
            lambda: client.get_entity(client.entity_uri("Products", 3), metadata=metadata).get_value("Name"),
            "Phone X 📱",
        )
    for format in "multipart", "json":

        def batched():
            batch = client.batch(format=format, continue_on_error=True)
            one = batch.add_retrieve(client.entity_uri("Products", 1))
            batch.add_retrieve(client.entity_uri("Products", 999))
            batch.add_retrieve(products().select("ID").orderby("ID").top(2))
            answers = client.execute_batch(batch).responses
            return (
                [answer.status_code for answer in answers],
                one.entity().get_value("Name"),
                len(answers[2].json()["value"]),
            )

        say(f"$batch, {format}", batched, ([200, 404, 200], "Cable 1.5m", 2))

    def refused():
        try:
            client.get_entity_set(products().filter("Prise eq 1"))
        except ODataClientError as error:
            return "Prise" in str(error)

    say("what is wrong is refused, with a message that the client finds", refused, True)


def python_odata(say):
    service = ODataService(SERVICE, reflect_entities=True, quiet_progress=True, extra_headers=AUTHORIZATION)
    Product, Customer = service.entities["Products"], service.entities["Customers"]
    ask = service.query

    say(
        "list with filter, orderby and top",
        lambda: [
            one.ID
            for one in ask(Product)
            .filter(Product.ID > 0)
            .filter(Product.CategoryID <= 2)
            .order_by(Product.ID.desc())
            .limit(2)
        ],
        [4, 3],
    )
    say(
        "select",
        lambda: [row["Name"] for row in ask(Product).select(Product.Name).order_by(Product.ID.asc()).limit(2)],
        ["shirt_50% off", "Cable 1.5m"],
    )
    say("offset", lambda: [one.ID for one in ask(Product).order_by(Product.ID.asc()).offset(6)], [6, 2147483647])
    say("filter with functions", lambda: [one.ID for one in ask(Product).filter(Product.Name.contains("&"))], [6])
    say(
        "filter on a text with a quote",
        lambda: [one.Login for one in ask(Customer).filter(Customer.Login == "o'neil")],
        ["o'neil"],
    )
    say("filter on a path", lambda: [one.ID for one in ask(Product).filter(Product.Category.Name == "Fiction")], [5])
    say(
        "filter on null",
        lambda: sorted(one.ID for one in ask(Product).filter(Product.Released == None)),
        [4, 2147483647],
    )  # noqa: E711
    say("get by key", lambda: ask(Product).get(5).Name, "L'Étranger")
    say("count", lambda: ask(Product).count(), 8)
    say("expand", lambda: ask(Product).expand(Product.Category).filter(Product.ID == 3).first().Category.Name, "Phones")
    say("navigation when it is asked for", lambda: ask(Product).get(3).Category.Name, "Phones")
    say(
        "any, as text", lambda: [row["ID"] for row in ask(Product).raw({"$filter": "Reviews/any(r:r/Stars eq 5)"})], [1]
    )
    say("apply", lambda: len(ask(Product).raw({"$apply": "groupby((CategoryID))"})), 6)

    paged = ODataService(
        SERVICE,
        reflect_entities=True,
        quiet_progress=True,
        extra_headers={"Prefer": "odata.maxpagesize=3", **AUTHORIZATION},
    )
    say(
        "pages by next link",
        lambda: [one.ID for one in paged.query(paged.entities["Products"])],
        [-7, 1, 2, 3, 4, 5, 6, 2147483647],
    )


def main():
    for name, ask in ("odatapy", odatapy), ("python-odata", python_odata):
        try:
            ask(lambda what, run, expected: query(f"{name}: {what}", run, expected))
        except Exception as error:  # whatever a client cannot bear
            query(f"{name}: reads the metadata", lambda: f"{type(error).__name__}: {error}", None)


if __name__ == "__main__":
    main()
