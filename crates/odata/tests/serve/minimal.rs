//! OData 4.0 Minimal: Part 1 §13.1.1 of 4.0.

use serde_json::json;

use crate::client::{SHOP, SMALL, ask, get, get_with, ids};

#[test]
fn r40m_01_service_document() {
    let answer = get("/");
    let document = answer.ok();
    assert_eq!(document["@odata.context"], "http://shop.test/$metadata");
    let all = document["value"].as_array().unwrap();
    assert!(all.contains(&json!({ "name": "Products", "kind": "EntitySet", "url": "Products" })));
    assert!(all.contains(&json!({ "name": "Store", "kind": "Singleton", "url": "Store" })));
    assert!(all.contains(&json!({ "name": "StockValue", "kind": "FunctionImport", "url": "StockValue" })));
    // Left out by the model.
    assert!(!answer.body.contains("Samples"));
    for entry in all.iter().filter(|entry| entry["kind"] != "FunctionImport") {
        get(&format!("/{}", entry["url"].as_str().unwrap())).ok();
    }
    let at_401 = get_with("/", &[("odata-maxversion", "4.01")]);
    assert_eq!(at_401.ok()["@context"], "http://shop.test/$metadata");
}

#[test]
fn r40m_02_json() {
    let (list, one) = (get("/Stocks"), get("/Stocks(Warehouse='A',ProductID=1)"));
    for answer in [&list, &one] {
        assert_eq!(answer.header("content-type"), "application/json;odata.metadata=minimal");
    }
    assert_eq!(list.ok()["@odata.context"], "http://shop.test/$metadata#Stocks");
    assert_eq!(list.values().len(), 4);
    assert_eq!(one.ok()["@odata.context"], "http://shop.test/$metadata#Stocks/$entity");
    assert_eq!((&one.json()["Quantity"], &one.json()["Warehouse"]), (&json!(100), &json!("A")));
    assert_eq!(get("/Products(1)/Tags").ok()["value"], json!(["usb", "cheap"]));
    assert_eq!(get("/Products(1)/Name").ok()["value"], "Cable 1.5m");
}

/// Follows next links from one page to the last.
#[track_caller]
fn walk(target: &str, sizes: &[usize]) -> Vec<i64> {
    let (mut seen, mut target) = (Vec::new(), target.to_owned());
    for (place, size) in sizes.iter().enumerate() {
        let page = ask(&SMALL, "GET", &target, &[], "");
        let keys = page.values().into_iter().map(|entity| entity["ID"].as_i64().unwrap());
        let keys: Vec<i64> = keys.collect();
        assert_eq!(keys.len(), *size, "{page:?}");
        seen.extend(keys);
        let next = page.json()["@odata.nextLink"].as_str().map(str::to_owned);
        assert_eq!(next.is_some(), place + 1 < sizes.len(), "{page:?}");
        target = next.unwrap_or_default().trim_start_matches("http://shop.test").to_owned();
    }
    seen
}

#[test]
fn r40m_03_next_links() {
    let all = [-7, 1, 2, 3, 4, 5, 6, 2_147_483_647];
    assert_eq!(walk("/Products?$select=ID", &[3, 3, 2]), all);
    assert_eq!(walk("/Products?$select=ID&$top=7", &[3, 3, 1]), all[..7]);
    // A page that is full and the last has no link.
    assert_eq!(walk("/Products?$select=ID&$top=6", &[3, 3]), all[..6]);
    assert_eq!(walk("/Products?$select=ID&$skip=2", &[3, 3]), all[2..]);
    assert_eq!(walk("/Products?$filter=ID gt 3&$select=ID", &[3, 1]), all[4..]);
    assert_eq!(walk("/Products?$orderby=Category/Name desc,ID&$select=ID", &[3, 3, 2]).len(), 8);
    assert_eq!(walk("/Products?$search=Phone&$select=ID", &[3]), [2, 3, 4]);
    // What is expanded has links of its own.
    let shop = ask(&SMALL, "GET", "/Categories(1)?$expand=Products($select=ID;$top=1)", &[], "");
    assert_eq!(shop.ok()["Products"].as_array().unwrap().len(), 1);
    assert!(shop.json().get("Products@odata.nextLink").is_none());
}

