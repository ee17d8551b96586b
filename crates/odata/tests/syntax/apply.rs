//! `$apply`, row by row: transformations as they print back, and what is wrong with those that do not parse.

use crate::check;

/// Rows with the value of `$apply`, as it is and as it is printed.
#[track_caller]
fn check_apply(rows: &[(&str, &str)]) {
    for (input, printed) in rows {
        check(&[(&format!("?$apply={input}"), &format!("?$apply={printed}"))]);
    }
}

/// Rows that print as they are.
#[track_caller]
fn check_same(rows: &[&str]) {
    for row in rows {
        check_apply(&[(row, row)]);
    }
}

#[test]
fn transformations() {
    check_same(&[
        "identity",
        "identity/identity",
        "filter(serial eq 'a' and not (tag eq null))/top(3)/skip(0)",
        "search(red AND (green OR NOT \"dark blue\"))",
        "search('half a \"phrase')",
        "compute(a mul 2 as b,length(c) as d)",
        "orderby(a desc,b/c)",
        "concat(identity,top(1),filter(a eq 1)/aggregate($count as n))",
        "topcount(2,a)",
        "topsum($these/aggregate(a with sum) div 2,a)",
        "toppercent(10,a sub b)",
        "bottomcount(1,a)/bottomsum(1,a)/bottompercent(1.5,a)",
        "join(parts as part)",
        "join(parts/Ns.Screw as part,filter(size gt 3)/top(1))",
        "outerjoin(parts as part,identity)",
        "nest(groupby((a)) as b,identity as c)",
        "addnested(parts,filter(size gt 3) as large,nest(top(1) as first) as other)",
        "addnested(address/Ns.Home/rooms,identity as copy)",
        "Ns.Sub.func()",
        "filter(a eq 1)/Ns.func(p=1,q=@x)/top(1)",
    ]);
    check_apply(&[
        ("filter( a eq 1 )/compute( a as b , c as d )", "filter(a eq 1)/compute(a as b,c as d)"),
        ("orderby(a asc, b)", "orderby(a,b)"),
        ("search( red green )", "search(red AND green)"),
        ("concat( identity , identity )", "concat(identity,identity)"),
        ("top( 5 )", "top(5)"),
        ("join(@Ns.Term%23q as part)", "join(@Ns.Term#q as part)"),
    ]);
}

#[test]
fn aggregates() {
    check_same(&[
        "aggregate($count as n)",
        "aggregate(parts/$count as n,parts/Ns.Screw/$count from a with max as m)",
        "aggregate(a with sum as b,a with min as c,a with max as d,a with average as e,a with countdistinct as f)",
        "aggregate(a mul (b add 1) with sum as c)",
        "aggregate(parts(1)/size with Ns.median as c)",
        "aggregate(a with sum from b with average from c/d,e with max as f)",
        "aggregate(Forecast)",
        "aggregate(Forecast,parts/Budget as b)",
        "aggregate(Forecast from a as f)",
        "aggregate(Forecast from a,b/c with average from d as f)",
        // Behind a comma stands a key as long as it can be one.
        "aggregate(Forecast from a,b as f,$count as n)",
        "aggregate(Forecast from a as f,b mul 2 with sum as c)",
    ]);
    check(&[
        ("?$filter=parts/aggregate(size with sum) gt 5", "?$filter=parts/aggregate(size with sum) gt 5"),
        (
            "?$filter=$these/aggregate($count) gt a/aggregate(Forecast)",
            "?$filter=$these/aggregate($count) gt a/aggregate(Forecast)",
        ),
        (
            "?$compute=a div $these/aggregate(a with sum from b with max) as c",
            "?$compute=a div $these/aggregate(a with sum from b with max) as c",
        ),
        ("?$filter=aggregate eq 1", "?$filter=aggregate eq 1"),
        (
            "?$expand=parts($apply=aggregate(size with max as m);$top=1)",
            "?$expand=parts($apply=aggregate(size with max as m);$top=1)",
        ),
    ]);
}

