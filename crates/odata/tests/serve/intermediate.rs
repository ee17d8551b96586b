//! OData 4.0 Intermediate: Part 1 §13.1.2 of 4.0.

use serde_json::{Value, json};

use crate::client::{encoded, get, ids};

/// The names of members that are no control information.
fn names(entity: &Value) -> Vec<&str> {
    let names = entity.as_object().unwrap().keys().map(String::as_str);
    names.filter(|name| !name.contains('@')).collect()
}

#[test]
fn r40i_02_whole_grammar() {
    // All of this is in the grammar: it is done, or refused by its name, and never a syntax error.
    for (option, status) in [
        ("$filter=Products/any(p:p/Price gt 5 and not p/Reviews/any())", 200),
        ("$filter=case(ID gt 1:true,true:false)", 200),
        ("$filter=ID in (1,2)", 200),
        ("$filter=geo.intersects(Position,geography'SRID=4326;Polygon((0 0,1 0,1 1,0 0))')", 501),
        ("$filter=$root/Products/$count gt 1", 501),
        ("$filter=@Core.Term eq 1", 501),
        ("$apply=groupby((Name),aggregate($count as N))", 200),
        ("$search=a AND NOT (b OR \"c d\")", 200),
        ("$expand=Products($levels=2;$count=true;$select=ID)", 200),
        ("$orderby=Name desc,Products/$count", 200),
        ("$compute=length(Name) mul 2 as Twice", 200),
        ("$deltatoken=x", 501),
        ("$schemaversion=*", 200),
    ] {
        let target = format!("/Categories?{option}");
        if target.contains("Position") {
            get(&target.replace("/Categories", "/Suppliers").replace("Position", "Address/Position"))
                .is(status);
        } else {
            get(&target).is(status);
        }
    }
}

#[test]
fn r40i_03_select() {
    let answer = get("/Products?$select=ID,Name&$top=1");
    assert_eq!(answer.ok()["@odata.context"], "http://shop.test/$metadata#Products(ID,Name)");
    assert_eq!(names(&answer.values()[0]), ["ID", "Name"]);
    let one = get("/Products(2)?$select=Name,Shop.Gadget/Runtime");
    let context = "http://shop.test/$metadata#Products(Name,Example.Shop.Gadget/Runtime)/$entity";
    assert_eq!(one.ok()["@odata.context"], context);
    assert_eq!((&one.json()["Runtime"], names(&one.json()).len()), (&json!("P1DT6H"), 2));
    assert_eq!(names(&get("/Products(1)?$select=*").ok()).len(), 14);
    let inner = get("/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)?$select=Address/City").ok();
    assert_eq!(inner["Address"], json!({ "City": "Köln" }));
    let derived = get("/Orders(1)?$select=ShipTo/Shop.ShippingAddress/Windows").ok();
    assert_eq!(derived["ShipTo"]["Windows"], json!([]));
    assert_eq!(names(&derived["ShipTo"]), ["Windows"]);
    // What is expanded is there, selected or not.
    let both = get("/Products(1)?$select=ID&$expand=Category").ok();
    assert_eq!(names(&both), ["ID", "Category"]);
    get("/Products?$select=Nope").refused(400);
    get("/Products?$select=Runtime").refused(400);
}

#[test]
fn r40i_04_casts() {
    assert_eq!(ids("/Products/Shop.Gadget"), "2 3 4");
    assert_eq!(ids("/Products/Example.Shop.Phone"), "3 4");
    assert_eq!(ids("/Categories(1)/Products/Shop.Gadget"), "2");
    let list = get("/Products/Shop.Gadget?$select=ID").ok();
    assert_eq!(list["@odata.context"], "http://shop.test/$metadata#Products/Example.Shop.Gadget(ID)");
    assert_eq!(list["value"][0].get("@odata.type"), None);
    assert_eq!(list["value"][1]["@odata.type"], "#Example.Shop.Phone");
    assert_eq!(get("/Products(2)/Shop.Gadget/Runtime").ok()["value"], "P1DT6H");
    assert_eq!(get("/Products/Shop.Gadget(2)/Wireless").ok()["value"], true);
    assert_eq!(get("/Products/Shop.Gadget/$count").body, "3");
    get("/Products(1)/Shop.Gadget").refused(404);
    get("/Products(1)/Shop.Gadget/Runtime").refused(404);
    get("/Products/Shop.Gadget(1)").refused(404);
    get("/Products(2)/Runtime").refused(404);
    get("/Products/Shop.Category").refused(404);
    let depots = get("/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)/Depots/Shop.ShippingAddress");
    assert_eq!(depots.all("City"), "Hamburg");
    assert_eq!(ids("/Products?$filter=Shop.Gadget/Wireless"), "2 3");
    assert_eq!(ids("/Products?$filter=isof(Shop.Book)"), "5 6");
}

