//! `$apply`: transformations one by one and behind each other, and the options that follow them.

use super::{BARE, MINIMAL, Wanted, check};

#[test]
fn aggregates() {
    check(
        BARE,
        &[
            ("/items?$apply=aggregate($count as n)", "{\"value\":[{\"n\":3}]}"),
            (
                "/items?$apply=aggregate(count with sum as s,count with average as a,count with min as l,count with max as g)",
                "{\"value\":[{\"s\":8,\"a\":4,\"l\":3,\"g\":5}]}",
            ),
            (
                "/items?$apply=aggregate(price with sum as s,price with average as a,price with min as l,price with max as g)",
                "{\"value\":[{\"s\":19.75,\"a\":9.875,\"l\":9.25,\"g\":10.5}]}",
            ),
            (
                "/items?$apply=aggregate(maker/name with countdistinct as n,place/city with max as c,made with min as m)",
                "{\"value\":[{\"n\":2,\"c\":\"Bonn\",\"m\":\"1970-01-01T00:00:00Z\"}]}",
            ),
            (
                "/items?$apply=aggregate(live with min as l,open with max as o,photo with max as p,ratio with sum as s,ratio with average as r)",
                "{\"value\":[{\"l\":true,\"o\":false,\"p\":\"AAA=\",\"s\":0.1,\"r\":0.1}]}",
            ),
            (
                "/items?$apply=aggregate(cost with countdistinct as c,price with countdistinct as p,open with countdistinct as o)",
                "{\"value\":[{\"c\":1,\"p\":2,\"o\":1}]}",
            ),
            (
                "/items?$apply=groupby((price,open),aggregate($count as n))",
                "{\"value\":[{\"price\":null,\"open\":null,\"n\":1},{\"price\":9.25,\"open\":null,\"n\":1},{\"price\":10.5,\"open\":false,\"n\":1}]}",
            ),
            (
                "/items?$apply=concat(aggregate($count as n),aggregate(price with sum as s),aggregate(open with max as o))",
                "{\"value\":[{\"n\":3},{\"s\":19.75},{\"o\":false}]}",
            ),
            (
                "/items?$apply=concat(aggregate(live with min as l),aggregate(ratio with max as r),aggregate($count as n),groupby((live)))",
                "{\"value\":[{\"l\":true},{\"r\":0.1},{\"n\":3},{\"live\":true}]}",
            ),
            (
                "/items?$apply=compute(case(null eq price:null,true:price) as x)/aggregate(x with max as m)",
                "{\"value\":[{\"m\":10.5}]}",
            ),
            ("/items?$apply=aggregate(price mul count with sum as worth)", "{\"value\":[{\"worth\":77.75}]}"),
            ("/items?$apply=aggregate(parts/$count as n)", "{\"value\":[{\"n\":4}]}"),
            (
                "/items?$apply=filter(false)/aggregate($count as n,price with sum as s)",
                "{\"value\":[{\"n\":0,\"s\":null}]}",
            ),
            (
                "/items?$apply=aggregate(name with sum as s)",
                "Invalid $apply 10..28: The aggregation method 'sum' takes numbers.",
            ),
            (
                "/items?$apply=aggregate(total with sum as s)/compute(s add 9223372036854775807 as t)",
                "odata: The result of a calculation is too large for its type.",
            ),
            (
                "/items?$apply=aggregate(price with stock.median as m)",
                "Unsupported $apply 10..38: The aggregation method 'stock.median' is not supported \
             by the service.",
            ),
            (
                "/items?$apply=aggregate(price with sum as s,price with max as s)",
                "Invalid $apply 48..49: There is a property called 's' already.",
            ),
        ],
    );
}

