//! What is written of entities: `$select`, `$expand`, `$compute`, metadata levels, profiles.

use odata::json::MetadataLevel;

use super::{BARE, MINIMAL, OF_GRAPH, Wanted, check};

#[test]
fn selection() {
    check(
        BARE,
        &[
            (
                "/items?$select=id,place",
                "{\"value\":[{\"id\":\"a\",\"place\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}},{\"id\":\"b\",\"place\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}},{\"id\":\"c/d\",\"place\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}}]}",
            ),
            (
                "/items?$select=place/city,place/at&$top=1",
                "{\"value\":[{\"place\":{\"city\":\"Bonn\",\"at\":\"2020-02-29T12:30:00+02:00\"}}]}",
            ),
            (
                "/items?$select=spot/zip",
                "{\"value\":[{\"spot\":{\"zip\":50667}},{\"spot\":null},{\"spot\":null}]}",
            ),
            (
                "/items?$select=place($select=zip,paint)&$top=1",
                "{\"value\":[{\"place\":{\"zip\":53111,\"paint\":\"green\"}}]}",
            ),
            ("/items?$select=tags($top=2;$skip=1)&$top=1", "{\"value\":[{\"tags\":[\"y\",\"z\"]}]}"),
            (
                "/items?$select=tags($filter=$this ne 'y';$orderby=$this desc;$count=true)&$top=2",
                "{\"value\":[{\"tags@count\":3,\"tags\":[\"z\",\"x\",\"x\"]},{\"tags@count\":0,\"tags\":[]}]}",
            ),
            (
                "/items?$select=nums($filter=$this gt 0;$count=true),sums,times&$top=1",
                "{\"value\":[{\"nums@count\":1,\"nums\":[3],\"sums\":[0.1,12345678901234567890.5],\"times\":[\"1970-01-01T01:00:00+01:00\"]}]}",
            ),
            (
                "/items?$select=places($filter=zip gt 1;$select=city)",
                "{\"value\":[{\"places\":[{\"city\":\"Aue\"}]},{\"places\":[]},{\"places\":[]}]}",
            ),
            ("/items?$select=places/zip&$top=1", "{\"value\":[{\"places\":[{\"zip\":1},{\"zip\":2}]}]}"),
            (
                "/items?$select=places($orderby=city;$top=1)&$top=1",
                "{\"value\":[{\"places\":[{\"city\":\"Aue\",\"zip\":2,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}]}]}",
            ),
            (
                "/items?$select=id,stock.gadget/power",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\",\"power\":7},{\"id\":\"c/d\"}]}",
            ),
            ("/items/stock.gadget?$select=power,volts", "{\"value\":[{\"power\":7,\"volts\":\"INF\"}]}"),
            (
                "/items('b')?$select=power,volts",
                "Invalid power 0..5: Could not find a property named 'power' on type 'stock.item'.",
            ),
            (
                "/items('a')?$select=power",
                "Invalid power 0..5: Could not find a property named 'power' on type 'stock.item'.",
            ),
            (
                "/items?$select=tags($filter=$it/name eq 'ant')",
                "Unsupported $select 13..21: '$it' inside other options is not supported by the service.",
            ),
            (
                "/items?$select=place($top=1)",
                "Invalid $select: The query option '$top' can be applied to collections only.",
            ),
            (
                "/items?$select=tags($search=x)",
                "Unsupported $select: '$search' inside $select is not supported by the service.",
            ),
        ],
    );
}