#[test]
fn r40i_04_casts_of_complex_values() {
    for (path, context) in [
        ("Shop.ShippingAddress", "Example.Shop.ShippingAddress"),
        ("Shop.ShippingAddress/Windows", "Example.Shop.ShippingAddress/Windows"),
        ("Shop.ShippingAddress/Country/Code", "Example.Shop.ShippingAddress/Country/Code"),
        ("Shop.Address/City", "City"),
        ("Shop.ShippingAddress?$select=Windows", "Example.Shop.ShippingAddress(Windows)"),
    ] {
        let expected = format!("http://shop.test/$metadata#Orders(1)/ShipTo/{context}");
        assert_eq!(
            get(&format!("/Orders(1)/ShipTo/{path}")).ok()["@odata.context"],
            expected.as_str(),
            "{path}"
        );
    }
    assert_eq!(get("/Orders(1)/ShipTo/Shop.ShippingAddress/City/$value").body, "London");
    assert_eq!(get("/Orders(1)/ShipTo/Shop.ShippingAddress/Instructions").is(204).body, "");
    for target in [
        "/Orders(1)/ShipTo/Instructions",
        "/Orders(1)/ShipTo/Shop.Country",
        "/Orders(2)/ShipTo/Shop.ShippingAddress",
        "/Orders(9223372036854775807)/ShipTo/Shop.ShippingAddress",
        "/Orders(9223372036854775807)/ShipTo/Shop.ShippingAddress/Windows",
    ] {
        get(target).refused(404);
    }
    let of = |condition: &str| get(&format!("/Orders?$filter={condition}")).all("ID");
    assert_eq!(of("isof(ShipTo,Shop.ShippingAddress)"), "1");
    assert_eq!(of("isof(ShipTo,Shop.Address)"), "1 9223372036854775807");
    assert_eq!(of("not isof(ShipTo,Shop.ShippingAddress) and ID gt 1"), "2 9223372036854775807");
    let depots = get("/Suppliers?$filter=Depots/any(d:isof(d,Shop.ShippingAddress))");
    assert_eq!(depots.all("Name"), "Müller & Söhne");
}

#[test]
fn r40i_05_top() {
    assert_eq!(ids("/Products?$top=2"), "-7 1");
    assert_eq!(ids("/Products?$top=2&$orderby=Price desc"), "-7 3");
    assert_eq!(ids("/Products?$top=0"), "");
    assert_eq!(ids("/Products?$top=1000000"), "-7 1 2 3 4 5 6 2147483647");
    for wrong in ["-1", "x", "1.5", "", "99999999999999999999"] {
        get(&format!("/Products?$top={wrong}")).refused(400);
    }
    get("/Products(1)?$top=1").refused(400);
}

#[test]
fn r40i_06_raw_values() {
    for (target, expected) in [
        ("/Products(1)/Name/$value", "Cable 1.5m"),
        ("/Products(1)/Price/$value", "4.99"),
        ("/Products(4)/Color/$value", "Green"),
        ("/Products(1)/Channels/$value", "Web,Store"),
        ("/Products(2)/Shop.Gadget/Wireless/$value", "true"),
        ("/Products(2)/Shop.Gadget/Runtime/$value", "P1DT6H"),
        ("/Samples(1)/Int64/$value", "9223372036854775807"),
        ("/Samples(1)/Double/$value", "1.5e300"),
        ("/Samples(2)/Double/$value", "-INF"),
        ("/Samples(2)/Single/$value", "NaN"),
        ("/Samples(1)/DateTimeOffset/$value", "2024-02-29T23:59:59.9999999+14:00"),
        ("/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)/Address/Country/Code/$value", "DE"),
    ] {
        let answer = get(target);
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{target}");
        assert_eq!(answer.header("content-type"), "text/plain;charset=utf-8", "{target}");
    }
    let bytes = get("/Samples(1)/Binary/$value");
    assert_eq!(bytes.header("content-type"), "application/octet-stream");
    assert_eq!(bytes.body, "[0, 255, 254]");
    assert_eq!(get("/Products(1)/Description/$value").is(204).body, "");
    // No entity of the shop has a stream.
    get("/Products(1)/$value").refused(400);
    get("/Products(1)/Size/$value").refused(400);
}

