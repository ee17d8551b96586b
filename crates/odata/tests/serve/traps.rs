//! Where expressions, options and paths surprise: URL Conventions 4.01 §4, §5.

use crate::client::{SHOP, ask, encoded, get, ids};

const ALL: &str = "-7 1 2 3 4 5 6 2147483647";

/// Conditions on a set, with the keys of what passes.
#[track_caller]
fn passes(set: &str, rows: &[(&str, &str)]) {
    for (condition, expected) in rows {
        let answer = get(&format!("/{set}?$filter={}", encoded(condition)));
        assert_eq!(answer.all("ID"), *expected, "{condition}");
    }
}

#[test]
fn null_in_comparisons() {
    passes(
        "Products",
        &[
            ("null eq null", ALL),
            ("null ne 'a'", ALL),
            ("null ge null", ALL),
            ("Price gt null", ""),
            ("Price le null", ""),
            ("Description ne 'x'", ALL),
            ("Color eq null", "3 5 2147483647"),
            ("not (Color eq null)", "-7 1 2 4 6"),
            ("Size/Depth eq null", "-7 1 4 5 2147483647"),
            ("Category/Name eq null", "2147483647"),
            ("Category/Name ne 'Phones'", "-7 1 2 5 6 2147483647"),
            ("contains(Description,'x')", ""),
            ("not contains(Description,'x')", "-7 2 3 5 6"),
            ("length(Description) eq null", "1 4 2147483647"),
        ],
    );
}

#[test]
fn three_values() {
    passes(
        "Products",
        &[
            ("not null", ""),
            ("null and false", ""),
            ("not (null and false)", ALL),
            ("null or true", ALL),
            ("null and true", ""),
            ("not (null and true)", ""),
            ("(null or false) eq null", ALL),
            ("false lt true", ALL),
            ("true eq TRUE", ALL),
        ],
    );
    passes("Samples", &[("Boolean", "1"), ("not Boolean", "2"), ("Boolean or Boolean eq null", "1 3")]);
}

#[test]
fn numbers_that_are_none() {
    passes(
        "Samples",
        &[
            ("Single eq NaN", ""),
            ("Single ne NaN", "1 2 3"),
            ("Single eq null", "3"),
            ("Single ne null", "1 2"),
            ("Single gt 0", "1"),
            ("Double eq -INF", "2"),
            ("Double lt 0", "2"),
            ("Double lt INF", "1 2"),
            ("Double gt 1e299", "1"),
        ],
    );
}

#[test]
fn calculations() {
    passes(
        "Products",
        &[
            ("ID div 2 eq 1", "2 3"),
            ("ID divby 2 eq 1.5", "3"),
            ("ID mod 4 eq -3", "-7"),
            ("-7 mod 3 eq -1", ALL),
            ("7 div 2 eq 3", ALL),
            ("-7 div 2 eq -3", ALL),
            ("ID divby 0 eq INF and ID lt 3", "1 2"),
            ("1 add 2 mul 3 eq 7", ALL),
            ("(1 add 2) mul 3 eq 9", ALL),
            ("10 sub 3 sub 2 eq 5", ALL),
            ("-ID eq 7", "-7"),
            ("Price mul 2 eq 9.98", "1"),
            ("0.1 add 0.2 eq 0.3", ALL),
            ("true or false and false", ALL),
            ("ID eq 1 or ID eq 2 and ID eq 3", "1"),
        ],
    );
    get("/Products?$filter=ID div 0 eq 1").refused(400);
    get("/Samples?$filter=Int64 add 1 gt 0").refused(400);
    get("/Products?$filter=Name add 1 eq 2").refused(400);
}

#[test]
fn texts() {
    passes(
        "Products",
        &[
            ("contains(Name,'cable')", ""),
            ("contains(tolower(Name),'phone')", "2 3 4"),
            ("contains(Name,'_50%')", "-7"),
            ("contains(Name,'_')", "-7"),
            ("startswith(Name,'%')", ""),
            ("substring(Name,100) eq ''", ALL),
            ("substring(Name,0,5) eq 'Phone'", "3 4"),
            ("substring(Name,-1) eq 'S'", "4"),
            ("length(Name) eq 9", "3"),
            ("indexof(Name,'nowhere') eq -1", ALL),
            ("Name eq 'L''Étranger'", "5"),
            ("Description eq 'back\\slash and /slash'", "6"),
            ("Name eq 'Maps & <Plans>'", "6"),
            ("matchesPattern(Name,'^Phone .$')", "4"),
            ("matchesPattern(Name,'^phone')", ""),
            // Others would go through it for ever.
            ("matchesPattern('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab','^(a+)+$')", ""),
            ("Name gt 'a'", "-7 2147483647"),
            ("concat(concat(Sku,'-'),Name) eq 'LAST-zz Last'", "2147483647"),
        ],
    );
    passes(
        "Samples",
        &[("contains(String,'''')", "1"), ("contains(String,'plus +')", "1"), ("String eq ''", "2")],
    );
    get("/Products?$filter=substring(Name,0,-1) eq ''").refused(400);
    get("/Products?$filter=matchesPattern(Name,'(')").refused(400);
    // One that would be large is none either.
    get("/Products?$filter=matchesPattern(Name,'((a{1,999}){1,999}){1,999}')").refused(400);
    get("/Products?$filter=Name eq 'a").refused(400);
    get("/Products?$filter=Name eq 1").refused(400);
    get("/Products?$filter=Name").refused(400);
}