#[test]
fn groups() {
    check(
        BARE,
        &[
            ("/items?$apply=groupby((live))", "{\"value\":[{\"live\":true}]}"),
            (
                "/items?$apply=groupby((total),aggregate($count as n))",
                "{\"value\":[{\"total\":2,\"n\":2},{\"total\":9007199254740993,\"n\":1}]}",
            ),
            (
                "/items?$apply=groupby((maker/name),aggregate(count with sum as s))",
                "{\"value\":[{\"maker\":{\"name\":\"Mill\"},\"s\":8},{\"maker\":{\"name\":\"Nest\"},\"s\":null}]}",
            ),
            (
                "/items?$apply=groupby((maker/name,maker/rank,live),aggregate($count as n))",
                "{\"value\":[{\"maker\":{\"name\":\"Mill\",\"rank\":1},\"live\":true,\"n\":2},{\"maker\":{\"name\":\"Nest\",\"rank\":null},\"live\":true,\"n\":1}]}",
            ),
            (
                "/items?$apply=groupby((place/city,cost),aggregate($count as n))",
                "{\"value\":[{\"place\":{\"city\":\"Bonn\"},\"cost\":1.5,\"n\":3}]}",
            ),
            (
                "/items?$apply=groupby((total),aggregate($count as n))&$orderby=n desc&$top=1",
                "{\"value\":[{\"total\":2,\"n\":2}]}",
            ),
            (
                "/items?$apply=groupby((total),aggregate($count as n))&$filter=n gt 1",
                "{\"value\":[{\"total\":2,\"n\":2}]}",
            ),
            (
                "/items?$apply=groupby((total),aggregate($count as n))&$compute=n mul 2 as m&$select=m",
                "{\"value\":[{\"m\":4},{\"m\":2}]}",
            ),
            (
                "/items?$apply=groupby((total),aggregate($count as n))/filter(n gt 1)/aggregate(n with sum as all)",
                "{\"value\":[{\"all\":2}]}",
            ),
            (
                "/items?$apply=groupby((total),aggregate($count as n))&$count=true",
                "{\"@count\":2,\"value\":[{\"total\":2,\"n\":2},{\"total\":9007199254740993,\"n\":1}]}",
            ),
            ("/items/$count?$apply=groupby((total))", "text 2"),
            (
                "/items?$apply=groupby((total),topcount(1,count))&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"}]}",
            ),
            (
                "/items?$apply=groupby((total),filter(count gt 3)/aggregate($count as n))",
                "{\"value\":[{\"total\":2,\"n\":1}]}",
            ),
            (
                "/items('a')/parts?$apply=groupby((label),aggregate(weight with sum as w))",
                "{\"value\":[{\"label\":\"eye\",\"w\":null},{\"label\":\"leg\",\"w\":5}]}",
            ),
            ("/items('a')/tags?$apply=aggregate($count as n)", "{\"value\":[{\"n\":4}]}"),
            (
                "/items?$apply=groupby((place))",
                "Unsupported $apply 9..14: Grouping by anything but a primitive value is not \
             supported by the service.",
            ),
            (
                "/items?$apply=groupby((live))&$filter=total eq 1",
                "Invalid total 0..5: Could not find a property named 'total' on type 'the result of $apply'.",
            ),
            (
                "/items?$apply=groupby((live))&$expand=maker",
                "Invalid $expand 0..5: The result of a grouping has no navigation properties.",
            ),
            (
                "/items?$apply=groupby((rollup(live,total)))",
                "Unsupported $apply 0..29: 'rollup' is not supported by the service.",
            ),
        ],
    );
    check(
        MINIMAL,
        &[
            (
                "/items?$apply=aggregate($count as n)",
                "{\"@context\":\"/$metadata#items(n)\",\"value\":[{\"n@type\":\"#Int64\",\"n\":3}]}",
            ),
            (
                "/items?$apply=groupby((maker/name),aggregate($count as n))",
                "{\"@context\":\"/$metadata#items(maker(name),n)\",\"value\":[{\"maker\":{\"name\":\"Mill\"},\"n@type\":\"#Int64\",\"n\":2},{\"maker\":{\"name\":\"Nest\"},\"n@type\":\"#Int64\",\"n\":1}]}",
            ),
            (
                "/items?$apply=filter(count gt 3)&$select=id",
                "{\"@context\":\"/$metadata#items(id)\",\"value\":[{\"@type\":\"#stock.gadget\",\"@etag\":\"W/\\\"7\\\"\",\"id\":\"b\"}]}",
            ),
        ],
    );
    check(
        Wanted { page: 1, ..BARE },
        &[(
            "/items?$apply=groupby((total),aggregate($count as n))",
            "{\"@nextLink\":\"/items?$apply=groupby((total),aggregate($count%20as%20n))&$skiptoken=KU_aVzKYcNdLfRvdWzEsWzIsMl1d\",\"value\":[{\"total\":2,\"n\":2}]}",
        )],
    );
}