#[test]
fn r40i_07a_eq_ne() {
    let wanted = |property: &str, literal: &str| {
        let of = |operator: &str| {
            let filter = encoded(&format!("{property} {operator} {literal}"));
            get(&format!("/Samples?$filter={filter}")).all("ID")
        };
        (of("eq"), of("ne"))
    };
    for (property, literal) in [
        ("ID", "1"),
        ("Binary", "binary'AP_-'"),
        ("Boolean", "true"),
        ("Byte", "255"),
        ("Date", "2024-02-29"),
        ("DateTimeOffset", "2024-02-29T23:59:59.9999999+14:00"),
        ("DateTimeOffset", "2024-02-29T09:59:59.9999999Z"),
        ("Decimal", "12345678.875"),
        ("Double", "1.5e300"),
        ("Duration", "duration'-P10DT1H2M3.4567891S'"),
        ("Guid", "01234567-89ab-cdef-0123-456789abcdef"),
        ("Int16", "32767"),
        ("Int32", "2147483647"),
        ("Int64", "9223372036854775807"),
        ("SByte", "127"),
        ("Single", "0.5"),
        ("String", "'quote '' percent % underscore _ plus + 💶'"),
        ("TimeOfDay", "23:59:59.9999999"),
    ] {
        assert_eq!(wanted(property, literal), ("1".to_owned(), "2 3".to_owned()), "{property}");
        if property != "ID" {
            assert_eq!(wanted(property, "null"), ("3".to_owned(), "1 2".to_owned()), "{property}");
        }
    }
    for property in ["Point", "Line", "Area", "Plan"] {
        assert_eq!(wanted(property, "null"), ("2 3".to_owned(), "1".to_owned()), "{property}");
    }
    assert_eq!(ids("/Products?$filter=Color eq 'Red'"), "-7");
    assert_eq!(ids("/Products?$filter=Size ne null"), "1 2 3 6");
    assert_eq!(ids("/Products?$filter=Size/Depth eq 2.4"), "6");
}

#[test]
fn r40i_07b_aliases() {
    assert_eq!(ids("/Products?$filter=Price gt @p&@p=100"), "-7 2 3");
    assert_eq!(ids("/Products?@p=Price gt 100&$filter=@p"), "-7 2 3");
    assert_eq!(ids("/Products?$filter=Name eq @n or Name eq @m&@n='Phone S'&@m='zz Last'"), "4 2147483647");
    assert_eq!(ids("/Products?$filter=ID in @l&@l=[1,2]"), "1 2");
    assert_eq!(ids("/Products?$filter=Color eq @missing"), "3 5 2147483647");
    assert_eq!(ids("/Products?$filter=@a gt 3&@a=@b&@b=ID"), "4 5 6 2147483647");
    get("/Products?$filter=@a gt 3&@a=@a").refused(400);
    get("/Products?$filter=@p&@p=Price gt").refused(400);
}

#[test]
fn r40i_07d_functions() {
    for (condition, expected) in [
        ("contains(Name,'Phone')", "3 4"),
        ("startswith(Name,'shirt_') and endswith(Name,'off')", "-7"),
        ("length(Name) eq 7", "4 2147483647"),
        ("indexof(Name,'S') eq 6", "4"),
        ("substring(Name,6) eq 'S'", "4"),
        ("tolower(Sku) eq 'last'", "2147483647"),
        ("toupper(Name) eq 'L''ÉTRANGER'", "5"),
        ("trim(concat(' ',Sku)) eq 'LAST'", "2147483647"),
        ("year(Released) eq 2024 and month(Released) eq 2 and day(Released) eq 29", "3"),
        ("round(Price) eq 8", "5"),
        ("floor(Price) eq 7", "5"),
        ("ceiling(Price) eq 5", "1"),
        ("Price gt 5 and Price lt 50", "5 6"),
        ("not (Price ge 5) or ID mod 5 eq 1", "1 4 6 2147483647"),
    ] {
        assert_eq!(ids(&format!("/Products?$filter={}", encoded(condition))), expected, "{condition}");
    }
    get("/Samples?$filter=geo.distance(Point,Plan) lt 1").refused(501);
}