#[test]
fn expansion() {
    check(
        BARE,
        &[
            (
                "/makers?$select=id&$expand=items($select=id,name)",
                "{\"value\":[{\"id\":\"m\",\"items\":[{\"id\":\"a\",\"name\":\"ant\"},{\"id\":\"b\",\"name\":\"bee\"}]},{\"id\":\"n\",\"items\":[{\"id\":\"c/d\",\"name\":null}]}]}",
            ),
            (
                "/items?$select=id&$expand=maker($select=name),next($select=id)",
                "{\"value\":[{\"id\":\"a\",\"maker\":{\"name\":\"Mill\"},\"next\":{\"id\":\"b\"}},{\"id\":\"b\",\"maker\":{\"name\":\"Mill\"},\"next\":null},{\"id\":\"c/d\",\"maker\":{\"name\":\"Nest\"},\"next\":{\"id\":\"c/d\"}}]}",
            ),
            (
                "/items?$select=id&$expand=parts($select=label;$orderby=weight desc;$top=1;$count=true)",
                "{\"value\":[{\"id\":\"a\",\"parts@count\":3,\"parts\":[{\"label\":\"leg\"}]},{\"id\":\"b\",\"parts@count\":1,\"parts\":[{\"label\":\"wing\"}]},{\"id\":\"c/d\",\"parts@count\":0,\"parts\":[]}]}",
            ),
            (
                "/items?$select=id&$expand=parts($filter=label eq 'leg';$select=id;$skip=1)",
                "{\"value\":[{\"id\":\"a\",\"parts\":[{\"id\":\"r\"}]},{\"id\":\"b\",\"parts\":[]},{\"id\":\"c/d\",\"parts\":[]}]}",
            ),
            (
                "/items?$select=id&$expand=parts/$count",
                "{\"value\":[{\"id\":\"a\",\"parts@count\":3},{\"id\":\"b\",\"parts@count\":1},{\"id\":\"c/d\",\"parts@count\":0}]}",
            ),
            (
                "/items?$select=id&$expand=parts/$count($filter=weight gt 2)",
                "{\"value\":[{\"id\":\"a\",\"parts@count\":1},{\"id\":\"b\",\"parts@count\":1},{\"id\":\"c/d\",\"parts@count\":0}]}",
            ),
            (
                "/items?$select=id&$expand=parts/$ref,maker/$ref",
                "{\"value\":[{\"id\":\"a\",\"parts\":[{\"@id\":\"/items('a')/parts('p')\"},{\"@id\":\"/items('a')/parts('q')\"},{\"@id\":\"/items('a')/parts('r')\"}],\"maker\":{\"@id\":\"/makers('m')\"}},{\"id\":\"b\",\"parts\":[{\"@id\":\"/items('b')/parts('s')\"}],\"maker\":{\"@id\":\"/makers('m')\"}},{\"id\":\"c/d\",\"parts\":[],\"maker\":{\"@id\":\"/makers('n')\"}}]}",
            ),
            (
                "/items?$select=id&$expand=next($select=id;$expand=maker($select=id))",
                "{\"value\":[{\"id\":\"a\",\"next\":{\"id\":\"b\",\"maker\":{\"id\":\"m\"}}},{\"id\":\"b\",\"next\":null},{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\",\"maker\":{\"id\":\"n\"}}}]}",
            ),
            (
                "/items?$select=id&$expand=next($select=id;$levels=3)",
                "{\"value\":[{\"id\":\"a\",\"next\":{\"id\":\"b\",\"next\":null}},{\"id\":\"b\",\"next\":null},{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\"}}}}]}",
            ),
            (
                "/items('c%2Fd')?$select=id&$expand=next($select=id;$levels=2)",
                "{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\",\"next\":{\"id\":\"c/d\"}}}",
            ),
            (
                "/makers?$select=id&$expand=items/stock.gadget($select=id,power)",
                "{\"value\":[{\"id\":\"m\",\"items\":[{\"id\":\"b\",\"power\":7}]},{\"id\":\"n\",\"items\":[]}]}",
            ),
            (
                "/makers?$select=id&$expand=items($select=id;$search=bee)",
                "{\"value\":[{\"id\":\"m\",\"items\":[{\"id\":\"b\"}]},{\"id\":\"n\",\"items\":[]}]}",
            ),
            ("/items?$select=id&$expand=*($levels=1)&$top=0", "{\"value\":[]}"),
            (
                "/items?$select=id&$expand=*/$ref&$top=1",
                "{\"value\":[{\"id\":\"a\",\"maker\":{\"@id\":\"/makers('m')\"},\"next\":{\"@id\":\"/items('b')\"},\"parts\":[{\"@id\":\"/items('a')/parts('p')\"},{\"@id\":\"/items('a')/parts('q')\"},{\"@id\":\"/items('a')/parts('r')\"}]}]}",
            ),
            (
                "/makers?$select=id&$expand=items($select=id,twice;$compute=total mul 2 as twice;$filter=twice lt 9)",
                "{\"value\":[{\"id\":\"m\",\"items\":[{\"id\":\"b\",\"twice\":4}]},{\"id\":\"n\",\"items\":[{\"id\":\"c/d\",\"twice\":4}]}]}",
            ),
            (
                "/makers?$select=id&$expand=items($filter=$it/name eq 'Mill';$select=id)",
                "Unsupported $filter 14..22: '$it' inside other options is not supported by the service.",
            ),
            (
                "/items?$expand=maker($top=1)",
                "Invalid $expand 0..13: The query option '$top' can be applied to collections only.",
            ),
            ("/items?$expand=maker,maker", "Invalid $expand 6..11: 'maker' is expanded more than once."),
            (
                "/items?$expand=next($levels=9)",
                "TooComplex $expand 0..15: The request is too complex: it expands more than 8 levels deep.",
            ),
            (
                "/items?$expand=place",
                "Invalid place 0..5: Could not find a property named 'place' on type 'stock.item'.",
            ),
            (
                "/items?$expand=stock.gadget/maker($select=id)&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\",\"maker\":{\"id\":\"m\"}},{\"id\":\"c/d\"}]}",
            ),
        ],
    );
}