#[test]
fn parts() {
    check(
        BARE,
        &[
            (
                "/items?$apply=identity&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c/d\"}]}",
            ),
            ("/items?$apply=filter(count gt 3)&$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            ("/items?$apply=search(bee)&$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            (
                "/items?$apply=compute(count mul 2 as twice)&$select=id,twice",
                "{\"value\":[{\"id\":\"a\",\"twice\":6},{\"id\":\"b\",\"twice\":10},{\"id\":\"c/d\",\"twice\":null}]}",
            ),
            (
                "/items?$apply=compute(count mul 2 as twice)/filter(twice gt 6)/aggregate(twice with sum as s)",
                "{\"value\":[{\"s\":10}]}",
            ),
            (
                "/items?$apply=orderby(total desc,id desc)&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"c/d\"},{\"id\":\"b\"}]}",
            ),
            ("/items?$apply=orderby(id desc)/skip(1)/top(1)&$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            ("/items?$apply=topcount(2,count)&$select=id", "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"),
            (
                "/items?$apply=bottomcount(2,count)&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"c/d\"}]}",
            ),
            ("/items?$apply=topsum(6,count)&$select=id", "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"}]}"),
            ("/items?$apply=bottomsum(3,count)&$select=id", "{\"value\":[{\"id\":\"a\"},{\"id\":\"c/d\"}]}"),
            ("/items?$apply=toppercent(50,count)&$select=id", "{\"value\":[{\"id\":\"b\"}]}"),
            (
                "/items?$apply=bottompercent(50,count)&$select=id",
                "{\"value\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c/d\"}]}",
            ),
            (
                "/items?$apply=topcount(-1,count)",
                "Invalid $apply 0..18: The first argument of 'topcount' must be a number that is not negative.",
            ),
            (
                "/items?$apply=topcount(1,maker/rank)/aggregate(count with sum as s)",
                "{\"value\":[{\"s\":3}]}",
            ),
            (
                "/items?$apply=concat(aggregate($count as n),groupby((total),aggregate($count as n)))",
                "{\"value\":[{\"n\":3},{\"n\":1,\"total\":9007199254740993},{\"n\":2,\"total\":2}]}",
            ),
            (
                "/items?$apply=concat(filter(count gt 3),aggregate(count with sum as count))&$select=id,count",
                "{\"value\":[{\"id\":\"b\",\"count\":5},{\"count\":8}]}",
            ),
            (
                "/items?$apply=concat(topcount(1,count),bottomcount(1,count))&$select=id",
                "{\"value\":[{\"id\":\"b\"},{\"id\":\"c/d\"}]}",
            ),
            (
                "/items?$apply=concat(aggregate($count as n),aggregate(count with sum as s))/aggregate(n with sum as t)",
                "{\"value\":[{\"t\":3}]}",
            ),
            (
                "/items?$apply=join(parts as p)",
                "Unsupported $apply 0..16: The transformation 'join' is not supported by the service.",
            ),
            (
                "/items?$apply=nest(groupby((live)) as x)",
                "Unsupported $apply 0..26: The transformation 'nest' is not supported by the service.",
            ),
            (
                "/items?$apply=expand(maker)",
                "Syntax $apply 0..6: Syntax error: expected a transformation but found 'expand' at \
             position 0 in 'expand(maker)'.",
            ),
            (
                "/items('a')?$apply=identity",
                "Invalid $apply: The query option '$apply' can be applied to collections only.",
            ),
        ],
    );
}
