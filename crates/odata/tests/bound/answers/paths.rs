//! What addresses lead to: keys, properties, casts, references, narrowed collections.

use super::{BARE, MINIMAL, check};

#[test]
fn addresses() {
    check(
        BARE,
        &[
            ("/items('a')?$select=id", "{\"id\":\"a\"}"),
            ("/items/a?$select=id", "{\"id\":\"a\"}"),
            ("/items('c%2Fd')?$select=id", "{\"id\":\"c/d\"}"),
            ("/items/c%2Fd?$select=id", "{\"id\":\"c/d\"}"),
            ("/items(title='The b')?$select=id", "{\"id\":\"b\"}"),
            ("/items(@k)?@k='b'&$select=id", "{\"id\":\"b\"}"),
            ("/items('nothing')", "404"),
            ("/items('a')/maker?$select=id", "{\"id\":\"m\"}"),
            ("/items('b')/next", "204"),
            ("/items('nothing')/next", "404"),
            ("/items('a')/next/maker/items?$select=id", "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"),
            ("/items('a')/parts?$select=id", "{\"value\":[{\"id\":\"p\"},{\"id\":\"q\"},{\"id\":\"r\"}]}"),
            ("/items('b')/parts('p')", "404"),
            ("/items('c%2Fd')/parts", "{\"value\":[]}"),
            ("/items('nothing')/parts", "404"),
            ("/items/$count", "text 3"),
            ("/items/$count?$filter=count gt 3", "text 1"),
            ("/items('a')/parts/$count", "text 3"),
            ("/items('nothing')/parts/$count", "404"),
            ("/items('a')/tags/$count", "text 4"),
            ("/items('a')/tags/$count?$filter=$this eq 'x'", "text 2"),
        ],
    );
}

#[test]
fn properties() {
    check(
        BARE,
        &[
            ("/items('a')/name", "{\"value\":\"ant\"}"),
            ("/items('c%2Fd')/name", "204"),
            ("/items('a')/name/$value", "text ant"),
            ("/items('a')/price/$value", "text 10.5"),
            ("/items('a')/seen/$value", "text 1969-12-31T22:30:00-01:30"),
            ("/items('a')/seen", "{\"value\":\"1969-12-31T22:30:00-01:30\"}"),
            ("/items('a')/rights/$value", "text read,share"),
            ("/items('a')/photo/$value", "bytes [0, 0]"),
            ("/items('a')/ratio/$value", "text 0.1"),
            ("/items('c%2Fd')/name/$value", "204"),
            ("/items('nothing')/name", "404"),
            (
                "/items('a')/place",
                "{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}",
            ),
            ("/items('a')/place/city", "{\"value\":\"Bonn\"}"),
            ("/items('a')/place/at/$value", "text 2020-02-29T12:30:00+02:00"),
            ("/items('a')/spot/city", "{\"value\":\"Köln\"}"),
            ("/items('b')/spot", "204"),
            ("/items('b')/spot/city", "204"),
            ("/items('a')/place?$select=zip", "{\"zip\":53111}"),
            ("/items('a')/tags", "{\"value\":[\"x\",\"y\",\"z\",\"x\"]}"),
            ("/items('b')/tags", "{\"value\":[]}"),
            ("/items('nothing')/tags", "404"),
            (
                "/items('a')/tags?$filter=$this gt 'x'&$orderby=$this desc&$count=true",
                "{\"@count\":2,\"value\":[\"z\",\"y\"]}",
            ),
            ("/items('a')/nums?$orderby=$this&$top=2", "{\"value\":[null,-1]}"),
            ("/items('a')/sums?$filter=$this gt 1", "{\"value\":[12345678901234567890.5]}"),
            ("/items('a')/times", "{\"value\":[\"1970-01-01T01:00:00+01:00\"]}"),
            (
                "/items('a')/places?$orderby=city&$select=city,zip",
                "{\"value\":[{\"city\":\"Aue\",\"zip\":2},{\"city\":\"Ulm\",\"zip\":1}]}",
            ),
            (
                "/items('a')/places?$filter=zip eq 1&$compute=zip add 1 as more&$select=more",
                "{\"value\":[{\"more\":2}]}",
            ),
            ("/items('a')/place/$value", "Invalid 18..24: A complex property has no $value."),
            (
                "/items('a')/tags/0",
                "Unsupported 17..18: Addressing a member of a collection by its place is not \
             supported by the service.",
            ),
            (
                "/items('a')/tags/$value",
                "Unsupported 17..23: The path segment '$value' is not supported by the service.",
            ),
            ("/items('a')/nothing", "NotFound nothing 12..19: Resource not found for the segment 'nothing'."),
            (
                "/items('a')/name/$count",
                "NotFound $count 17..23: Resource not found for the segment '$count'.",
            ),
            ("/items('a')/maker/name/$value", "text Mill"),
        ],
    );
}

