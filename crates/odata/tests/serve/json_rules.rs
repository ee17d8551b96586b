//! Rules of the JSON format that services break most often: JSON Format 4.01, Part 1 §8 to §11.

use serde_json::{Value, json};

use crate::client::{SMALL, ask, get, get_with, ids};

const FULL: (&str, &str) = ("accept", "application/json;metadata=full");
const NONE: (&str, &str) = ("accept", "application/json;metadata=none");
const NEW: (&str, &str) = ("odata-maxversion", "4.01");

/// The names of an object's members in their order.
fn names(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_context_comes_first() {
    for (target, fragment) in [
        ("/Products", "Products"),
        ("/Products(1)", "Products/$entity"),
        ("/Products(1)/Name", "Products(1)/Name"),
        ("/Products(1)/Size", "Products(1)/Size"),
        ("/Products(1)/Tags", "Products(1)/Tags"),
        ("/Products(1)/Related/$ref", "Collection($ref)"),
        ("/Products(1)/Category/$ref", "$ref"),
        ("/Store", "Store"),
        ("/Customers('o''neil')/Address", ""),
        ("/Customers('grace%2Fhopper')/Address/City", "Customers('grace/hopper')/Address/City"),
        ("/Customers('名前')/Name", "Customers('名前')/Name"),
        ("/Products?$apply=aggregate($count as N)", "Products(N)"),
    ] {
        let answer = get(target);
        if fragment.is_empty() {
            answer.is(204);
            continue;
        }
        assert!(answer.body.starts_with("{\"@odata.context\":"), "{answer:?}");
        // Nothing in it is percent-encoded.
        assert_eq!(answer.ok()["@odata.context"], format!("http://shop.test/$metadata#{fragment}").as_str());
        assert!(!get_with(target, &[NONE]).body.contains("context"));
    }
}

#[test]
fn control_information_has_an_order() {
    let one = get_with("/Products(2)?$expand=Reviews($count=true)", &[FULL]).ok();
    let names = names(&one);
    assert_eq!(names[..5], ["@odata.context", "@odata.type", "@odata.id", "@odata.etag", "@odata.editLink"]);
    for (place, name) in names.iter().enumerate().skip(5) {
        if let Some((of, _)) = name.split_once("@odata.") {
            let behind: Vec<&str> = names[place..].iter().filter_map(|name| name.split('@').next()).collect();
            // Annotations stand before what they annotate, and nothing stands between.
            let is_link = name.ends_with("Link");
            assert!(is_link || behind.iter().take_while(|one| **one == of).count() >= 2, "{names:?}");
        }
    }
    let page = ask(&SMALL, "GET", "/Products?$count=true", &[], "").ok();
    assert_eq!(self::names(&page), ["@odata.context", "@odata.count", "@odata.nextLink", "value"]);
}

#[test]
fn names_depend_on_the_version() {
    let target = "/Products?$count=true&$top=1&$expand=Related($count=true)";
    let (old, new) = (get_with(target, &[FULL]), get_with(target, &[FULL, NEW]));
    assert!(old.body.matches("@odata.").count() > 20);
    assert_eq!(old.body.replace("@odata.", "@"), new.body);
}

#[test]
fn types_are_said_where_they_are_not_declared() {
    let types: Vec<Value> = get("/Products").values().iter().map(|one| one["@odata.type"].clone()).collect();
    let short = |name: &str| json!(format!("#Example.Shop.{name}"));
    let expected = [
        Value::Null,
        Value::Null,
        short("Gadget"),
        short("Phone"),
        short("Phone"),
        short("Book"),
        short("Book"),
        Value::Null,
    ];
    assert_eq!(types, expected);
    // Members of collections, too, by themselves and inside.
    let key = "6f1e2d3c-0000-4000-8000-00000000000a";
    let inside = get(&format!("/Suppliers({key})")).ok()["Depots"].clone();
    let alone = get(&format!("/Suppliers({key})/Depots")).ok()["value"].clone();
    assert_eq!(inside, alone);
    assert_eq!(alone[1]["@odata.type"], "#Example.Shop.ShippingAddress");
    assert_eq!(alone[1]["Windows"], json!(["08:00:00", "17:30:00.5"]));
    assert_eq!(alone[0].get("Windows"), None);
    assert_eq!(get("/Orders(1)/ShipTo").ok()["@odata.type"], "#Example.Shop.ShippingAddress");
    // Of dynamic properties what their form does not say.
    let open = get(&format!("/Suppliers({key})")).ok();
    assert_eq!((&open["Since@odata.type"], &open["Since"]), (&json!("#Date"), &json!("1987-05-04")));
    assert_eq!((open.get("Rating@odata.type"), &open["Rating"]), (None, &json!(4.5)));
    assert!(get_with(&format!("/Suppliers({key})"), &[NONE]).ok().get("Since@odata.type").is_none());
    // Built-in types in full metadata.
    let full = get_with("/Samples(1)", &[FULL]).ok();
    for (name, ty) in [
        ("Int64", "#Int64"),
        ("Date", "#Date"),
        ("Guid", "#Guid"),
        ("Duration", "#Duration"),
        ("Decimal", "#Decimal"),
        ("Binary", "#Binary"),
    ] {
        assert_eq!(full[format!("{name}@odata.type")], ty);
    }
    for name in ["String", "Boolean", "Double"] {
        assert!(full.get(format!("{name}@odata.type")).is_none(), "{name}");
    }
}

#[test]
fn errors_have_a_form() {
    for (target, status) in [("/Nope", 404), ("/Products?$filter=Nope eq 1", 400), ("/$all", 501)] {
        let answer = get(target);
        answer.refused(status);
        assert!(!answer.body.contains("context"));
    }
    assert_eq!(get("/Products?$filter=Price gt").json()["error"]["target"], "$filter");
}

#[test]
fn large_numbers_are_texts_on_request() {
    let (plain, texts) = (
        get("/Samples(1)?$select=Int64,Decimal,Int32,Double"),
        get_with(
            "/Samples(1)?$select=Int64,Decimal,Int32,Double",
            &[("accept", "application/json;IEEE754Compatible=true")],
        ),
    );
    assert!(plain.body.contains("\"Int64\":9223372036854775807"));
    assert!(plain.body.contains("\"Decimal\":12345678.875"));
    assert!(texts.header("content-type").contains("IEEE754Compatible=true"));
    assert!(!plain.header("content-type").contains("IEEE754"));
    let texts = texts.ok();
    assert_eq!(texts["Int64"], "9223372036854775807");
    assert_eq!(texts["Decimal"], "12345678.875");
    assert_eq!((&texts["Int32"], &texts["Double"]), (&json!(2_147_483_647), &json!(1.5e300)));
    let count =
        get_with("/Products?$count=true&$top=0", &[("accept", "application/json;IEEE754Compatible=true")]);
    assert_eq!(count.ok()["@odata.count"], "8");
    let property = get_with("/Orders(1)/ID", &[("accept", "application/json;IEEE754Compatible=true")]);
    assert_eq!(property.ok()["value"], "1");
}

#[test]
fn values_are_written_as_the_format_has_them() {
    let sample = get("/Samples(1)").ok();
    for (name, expected) in [
        ("Binary", json!("AP_-")),
        ("Boolean", json!(true)),
        ("Date", json!("2024-02-29")),
        ("DateTimeOffset", json!("2024-02-29T23:59:59.9999999+14:00")),
        ("Duration", json!("-P10DT1H2M3.4567891S")),
        ("Guid", json!("01234567-89ab-cdef-0123-456789abcdef")),
        ("TimeOfDay", json!("23:59:59.9999999")),
        ("Double", json!(1.5e300)),
        ("Point", json!({ "type": "Point", "coordinates": [13.377, 52.516] })),
        ("String", json!("quote ' percent % underscore _ plus + 💶")),
    ] {
        assert_eq!(sample[name], expected, "{name}");
    }
    assert!(get("/Samples(1)/Double").body.ends_with("\"value\":1.5e300}"));
    let low = get("/Samples(2)").ok();
    for (name, expected) in [
        ("Double", json!("-INF")),
        ("Single", json!("NaN")),
        ("Binary", json!("")),
        ("Duration", json!("PT0S")),
        ("DateTimeOffset", json!("0001-01-01T00:00:00Z")),
        ("TimeOfDay", json!("00:00:00")),
        ("Int64", json!(i64::MIN)),
    ] {
        assert_eq!(low[name], expected, "{name}");
    }
    // No decimal has an exponent.
    assert!(get("/Products?$select=Price").body.contains("\"Price\":9999999999.99"));
    assert!(get("/Samples(2)/Decimal").body.contains("\"value\":-0.001}"));
    // Members of enumerations by name, flags with commas, an empty set by its name.
    for (key, channels) in [(1, "Web,Store"), (2, "Everywhere"), (4, "None"), (5, "Web,Phone")] {
        assert_eq!(get(&format!("/Products({key})/Channels")).ok()["value"], channels);
    }
    assert_eq!(get("/Products(3)/Palette").ok()["value"], json!(["Red", "Green", "Blue"]));
    assert_eq!(get("/Products(1)/Ratings").ok()["value"], json!([5, null, 3]));
}

#[test]
fn nothing_is_204_and_empty_is_empty() {
    for target in [
        "/Products(1)/Description",
        "/Products(1)/Description/$value",
        "/Products(5)/Size",
        "/Products(5)/Size/Height",
        "/Products(-7)/Supplier",
        "/Products(2147483647)/Category",
        "/Categories(1)/Parent",
    ] {
        let answer = get(target);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{target}");
        assert_eq!(answer.header("content-type"), "");
    }
    for target in ["/Products(2)/Tags", "/Products(2)/Reviews", "/Orders(2)/Lines", "/Products?$filter=false"]
    {
        assert_eq!(get(target).ok()["value"], json!([]), "{target}");
    }
    for target in [
        "/Products(9)",
        "/Products(9)/Name",
        "/Products(9)/Tags",
        "/Products(9)/Category",
        "/Orders(9)/Lines",
    ] {
        get(target).refused(404);
    }
    // An empty text is no null.
    let empty = get("/Products(-7)/Description/$value");
    assert_eq!((empty.status, empty.body.as_str()), (200, ""));
    assert_eq!(get("/Products(1)").ok()["Description"], Value::Null);
}

#[test]
fn a_count_is_a_bare_number() {
    for query in ["", "?$top=1&$skip=2", "?$orderby=Name&$expand=Category&$select=ID"] {
        let answer = get_with(&format!("/Products/$count{query}"), &[("accept", "application/json")]);
        assert_eq!((answer.status, answer.body.as_str()), (200, "8"), "{query}");
        assert!(answer.header("content-type").starts_with("text/plain"));
    }
}

#[test]
fn levels_of_metadata() {
    let of = |accept| get_with("/Stocks(Warehouse='A',ProductID=1)", &[accept]).ok();
    assert_eq!(names(&of(NONE)), ["Warehouse", "ProductID", "Quantity", "Counted"]);
    let full = of(FULL);
    assert_eq!(full["@odata.id"], "http://shop.test/Stocks(Warehouse='A',ProductID=1)");
    assert_eq!(full["@odata.editLink"], "Stocks(Warehouse='A',ProductID=1)");
    let link = "http://shop.test/Stocks(Warehouse='A',ProductID=1)/Product";
    assert_eq!(full["Product@odata.navigationLink"], link);
    assert_eq!(full["Product@odata.associationLink"], format!("{link}/$ref").as_str());
    // Next links and counts are there at every level.
    let page = ask(&SMALL, "GET", "/Products?$count=true", &[NONE], "").ok();
    assert_eq!(names(&page), ["@odata.count", "@odata.nextLink", "value"]);
    // What links lead to is there.
    for one in get_with("/Customers", &[FULL]).values() {
        let id = one["@odata.id"].as_str().unwrap().trim_start_matches("http://shop.test");
        assert_eq!(get(id).ok()["Login"], one["Login"]);
        get(one["Orders@odata.navigationLink"].as_str().unwrap().trim_start_matches("http://shop.test")).ok();
    }
}

#[test]
fn without_its_key_an_entity_says_its_id() {
    let of = |target: &str| get(target).ok()["@odata.id"].clone();
    assert_eq!(of("/Products(1)?$select=Name"), "http://shop.test/Products(1)");
    assert_eq!(of("/Products(1)?$select=ID"), Value::Null);
    assert_eq!(of("/Customers('o''neil')?$select=Name"), "http://shop.test/Customers('o''neil')");
    assert_eq!(
        of("/Customers('grace%2Fhopper')?$select=Name"),
        "http://shop.test/Customers('grace%2Fhopper')"
    );
    let stock = of("/Stocks(Warehouse='b%2F2',ProductID=5)?$select=Warehouse");
    assert_eq!(stock, "http://shop.test/Stocks(Warehouse='b%2F2',ProductID=5)");
    let line = of("/Orders(1)/Lines(2)?$select=Quantity");
    assert_eq!(line, "http://shop.test/Orders(1)/Lines(2)");
    assert_eq!(of("/Store?$select=Motto"), "http://shop.test/Store");
}

#[test]
fn a_complex_property_is_the_object() {
    let size = get("/Products(1)/Size").ok();
    assert_eq!(names(&size), ["@odata.context", "Height", "Width", "Depth"]);
    assert_eq!(get("/Products(1)/Size/Height").ok()["value"], 1.5);
    let one = get("/Products(1)/Size?$select=Height").ok();
    assert_eq!(names(&one), ["@odata.context", "Height"]);
}

#[test]
fn answers_say_what_they_depend_on() {
    for target in ["/Products", "/", "/$metadata", "/Nope", "/Products/$count"] {
        let vary = get(target).header("vary").to_owned();
        assert!(vary.contains("OData-MaxVersion") && vary.contains("Prefer"), "{target}: {vary}");
    }
}

#[test]
fn etags_are_conditions() {
    let one = get("/Products(1)");
    let etag = one.header("etag").to_owned();
    assert!(etag.starts_with("W/\"") && one.ok()["@odata.etag"] == etag.as_str());
    assert_eq!(get("/Products?$filter=ID eq 1").values()[0]["@odata.etag"], etag.as_str());
    assert_eq!(get("/Products(1)").header("etag"), etag);
    let same = get_with("/Products(1)", &[("if-none-match", &etag)]);
    assert_eq!((same.status, same.body.as_str(), same.header("etag")), (304, "", etag.as_str()));
    let any = format!("W/\"x\", {etag}");
    get_with("/Products(1)", &[("if-none-match", &any)]).is(304);
    assert_eq!(get_with("/Products(1)", &[("if-none-match", "W/\"x\"")]).ok()["ID"], 1);
    assert_eq!(get_with("/Products(1)", &[("if-match", &etag)]).ok()["ID"], 1);
    get_with("/Products(1)", &[("if-match", "W/\"x\"")]).refused(412);
    get_with("/Products(1)", &[("if-match", "*")]).is(200);
    // Entities that are as long as each other are told apart.
    let all: Vec<Value> = get("/Products").values().iter().map(|one| one["@odata.etag"].clone()).collect();
    assert_eq!(all.iter().collect::<std::collections::HashSet<_>>().len(), 8);
    assert_eq!(ids("/Products"), "-7 1 2 3 4 5 6 2147483647");
}