#[test]
fn times() {
    let (least, most) = (i64::MIN.to_string(), i64::MAX.to_string());
    let with = |keys: &str| keys.replace("MIN", &least).replace("MAX", &most);
    for (condition, expected) in [
        ("Placed eq 2024-02-01T04:30:00Z", "1 2"),
        ("Placed eq 2024-02-01T05:30:00+01:00", "1 2"),
        ("date(Placed) eq 2024-01-31", "1"),
        ("hour(Placed) eq 23", "MIN 1"),
        ("day(Placed) eq 31", "MIN 1"),
        ("time(Placed) gt 12:00:00", "MIN 1"),
        ("totaloffsetminutes(Placed) eq -300", "1"),
        ("fractionalseconds(Placed) eq 0.1234567", "MAX"),
        ("Placed lt now()", "MIN 1 2 MAX"),
        ("Placed gt mindatetime() and Placed lt maxdatetime()", "MIN 1 2 MAX"),
        ("Placed add duration'P1D' lt 2024-02-02T04:30:00.1Z", "MIN 1 2"),
        ("Placed sub 2024-02-01T00:00:00Z gt duration'PT4H30M'", "MAX"),
    ] {
        assert_eq!(
            get(&format!("/Orders?$filter={}", encoded(condition))).all("ID"),
            with(expected),
            "{condition}"
        );
    }
    passes("Products/Shop.Gadget", &[("totalseconds(Runtime) eq 108000", "2"), ("Runtime gt 'P1DT3H'", "2")]);
    for wrong in
        ["Date eq 2024-02-30", "TimeOfDay eq 24:00:00", "Duration eq duration'P1Y'", "Date eq 2024-1-1"]
    {
        get(&format!("/Samples?$filter={wrong}")).refused(400);
    }
}

#[test]
fn types_and_cases() {
    passes(
        "Products",
        &[
            ("round(2.5) eq 3 and round(-2.5) eq -3", ALL),
            ("cast(Name,Edm.Int32) eq null", ALL),
            ("cast(ID,Edm.String) eq '5'", "5"),
            ("cast(Price,Edm.Int32) eq 49", "6"),
            ("isof(Shop.Gadget)", "2 3 4"),
            ("isof('Shop.Gadget')", "2 3 4"),
            ("isof(Price,Edm.Decimal)", ALL),
            ("case(Price gt 100:'a',true:'b') eq 'a'", "-7 2 3"),
            ("case(Price gt 100:'a') eq null", "1 4 5 6 2147483647"),
            ("Channels has 'Web'", "1 2 3 5 2147483647"),
            ("Channels has Shop.Channels'Web,Phone'", "2 5"),
            ("Color gt 'Red'", "1 2 4 6"),
            ("hassubset(Tags,[\"usb\"])", "1"),
            ("hassubsequence(Tags,[\"usb\",\"cheap\"])", "1"),
            ("hassubset(Tags,[\"map\",\"map\"])", "6"),
        ],
    );
}

#[test]
fn variables_hide_properties() {
    passes(
        "Products",
        &[
            ("Reviews/any(ID:ID/Stars gt 3)", "1"),
            ("Reviews/any(r:r/Stars gt 3 and ID eq 1)", "1"),
            ("Related/any(r:r/ID gt ID)", "1 5"),
            ("Related/any(a:a/Related/any(b:b/ID ne a/ID))", "1 2"),
            ("Tags/any(t:contains(t,'''Phone'))", "3"),
        ],
    );
    get("/Products?$filter=Reviews/any(r:R/Stars gt 3)").refused(400);
    get("/Products?$filter=any(t:t eq 1)").refused(400);
}