#[test]
fn types_and_references() {
    check(
        BARE,
        &[
            ("/items/stock.gadget?$select=id,power", "{\"value\":[{\"id\":\"b\",\"power\":7}]}"),
            ("/items/stock.gadget/$count", "text 1"),
            ("/items/stock.gadget('b')?$select=power", "{\"power\":7}"),
            ("/items('b')/stock.gadget?$select=power", "{\"power\":7}"),
            ("/items('a')/stock.gadget", "404"),
            ("/items('b')/stock.gadget/power", "{\"value\":7}"),
            ("/items('a')/stock.gadget/power", "404"),
            (
                "/items/stock.maker",
                "NotFound stock.maker 7..18: Resource not found for the segment 'stock.maker'.",
            ),
            ("/makers('m')/items/stock.gadget?$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            ("/items/$filter(count gt 3)?$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            ("/items/$filter(count gt 3)/$count", "text 1"),
            (
                "/items/$filter(@f)/$filter(@g)?@f=count gt 1&@g=count lt 4&$select=id",
                "{\"value\":[{\"id\":\"a\"}]}",
            ),
            (
                "/items('a')/parts/$filter(label eq 'leg')?$select=id&$filter=weight gt 1",
                "{\"value\":[{\"id\":\"p\"}]}",
            ),
            (
                "/items/$ref",
                "{\"value\":[{\"@id\":\"/items('a')\"},{\"@id\":\"/items('b')\"},{\"@id\":\"/items('c%2Fd')\"}]}",
            ),
            ("/items('a')/$ref", "{\"@id\":\"/items('a')\"}"),
            ("/items('a')/maker/$ref", "{\"@id\":\"/makers('m')\"}"),
            ("/items('b')/next/$ref", "204"),
            ("/items('a')/parts/$ref?$top=1", "{\"value\":[{\"@id\":\"/items('a')/parts('p')\"}]}"),
            ("/$entity?$id=items('a')&$select=id", "{\"id\":\"a\"}"),
            (
                "/$entity?$id=https://x/items('b')&$select=id,power",
                "Invalid power 3..8: Could not find a property named 'power' on type 'stock.item'.",
            ),
            ("/$entity/stock.gadget?$id=items('b')&$select=power", "{\"power\":7}"),
            (
                "/$entity?$id=items",
                "Invalid $id: Invalid value 'items' for query option '$id'; the address of an \
             entity is expected.",
            ),
            ("/$entity", "Unsupported 1..8: The path segment '$entity' is not supported by the service."),
            (
                "/items?$id=items('a')",
                "Unsupported $id: The query option '$id' is not supported by the service.",
            ),
        ],
    );
    check(
        MINIMAL,
        &[
            (
                "/items/stock.gadget?$select=id",
                "{\"@context\":\"/$metadata#items/stock.gadget(id)\",\"value\":[{\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}]}",
            ),
            (
                "/items('b')/stock.gadget?$select=id",
                "{\"@context\":\"/$metadata#items/stock.gadget(id)/$entity\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}",
            ),
            (
                "/makers('m')/items?$select=id&$top=1",
                "{\"@context\":\"/$metadata#items(id)\",\"value\":[{\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\"}]}",
            ),
            (
                "/items('a')/next?$select=id",
                "{\"@context\":\"/$metadata#items(id)/$entity\",\"@type\":\"#stock.gadget\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}",
            ),
            (
                "/items('a')/next/maker?$select=id",
                "{\"@context\":\"/$metadata#makers(id)/$entity\",\"id\":\"m\"}",
            ),
            (
                "/items('a')/parts('p')/item?$select=id",
                "{\"@context\":\"/$metadata#items('a')/parts('p')/item(id)/$entity\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\"}",
            ),
            ("/items('a')/name", "{\"@context\":\"/$metadata#items('a')/name\",\"value\":\"ant\"}"),
            (
                "/items('a')/place/city",
                "{\"@context\":\"/$metadata#items('a')/place/city\",\"value\":\"Bonn\"}",
            ),
            (
                "/items('a')/tags",
                "{\"@context\":\"/$metadata#items('a')/tags\",\"value\":[\"x\",\"y\",\"z\",\"x\"]}",
            ),
            (
                "/items('a')/places?$select=city",
                "{\"@context\":\"/$metadata#items('a')/places(city)\",\"value\":[{\"city\":\"Ulm\"},{\"city\":\"Aue\"}]}",
            ),
            (
                "/items('a')/stock.item/place",
                "{\"@context\":\"/$metadata#items('a')/place\",\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}",
            ),
            (
                "/items('b')/stock.gadget/power",
                "{\"@context\":\"/$metadata#items('b')/stock.gadget/power\",\"value\":7}",
            ),
            (
                "/items/$ref",
                "{\"@context\":\"/$metadata#Collection($ref)\",\"value\":[{\"@id\":\"/items('a')\"},{\"@id\":\"/items('b')\"},{\"@id\":\"/items('c%2Fd')\"}]}",
            ),
            ("/items('a')/$ref", "{\"@context\":\"/$metadata#$ref\",\"@id\":\"/items('a')\"}"),
            (
                "/items/$filter(count gt 3)?$select=id",
                "{\"@context\":\"/$metadata#items(id)\",\"value\":[{\"@type\":\"#stock.gadget\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}]}",
            ),
            (
                "/$entity?$id=items('a')&$select=id",
                "{\"@context\":\"/$metadata#items(id)/$entity\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\"}",
            ),
        ],
    );
}

#[test]
fn searches() {
    check(
        BARE,
        &[
            ("/items?$search=ANT&$select=id", "{\"value\":[{\"id\":\"a\"}]}"),
            ("/items?$search=ant OR bee&$select=id", "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"),
            ("/items?$search=the NOT ant&$select=id", "{\"value\":[{\"id\":\"b\"},{\"id\":\"c/d\"}]}"),
            ("/items?$search=\"the b\"&$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            (
                "/items?$search=the&$filter=count gt 3&$select=id&$count=true",
                "{\"@count\":1,\"value\":[{\"id\":\"b\"}]}",
            ),
            ("/items/$count?$search=bee", "text 1"),
            ("/makers?$filter=items/$count($search=bee) eq 1&$select=id", "{\"value\":[{\"id\":\"m\"}]}"),
            (
                "/items('a')/tags?$search=x",
                "Unsupported $search: '$search' in values that are no entities is not supported by the service.",
            ),
        ],
    );
}