#[test]
fn computed_values() {
    check(
        BARE,
        &[
            (
                "/items?$compute=count mul price as worth&$select=id,worth&$orderby=worth desc",
                "{\"value\":[{\"id\":\"b\",\"worth\":46.25},{\"id\":\"a\",\"worth\":31.5},{\"id\":\"c/d\",\"worth\":null}]}",
            ),
            (
                "/items?$compute=count add 1 as more,more mul 2 as twice&$filter=twice gt 8&$select=twice",
                "{\"value\":[{\"twice\":12}]}",
            ),
            (
                "/items?$compute=tags/$count as n,maker/name as by&$select=n,by",
                "{\"value\":[{\"n\":4,\"by\":\"Mill\"},{\"n\":0,\"by\":\"Mill\"},{\"n\":0,\"by\":\"Nest\"}]}",
            ),
            (
                "/items?$compute=case(count gt 4:'many',count gt 1:'some') as how&$select=how",
                "{\"value\":[{\"how\":\"some\"},{\"how\":\"many\"},{\"how\":null}]}",
            ),
            (
                "/items('a')?$compute=year(seen) as y,totaloffsetminutes(seen) as o,now() as n&$select=y,o,n",
                "{\"y\":1969,\"o\":-90,\"n\":\"2024-02-29T12:00:00Z\"}",
            ),
            (
                "/items('a')?$compute=cast(rights,Edm.String) as r,color as c&$select=r,c",
                "{\"r\":\"read,share\",\"c\":\"deepBlue\"}",
            ),
            (
                "/items('a')?$compute=made add duration'P1D' as d,made sub seen as s&$select=d,s",
                "{\"d\":\"1970-01-02T00:00:00Z\",\"s\":\"PT0S\"}",
            ),
            ("/items?$compute=count div 0 as n&$select=n", "odata: A number is divided by zero."),
            (
                "/items?$compute=9223372036854775807 add count as n&$select=n",
                "odata: The result of a calculation is too large for its type.",
            ),
            (
                "/items?$compute=maxdatetime() add duration'P1D' as n&$select=n",
                "odata: The result of a calculation is too large for its type.",
            ),
            (
                "/items?$compute=count as name",
                "Invalid $compute 0..13: There is a property called 'name' already.",
            ),
            (
                "/items?$compute=count as n,count as n&$select=n",
                "Invalid $compute 11..21: There is a property called 'n' already.",
            ),
            (
                "/items?$filter=length(tags) gt 1",
                "Unsupported $filter 0..6: The function 'length' of collections is not supported by \
             the service.",
            ),
            (
                "/items?$compute=place as n&$select=n",
                "{\"value\":[{\"n\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}},{\"n\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}},{\"n\":{\"city\":\"Bonn\",\"zip\":53111,\"at\":\"2020-02-29T12:30:00+02:00\",\"paint\":\"green\"}}]}",
            ),
        ],
    );
}