#[test]
fn r40m_04_version() {
    for (target, status) in
        [("/", 200), ("/$metadata", 200), ("/Products", 200), ("/Products(1)/Description", 204)]
    {
        assert_eq!(get(target).is(status).header("odata-version"), "4.0", "{target}");
    }
    for (target, status) in [("/Nope", 404), ("/Products?$filter=Nope eq 1", 400), ("/$all", 501)] {
        assert_eq!(get(target).is(status).header("odata-version"), "4.0", "{target}");
    }
    assert_eq!(ask(&SHOP, "DELETE", "/Products(1)", &[], "").is(405).header("odata-version"), "4.0");
    let batch = ask(&SHOP, "POST", "/$batch", &[("content-type", "application/json")], r#"{"requests":[]}"#);
    assert_eq!(batch.header("odata-version"), "4.0");
}

#[test]
fn r40m_05a_accept() {
    for accept in ["application/json", "application/*", "*/*", "text/html, application/json;q=0.5", ""] {
        let answer = get_with("/Products(1)", &[("accept", accept)]);
        assert_eq!(answer.ok()["ID"], 1, "{accept}");
    }
    for accept in [
        "text/html",
        "application/xml",
        "application/atom+xml",
        "application/json;foo=bar",
        "application/json;odata.metadata=much",
        "application/json;q=0",
    ] {
        get_with("/Products(1)", &[("accept", accept)]).refused(406);
    }
    let none = get_with("/Products(1)", &[("accept", "application/json;odata.metadata=none")]);
    assert_eq!(none.header("content-type"), "application/json;odata.metadata=none");
    assert!(!none.body.contains('@'), "{none:?}");
    let xml = get_with("/$metadata", &[("accept", "application/xml")]);
    assert!(xml.body.starts_with("<?xml"));
    get_with("/$metadata", &[("accept", "text/plain")]).refused(406);
    get_with("/Products(1)/Name/$value", &[("accept", "application/json")]).refused(406);
    // $format counts for more.
    let json = get_with("/Products(1)?$format=json", &[("accept", "text/html")]);
    assert_eq!(json.ok()["ID"], 1);
    get_with("/Products(1)?$format=xml", &[("accept", "application/json")]).refused(406);
}

#[test]
fn r40m_05b_max_version() {
    let old = get_with("/Products(1)", &[("odata-maxversion", "4.0")]);
    assert_eq!(old.header("odata-version"), "4.0");
    assert_eq!(old.ok()["@odata.context"], "http://shop.test/$metadata#Products/$entity");
    assert!(old.json().get("@context").is_none());
    for max in ["4.01", "4.02", "5.0"] {
        let new = get_with("/Products(1)", &[("odata-maxversion", max)]);
        assert_eq!(new.header("odata-version"), "4.01", "{max}");
        assert_eq!(new.ok()["@context"], "http://shop.test/$metadata#Products/$entity");
        assert!(!new.body.contains("@odata."));
    }
    for max in ["3.0", "2.0", "x"] {
        get_with("/Products(1)", &[("odata-maxversion", max)]).refused(400);
    }
    get_with("/Products(1)", &[("odata-version", "3.0")]).refused(400);
    let told = get_with("/Nope", &[("odata-maxversion", "4.01")]);
    assert_eq!(told.is(404).header("odata-version"), "4.01");
}

#[test]
fn r40m_06_unknown_is_ignored() {
    let headers = [("x-nobody", "knows"), ("odata-entityid", "x"), ("prefer", "unknown=1, respond-softly")];
    assert_eq!(get_with("/Products(1)", &headers).ok()["ID"], 1);
    assert_eq!(get("/Products(1)?nobody=knows&@unused=1").ok()["ID"], 1);
    let body = r#"{"@nobody.knows":1,"requests":[{"id":"1","method":"GET","url":"Products(1)","@x":2}]}"#;
    let batch = ask(&SHOP, "POST", "/$batch", &[("content-type", "application/json")], body);
    assert_eq!(batch.ok()["responses"][0]["body"]["ID"], 1);
}

#[test]
fn r40m_07_unsupported_is_named() {
    for (target, name) in [
        ("/$all", "$all"),
        ("/$crossjoin(Products,Categories)", "$crossjoin"),
        ("/Products/Shop.Cheapest()", "Cheapest"),
        ("/StockValue()", "StockValue"),
        ("/Products?$deltatoken=x", "$deltatoken"),
        ("/Products?$index=1", "$index"),
        ("/Samples?$filter=geo.length(Line) gt 1", "geo.length"),
        ("/Products?$filter=Price gt $root/Products(2)/Price", "$root"),
        ("/Products?$filter=Size eq {\"Height\":1}", "JSON object"),
        ("/Products?$filter=length(Tags) gt 1", "length"),
        ("/Suppliers?$filter=Rating gt 4", "Rating"),
        ("/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)/Depots/0", "place"),
    ] {
        let message = get(target).refused(501);
        assert!(message.contains(name), "{target}: {message}");
    }
    // Wrong is another thing than unsupported.
    for target in ["/Products?$nobody=1", "/Products?$filter=nofunc(Name)", "/Products?$top=x"] {
        get(target).refused(400);
    }
}

#[test]
fn r40m_08_only_csdl_types() {
    let xml = get("/$metadata").body;
    let types: Vec<&str> = xml.split(" Type=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(types.len() > 50);
    for ty in types {
        let ty = ty.trim_start_matches("Collection(").trim_end_matches(')');
        let is_declared = ty.strip_prefix("Example.Shop.").is_some_and(|name| {
            ["ComplexType", "EntityType", "EnumType", "TypeDefinition"]
                .iter()
                .any(|kind| xml.contains(&format!("<{kind} Name=\"{name}\"")))
        });
        assert!(
            is_declared || odata::model::Primitive::named(ty.trim_start_matches("Edm.")).is_some(),
            "{ty}"
        );
    }
    // Metadata of 4.0 has nothing that is of 4.01 only.
    let old = get_with("/$metadata", &[("odata-maxversion", "4.0")]);
    assert!(old.body.contains("<edmx:Edmx Version=\"4.0\""), "{}", &old.body[..200]);
}

#[test]
fn r40m_09_no_custom_content() {
    // A client that sends nothing but the method and the address gets everything.
    for target in ["/", "/$metadata", "/Products", "/Products(1)", "/Products/$count", "/Store"] {
        get(target).is(200);
    }
    assert_eq!(ids("/Products?$top=2"), "-7 1");
}

#[test]
fn r40m_11_read_only() {
    for (method, target) in [
        ("POST", "/Products"),
        ("PATCH", "/Products(1)"),
        ("PUT", "/Products(1)"),
        ("DELETE", "/Products(1)"),
        ("PUT", "/Products(1)/Name"),
    ] {
        let answer = ask(&SHOP, method, target, &[("content-type", "application/json")], "{}");
        answer.refused(405);
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    assert_eq!(get("/Products(1)/Shop.Reprice").is(405).header("allow"), "POST");
    assert_eq!(ids("/Products"), "-7 1 2 3 4 5 6 2147483647");
}

#[test]
fn r40m_14_prefixed_names() {
    for prefer in ["odata.maxpagesize=3", "maxpagesize=3"] {
        let page = get_with("/Products?$select=ID", &[("prefer", prefer)]);
        assert_eq!(page.values().len(), 3);
        assert!(page.body.contains("nextLink"));
        assert!(page.header("preference-applied").ends_with("maxpagesize=3"));
    }
    // Isolation is not offered, and therefore nothing may be answered.
    for name in ["odata-isolation", "isolation"] {
        get_with("/Products", &[(name, "snapshot")]).refused(412);
    }
}

#[test]
fn r40m_15_prefixed_literals() {
    assert_eq!(ids("/Products?$filter=Color eq Example.Shop.Color'Red'"), "-7");
    assert_eq!(ids("/Products?$filter=Color eq Shop.Color'Red'"), "-7");
    assert_eq!(ids("/Products?$filter=Channels eq Shop.Channels'Web,Store'"), "1");
    assert_eq!(ids("/Products/Shop.Gadget?$filter=Runtime gt duration'P1DT3H'"), "2");
    assert_eq!(ids("/Products/Shop.Gadget?$filter=Runtime eq duration'PT30H'"), "2");
    get("/Products?$filter=Color eq Shop.Color'Pink'").refused(400);
    get("/Products/Shop.Gadget?$filter=Runtime gt duration'1D'").refused(400);
}