#[test]
fn options_are_applied_in_order() {
    assert_eq!(ids("/Products?$top=1&$skip=1&$orderby=ID desc&$filter=ID lt 6&$search=phone"), "3");
    assert_eq!(ids("/Products?$skip=1&$apply=filter(Price gt 100)&$orderby=ID"), "2 3");
    assert_eq!(ids("/Products?$compute=ID mul -1 as N&$orderby=N&$top=2&$filter=N gt -5"), "4 3");
    for twice in ["$top=1&$top=1", "$top=1&top=1", "$Top=1&$TOP=1", "$select=ID&select=ID", "@a=1&@a=2"] {
        get(&format!("/Products?{twice}")).refused(400);
    }
    for wrong in
        ["$foo=1", "$filter=", "$orderby=", "$select=", "$expand=", "$count=", "$filter=%zz", "$levels=1"]
    {
        get(&format!("/Products?{wrong}")).refused(400);
    }
    get("/Products?$id=Products(1)").refused(501);
    for token in ["x", "", "AAAAAAAAAAAAAAAAAAAAAAAA", "ZkwMyABggEjbj_TtWzMsWzJdXR"] {
        get(&format!("/Products?$skiptoken={token}")).refused(400);
    }
    let body = "$filter=Price gt 100&$select=ID";
    let long =
        ask(&SHOP, "POST", "/Products/$query?$orderby=ID desc", &[("content-type", "text/plain")], body);
    assert_eq!(long.all("ID"), "3 2 -7");
    ask(&SHOP, "POST", "/Products/$query", &[("content-type", "application/json")], "{}").refused(415);
}

#[test]
fn aggregation() {
    let of = |apply: &str| get(&format!("/Products?$apply={apply}"));
    assert_eq!(of("aggregate(ID with max as M,$count as N)").ok()["value"][0]["N"], 8);
    assert_eq!(of("filter(Price gt 100)/aggregate($count as N)").all("N"), "3");
    assert_eq!(of("groupby((Category/Name),aggregate($count as N))").all("N"), "1 1 1 2 1 2");
    assert_eq!(of("topcount(2,Price)").all("ID"), "-7 3");
    assert_eq!(of("orderby(ID desc)/top(2)").all("ID"), "2147483647 6");
    of("aggregate(Price with frob as X)").refused(400);
    of("nobody()").refused(400);
}

#[test]
fn one_entity_has_many_addresses() {
    for target in [
        "/Products(1)",
        "/Products(ID=1)",
        "/Products/1",
        "/Products(Sku='CABLE-1')",
        "/Products%281%29",
        "/$entity?$id=Products(1)",
    ] {
        assert_eq!(get(target).ok()["ID"], 1, "{target}");
    }
    for target in [
        "/Stocks(Warehouse='B''1',ProductID=1)",
        "/Stocks(ProductID=1,Warehouse='B%27%271')",
        "/Stocks/B'1/1",
    ] {
        assert_eq!(get(target).ok()["Quantity"], 9_007_199_254_740_993_i64, "{target}");
    }
    for target in
        ["/Customers('o''neil')", "/Customers('o%27%27neil')", "/Customers/o'neil", "/Customers/o%27neil"]
    {
        assert_eq!(get(target).ok()["Login"], "o'neil", "{target}");
    }
    for target in ["/Customers('grace%2Fhopper')", "/Customers/grace%2Fhopper"] {
        assert_eq!(get(target).ok()["Login"], "grace/hopper", "{target}");
    }
    for target in ["/Customers('名前')", "/Customers/名前"] {
        assert_eq!(get(target).ok()["Login"], "名前", "{target}");
    }
    assert_eq!(get("/Stocks/b%2F2/5/Product/Name").ok()["value"], "L'Étranger");
    for (target, status) in [
        ("/Products('CABLE-1')", 404),
        ("/Products(Name='Cable 1.5m')", 404),
        ("/Stocks('A',1)", 404),
        ("/Stocks(Warehouse='A')", 404),
        ("/Stocks/A", 404),
        ("/Products()", 404),
        ("/Products(null)", 404),
        ("/Products(1)(2)", 404),
        ("/Products(x)", 400),
        ("/Products/x", 404),
        ("/Customers('o'neil')", 400),
        ("/Products(1)/Nope", 404),
        ("/Products(1)/Name/Nope", 404),
        ("/Products(1)/Name/$ref", 404),
        ("/Products(1)/Category(1)", 404),
        ("/Products//1", 400),
        ("/Store(1)", 404),
        ("/$entity", 501),
        ("/Products/$each", 501),
    ] {
        get(target).refused(status);
    }
}