#[test]
fn metadata_levels() {
    let full = Wanted { metadata: MetadataLevel::Full, ..MINIMAL };
    check(
        full,
        &[
            (
                "/items('a')?$select=id,price,count,color,seen,tags",
                "{\"@context\":\"/$metadata#items(id,price,count,color,seen,tags)/$entity\",\"@type\":\"#stock.item\",\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\",\"@editLink\":\"items('a')\",\"id\":\"a\",\"count@type\":\"#Int32\",\"count\":3,\"price@type\":\"#Decimal\",\"price\":10.5,\"color@type\":\"#stock.color\",\"color\":\"deepBlue\",\"seen@type\":\"#DateTimeOffset\",\"seen\":\"1969-12-31T22:30:00-01:30\",\"tags@type\":\"#Collection(String)\",\"tags\":[\"x\",\"y\",\"z\",\"x\"]}",
            ),
            (
                "/items/stock.gadget?$select=id,volts",
                "{\"@context\":\"/$metadata#items/stock.gadget(id,volts)\",\"value\":[{\"@type\":\"#stock.gadget\",\"@id\":\"/items('b')\",\"@etag\":\"W/\\\"7\\\"\",\"@editLink\":\"items('b')\",\"id\":\"b\",\"volts\":\"INF\"}]}",
            ),
            (
                "/items?$select=name&$expand=maker($select=id)&$top=1",
                "{\"@context\":\"/$metadata#items(name,maker(id))\",\"value\":[{\"@type\":\"#stock.item\",\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\",\"@editLink\":\"items('a')\",\"name\":\"ant\",\"maker@navigationLink\":\"/items('a')/maker\",\"maker@associationLink\":\"/items('a')/maker/$ref\",\"maker\":{\"@type\":\"#stock.maker\",\"@id\":\"/makers('m')\",\"@editLink\":\"makers('m')\",\"id\":\"m\"}}]}",
            ),
            (
                "/items?$apply=groupby((live),aggregate(price with sum as worth,$count as n))",
                "{\"@context\":\"/$metadata#items(live,worth,n)\",\"value\":[{\"live\":true,\"worth@type\":\"#Decimal\",\"worth\":19.75,\"n@type\":\"#Int64\",\"n\":3}]}",
            ),
            (
                "/items('a')/place",
                "{\"@context\":\"/$metadata#items('a')/place\",\"@type\":\"#stock.place\",\"city\":\"Bonn\",\"zip@type\":\"#Int32\",\"zip\":53111,\"at@type\":\"#DateTimeOffset\",\"at\":\"2020-02-29T12:30:00+02:00\",\"paint@type\":\"#stock.color\",\"paint\":\"green\"}",
            ),
            ("/items('a')/price", "{\"@context\":\"/$metadata#items('a')/price\",\"value\":10.5}"),
            ("/items('a')/nums", "{\"@context\":\"/$metadata#items('a')/nums\",\"value\":[3,null,-1]}"),
        ],
    );
    check(
        MINIMAL,
        &[
            (
                "/items?$select=id,power",
                "Invalid power 3..8: Could not find a property named 'power' on type 'stock.item'.",
            ),
            (
                "/items?$select=name",
                "{\"@context\":\"/$metadata#items(name)\",\"value\":[{\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\",\"name\":\"ant\"},{\"@type\":\"#stock.gadget\",\"@id\":\"/items('b')\",\"@etag\":\"W/\\\"7\\\"\",\"name\":\"bee\"},{\"@id\":\"/items('c%2Fd')\",\"@etag\":\"W/\\\"7\\\"\",\"name\":null}]}",
            ),
            (
                "/items('b')?$select=id",
                "{\"@context\":\"/$metadata#items(id)/$entity\",\"@type\":\"#stock.gadget\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}",
            ),
            (
                "/items?$apply=groupby((live),aggregate(price with max as worth,$count as n))",
                "{\"@context\":\"/$metadata#items(live,worth,n)\",\"value\":[{\"live\":true,\"worth@type\":\"#Decimal\",\"worth\":10.5,\"n@type\":\"#Int64\",\"n\":3}]}",
            ),
            (
                "/items('a')?$select=id,x&$compute=price mul 2 as x",
                "{\"@context\":\"/$metadata#items(id,x)/$entity\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\",\"x@type\":\"#Decimal\",\"x\":21}",
            ),
        ],
    );
    check(
        Wanted { ieee754_compatible: true, ..BARE },
        &[
            (
                "/items('a')?$select=total,count,price,ratio,sums,nums",
                "{\"count\":3,\"total\":\"9007199254740993\",\"ratio\":0.1,\"price\":\"10.5\",\"nums\":[3,null,-1],\"sums\":[\"0.1\",\"12345678901234567890.5\"]}",
            ),
            ("/items('a')/total", "{\"value\":\"9007199254740993\"}"),
            ("/items?$count=true&$top=0", "{\"@count\":\"3\",\"value\":[]}"),
            (
                "/items('a')?$compute=total sub 1 as x,price mul 2 as y&$select=x,y",
                "{\"x\":\"9007199254740992\",\"y\":\"21\"}",
            ),
            (
                "/items?$select=tags($count=true;$top=0)&$top=1",
                "{\"value\":[{\"tags@count\":\"4\",\"tags\":[]}]}",
            ),
        ],
    );
}