#[test]
fn groups_and_hierarchies() {
    check_same(&[
        "groupby((a))",
        "groupby((a,b/c,b/Ns.T/d),aggregate($count as n)/filter(n gt 1))",
        "groupby((rollup(a,b/c),d))",
        "groupby((rollup(Calendar)),identity)",
        "groupby((rolluprecursive($root/Units,Tree,unit/id)),aggregate($count as n))",
        "groupby((rolluprecursive($root/Units,Tree,id,descendants($root/Units,Tree,id,filter(a eq 1),keep start))))",
        "ancestors($root/Units('x')/nodes,Tree,id,search(east)/top(3),2)",
        "descendants($root/Units,Tree,id,identity,2,keep start)",
        "traverse($root/Units,Tree,id,preorder)",
        "traverse($root/Units,Tree,id,postorder,name desc,id)",
        "traverse($root/Units,Tree,id,preorder,filter(a eq 1),name)",
    ]);
    check_apply(&[("groupby( ( a , rollup( b , c ) ) , identity )", "groupby((a,rollup(b,c)),identity)")]);
}

#[test]
fn errors() {
    let expected = |row: &str, what: &str, found: &str, at: usize| {
        let message = format!("Syntax error: expected {what} but found {found} at position {at} in '{row}'.");
        check(&[(&format!("?$apply={row}"), &format!("$apply: {message}"))]);
    };
    expected("top", "'('", "the end", 3);
    expected("top(-1)", "a non-negative integer", "'-1'", 4);
    expected("top()", "a non-negative integer", "')'", 4);
    expected("shuffle(1)", "a transformation", "'shuffle'", 0);
    expected("Filter(a eq 1)", "a transformation", "'Filter'", 0);
    expected("filter(a eq 1)/", "a transformation", "the end", 15);
    expected("identity()", "an operator or the end", "'('", 8);
    expected("groupby(a)", "'('", "'a'", 8);
    expected("groupby((a(1)))", "')'", "'('", 10);
    expected("concat(identity)", "','", "')'", 15);
    expected("aggregate()", "an expression", "')'", 10);
    expected("aggregate(a with sum)", "'as'", "')'", 20);
    expected("aggregate(a with total as b)", "an aggregation method", "'total'", 17);
    expected("aggregate(a mul b as c)", "'with'", "'as'", 18);
    expected("aggregate($count with sum as c)", "'as'", "'with'", 17);
    expected("aggregate(a with sum from b as c)", "'with'", "'as'", 28);
    expected("aggregate(F from a)", "'as'", "')'", 18);
    expected("nest(top(1))", "'as'", "')'", 11);
    expected("nest(top(1) as a.b)", "an alias", "'a.b'", 15);
    expected("topcount(2)", "','", "')'", 10);
    expected("ancestors(Units,T,id,identity)", "a path that begins with '$root'", "'Units'", 10);
    expected(
        "ancestors($root/Units,T,id,compute(a as b))",
        "transformations that preserve instances",
        "'compute'",
        27,
    );
    expected("ancestors($root/Units,T,id,identity,keep)", "'start'", "')'", 40);
    expected("traverse($root/Units,T,id,inorder)", "'postorder'", "'inorder'", 26);
    check(&[
        (
            "?$apply=groupby((rollup(a/b)))",
            "$apply: Syntax error: a rollup needs two levels or the qualifier of a hierarchy.",
        ),
        (
            "?$apply=",
            "$apply: Syntax error: expected a transformation but found the end at position 0 in ''.",
        ),
        (
            "?$filter=aggregate($count) gt 1",
            "$filter: Syntax error: expected an expression but found '$count' at position 10 in 'aggregate($count) gt 1'.",
        ),
    ]);
}

#[test]
fn limits() {
    let nested = |depth: usize| format!("{}identity{}", "concat(identity,".repeat(depth), ")".repeat(depth));
    assert!(odata::syntax::parse("", Some(&format!("$apply={}", nested(31)))).is_ok());
    for text in
        [nested(40), "nest(".repeat(100_000), "groupby((rollup(".repeat(10_000), "identity/".repeat(5_000)]
    {
        let error = odata::syntax::parse("", Some(&format!("$apply={text}"))).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, odata::ErrorKind::TooComplex, "{error}");
    }
}