#[test]
fn manners() {
    check(
        OF_GRAPH,
        &[
            (
                "/items?$select=title&$top=1",
                "{\"@odata.context\":\"/$metadata#items(title)\",\"@odata.nextLink\":\"/items?$select=title&$top=1&$skiptoken=rwg8caK2jiKYMDrkWzEsWyJhIl1d\",\"value\":[{\"title\":\"The a\"}]}",
            ),
            (
                "/items('b')?$select=power,volts",
                "Invalid power 0..5: Could not find a property named 'power' on type 'stock.item'.",
            ),
            (
                "/items('a')?$select=photo,tags",
                "{\"@odata.context\":\"/$metadata#items(photo,tags)/$entity\",\"photo\":\"AAA=\",\"tags\":[\"x\",\"y\",\"z\",\"x\"]}",
            ),
            (
                "/items('a')/maker?$select=rank",
                "{\"@odata.context\":\"/$metadata#makers(rank)/$entity\",\"rank\":1}",
            ),
            (
                "/items('a')/parts('p')?$select=weight",
                "{\"@odata.context\":\"/$metadata#items('a')/parts(weight)/$entity\",\"weight\":4}",
            ),
            (
                "/makers('m')/items?$select=title",
                "{\"@odata.context\":\"/$metadata#items(title)\",\"value\":[{\"title\":\"The \
             a\"},{\"@odata.type\":\"#stock.gadget\",\"title\":\"The b\"}]}",
            ),
            (
                "/items('a')/parts/$ref",
                "{\"@odata.context\":\"/$metadata#Collection($ref)\",\"value\":[{\"@odata.id\":\"/items('a')/parts('p')\"},{\"@odata.id\":\"/items('a')/parts('q')\"},{\"@odata.id\":\"/items('a')/parts('r')\"}]}",
            ),
            (
                "/items('a')?$select=id&$expand=maker($select=id)",
                "{\"@odata.context\":\"/$metadata#items(id,maker(id))/$entity\",\"id\":\"a\",\"maker\":{\"id\":\"m\"}}",
            ),
        ],
    );
    check(
        MINIMAL,
        &[
            (
                "/items?$select=name&$top=1",
                "{\"@context\":\"/$metadata#items(name)\",\"value\":[{\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\",\"name\":\"ant\"}]}",
            ),
            (
                "/items('b')?$select=power,volts",
                "Invalid power 0..5: Could not find a property named 'power' on type 'stock.item'.",
            ),
            (
                "/items('a')?$select=photo",
                "{\"@context\":\"/$metadata#items(photo)/$entity\",\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\",\"photo\":\"AAA=\"}",
            ),
            (
                "/items('a')/maker?$select=name",
                "{\"@context\":\"/$metadata#makers(name)/$entity\",\"@id\":\"/makers('m')\",\"name\":\"Mill\"}",
            ),
            (
                "/items('a')/parts('p')?$select=label",
                "{\"@context\":\"/$metadata#items('a')/parts(label)/$entity\",\"@id\":\"/items('a')/parts('p')\",\"label\":\"leg\"}",
            ),
            (
                "/makers('m')/items?$select=id",
                "{\"@context\":\"/$metadata#items(id)\",\"value\":[{\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\"},{\"@type\":\"#stock.gadget\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}]}",
            ),
            (
                "/items('a')?$select=id&$expand=maker($select=id),parts($select=id;$top=1)",
                "{\"@context\":\"/$metadata#items(id,maker(id),parts(id))/$entity\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"a\",\"maker\":{\"id\":\"m\"},\"parts\":[{\"id\":\"p\"}]}",
            ),
            (
                "/items?$select=id&$expand=parts/$ref,next/$count",
                "Invalid $expand 11..22: 'next' is no collection; it has no $count.",
            ),
            (
                "/items?$select=stock.gadget/power&$top=1",
                "{\"@context\":\"/$metadata#items(stock.gadget/power)\",\"value\":[{\"@id\":\"/items('a')\",\"@etag\":\"W/\\\"7\\\"\"}]}",
            ),
            ("/items?$select=*&$top=0", "{\"@context\":\"/$metadata#items(*)\",\"value\":[]}"),
            (
                "/items?$select=place/city,tags($top=1)&$top=0",
                "{\"@context\":\"/$metadata#items(place/city,tags)\",\"value\":[]}",
            ),
        ],
    );
    check(
        Wanted { page: 1, ..OF_GRAPH },
        &[(
            "/makers?$select=id&$orderby=rank desc&$count=true",
            "{\"@odata.context\":\"/$metadata#makers(id)\",\"@odata.count\":2,\"@odata.nextLink\":\"/makers?$select=id&$orderby=rank%20desc&$count=true&$skiptoken=stRrsLX3hXkuldJIWzEsWzEsIm0iXV0\",\"value\":[{\"id\":\"m\"}]}",
        )],
    );
    check(
        Wanted { page: 1, ..MINIMAL },
        &[(
            "/makers?$select=id&$orderby=rank desc&$top=1",
            "{\"@context\":\"/$metadata#makers(id)\",\"value\":[{\"id\":\"m\"}]}",
        )],
    );
}
