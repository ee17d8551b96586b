//! OData 4.01 at all three levels: Part 1 §13.4 of 4.01.

use serde_json::{Value, json};

use crate::client::{SHOP, ask, encoded, get, get_with, ids};

const NEW: (&str, &str) = ("odata-maxversion", "4.01");

#[test]
fn r41m_02_json() {
    let one = get_with("/Products(2)?$expand=Category", &[NEW, ("accept", "application/json;metadata=full")]);
    assert_eq!(one.header("content-type"), "application/json;metadata=full");
    let json = one.ok();
    for name in ["@context", "@type", "@id", "@etag", "@editLink", "Supplier@navigationLink", "Price@type"] {
        assert!(json.get(name).is_some(), "{name}");
    }
    assert!(!one.body.contains("@odata."));
    assert_eq!(json["Category"]["@id"], "http://shop.test/Categories(1)");
    let page = get_with("/Products?$count=true&$select=ID", &[NEW, ("prefer", "maxpagesize=2")]);
    assert_eq!(page.ok()["@count"], 8);
    assert!(page.json()["@nextLink"].as_str().unwrap().contains("$skiptoken="));
}

#[test]
fn r41m_04_names_of_headers() {
    for prefer in ["maxpagesize=1", "odata.maxpagesize=1", "OData.MaxPageSize=1"] {
        let page = get_with("/Products?$select=ID", &[NEW, ("prefer", prefer)]);
        assert_eq!(page.all("ID"), "-7", "{prefer}");
    }
    let body =
        r#"{"requests":[{"id":"1","method":"GET","url":"Nope"},{"id":"2","method":"GET","url":"Store"}]}"#;
    for (prefer, answers) in [
        ("continue-on-error=false", 1),
        ("odata.continue-on-error=false", 1),
        ("continue-on-error", 2),
        ("odata.continue-on-error=true", 2),
    ] {
        let headers = [("content-type", "application/json"), ("prefer", prefer)];
        let responses = ask(&SHOP, "POST", "/$batch", &headers, body).ok()["responses"].clone();
        let done = responses.as_array().unwrap().iter().filter(|one| one["status"] != 424);
        assert_eq!(done.count(), answers, "{prefer}");
    }
}

#[test]
fn r41m_05_schema_version() {
    for target in ["/Products", "/Products(1)", "/Products/$count", "/Products(1)/Name", "/$metadata", "/"] {
        get(&format!("{target}?$schemaversion=7")).refused(404);
        get(&format!("{target}?schemaversion=7")).refused(404);
        get(&format!("{target}?$schemaversion=*")).is(200);
    }
}

#[test]
fn r41m_06_options_without_dollar() {
    assert_eq!(ids("/Products?filter=Price gt 100&orderby=ID desc&top=2&skip=1"), "2 -7");
    let expanded = get("/Products(1)?select=ID&expand=Category(select=Name)").ok();
    assert_eq!(expanded["Category"]["Name"], "Electronics");
    assert_eq!(get("/Products?count=true&top=0").ok()["@odata.count"], 8);
    assert_eq!(ids("/Products?search=cable"), "1");
    assert_eq!(get("/Products(1)?format=application/json;metadata=none").is(200).body.find('@'), None);
    let twice = get("/Products?$top=1&top=1").refused(400);
    assert!(twice.contains("more than once"), "{twice}");
}

#[test]
fn r41m_07_letter_case() {
    for query in [
        "$FILTER=ID EQ 1",
        "Filter=Id Eq 1 AND TRUE",
        "$filter=ID eq 1 And Not (ID Ne 1)",
        "$filter=Contains(Name,'Cable')",
        "$filter=STARTSWITH(Name,'Cable')",
        "$filter=ID IN (1)",
        "$filter=Tags/Any(t:t eq 'usb')",
        "$OrderBy=ID ASC&$filter=ID eq 1",
        "$filter=ID Mul 2 eq 2",
    ] {
        assert_eq!(ids(&format!("/Products?{query}")), "1", "{query}");
    }
}

#[test]
fn r41m_08_names_as_declared() {
    let one = get("/products(1)?$select=NAME,id&$expand=category($select=name)");
    assert_eq!(
        one.ok()["@odata.context"],
        "http://shop.test/$metadata#Products(Name,ID,Category(Name))/$entity"
    );
    let names: Vec<String> = one.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names[2..], ["ID", "Name", "Category"]);
    assert_eq!(ids("/Products?$filter=color eq 'Red'"), "-7");
}

#[test]
fn r41m_09a_texts_as_other_types() {
    for condition in [
        "Guid eq '01234567-89ab-cdef-0123-456789abcdef'",
        "Date eq '2024-02-29'",
        "DateTimeOffset gt '2024-01-01T00:00:00Z'",
        "TimeOfDay gt '23:00:00'",
        "Duration eq '-P10DT1H2M3.4567891S'",
        "Int64 eq '9223372036854775807'",
        "Decimal gt '1.5'",
        "Boolean eq 'true'",
    ] {
        assert_eq!(get(&format!("/Samples?$filter={condition}")).all("ID"), "1", "{condition}");
    }
    assert_eq!(get("/Products('1')").ok()["ID"], 1);
    get("/Samples?$filter=Guid eq 'x'").refused(400);
    get("/Samples?$filter=Date eq '2024-02-30'").refused(400);
}

#[test]
fn r41m_09b_literals_without_prefix() {
    assert_eq!(ids("/Products?$filter=Color eq 'Red'"), "-7");
    assert_eq!(ids("/Products?$filter=Color in ('Red','Green')"), "-7 4 6");
    assert_eq!(ids("/Products?$filter=Channels has 'Web,Store'"), "1 2");
    assert_eq!(ids("/Products/Shop.Gadget?$filter=Runtime gt 'P1DT3H'"), "2");
    assert_eq!(ids("/Products?$filter=Color eq Shop.Color'Red'"), "-7");
}

#[test]
fn r41m_09f_keys_behind_aliases() {
    let slash = get(&format!("/Customers(@k)?@k={}", encoded("'grace/hopper'")));
    assert_eq!(slash.ok()["Login"], "grace/hopper");
    let named = get("/Customers(Login=@k)?@k='grace/hopper'&$select=Login");
    assert_eq!(named.ok()["Login"], "grace/hopper");
    let both = get("/Stocks(Warehouse=@w,ProductID=@p)?@w='b/2'&@p=5").ok();
    assert_eq!(both["Quantity"], -1);
    get("/Customers(@k)").refused(404);
    get("/Customers(@k)?@k=null").refused(404);
}

#[test]
fn r41i_03_navigation_and_null() {
    assert_eq!(ids("/Products?$filter=Category eq null"), "2147483647");
    assert_eq!(ids("/Products?$filter=Category ne null and Supplier eq null"), "-7 4 6");
    assert_eq!(ids("/Products?$filter=null ne Category/Parent"), "3 4 5");
    assert_eq!(get("/Categories?$filter=Parent eq null").all("ID"), "1 3 5");
}

#[test]
fn r41i_04_in() {
    for (condition, expected) in [
        ("ID in (1,2,3)", "1 2 3"),
        ("ID in [1,2]", "1 2"),
        ("ID in ()", ""),
        ("not (ID in (1,2,3))", "-7 4 5 6 2147483647"),
        ("Name in ('Phone S','zz Last')", "4 2147483647"),
        ("Color in ('Red',null)", "-7 3 5 2147483647"),
        ("'usb' in Tags", "1"),
        ("Category/Name in ('Phones')", "3 4"),
        ("Released in (2024-02-29)", "3"),
    ] {
        assert_eq!(ids(&format!("/Products?$filter={condition}")), expected, "{condition}");
    }
    get("/Products?$filter=Name in (Name,Sku)").refused(400);
    get("/Products?$filter=ID in ('x')").refused(400);
}

#[test]
fn r41i_05_nested_select() {
    let context = "http://shop.test/$metadata#Suppliers(Address/City)/$entity";
    let key = "6f1e2d3c-0000-4000-8000-00000000000a";
    for select in ["Address($select=City)", "Address/City"] {
        let one = get(&format!("/Suppliers({key})?$select={select}")).ok();
        assert_eq!((&one["@odata.context"], &one["Address"]), (&json!(context), &json!({ "City": "Köln" })));
    }
    let deep = get(&format!("/Suppliers({key})?$select=Address($select=Country($select=Code))")).ok();
    assert_eq!(deep["Address"], json!({ "Country": { "Code": "DE" } }));
    let depots = get(&format!("/Suppliers({key})?$select=Depots($select=City)")).ok();
    assert_eq!(depots["Depots"][0], json!({ "City": "Bonn" }));
    get("/Suppliers?$select=Address($select=Nope)").refused(400);
}

#[test]
fn r41a_03_counts_in_expressions() {
    let of = |condition: &str| get(&format!("/Categories?$filter={condition}")).all("ID");
    assert_eq!(of("Products/$count gt 1"), "1 2");
    assert_eq!(of("Products/$count($filter=Price gt 100) gt 0"), "1 2 5");
    assert_eq!(of("Products/$count($search=Phone) eq 2"), "2");
    assert_eq!(of("Products/$count($filter=Tags/$count gt 1) eq 1"), "1 2 3 5");
    assert_eq!(ids("/Products?$filter=Tags/$count eq 3"), "3");
    assert_eq!(ids("/Products?$filter=Tags/$count($filter=startswith($this,'n')) eq 1"), "3");
    let ordered = get("/Categories?$orderby=Products/$count($filter=Price gt 100) desc,ID");
    assert_eq!(ordered.all("ID"), "1 2 5 3 4");
}

#[test]
fn r41a_04_compute() {
    let one = get("/Products?$compute=Price mul 2 as Twice,length(Name) as Len&$select=ID,Twice,Len&$top=2");
    assert_eq!(one.ok()["@odata.context"], "http://shop.test/$metadata#Products(ID,Twice,Len)");
    let cable = &one.values()[1];
    assert_eq!((&cable["Twice"], &cable["Len"]), (&json!(9.98), &json!(10)));
    assert_eq!(cable["Twice@odata.type"], "#Decimal");
    assert_eq!(
        ids("/Products?$compute=Price mul 2 as Twice&$filter=Twice gt 300&$orderby=Twice desc"),
        "-7 3 2"
    );
    // Not selected, and not there.
    let left = get("/Products(1)?$compute=Price mul 2 as Twice&$select=ID").ok();
    assert!(left.get("Twice").is_none());
    let whole = get("/Products(1)?$compute=Price add 1 as More").ok();
    assert_eq!(whole["More"], 5.99);
    get("/Products?$compute=Price mul 2 as Name").refused(400);
    get("/Products?$compute=Nope as X").refused(400);
    get("/Products?$compute=1 as X,2 as X").refused(400);
}

#[test]
fn r41a_05_options_in_select() {
    let tags = |options: &str| {
        let target = format!("/Products(3)?$select=Tags({options})");
        get(&target).ok()
    };
    // There `$it` would be the product, not the tag.
    get("/Products(3)?$select=Tags($filter=startswith($it,'n'))").refused(501);
    assert_eq!(tags("$filter=startswith($this,'n')")["Tags"], json!(["new"]));
    assert_eq!(tags("$orderby=$this")["Tags"], json!(["5g", "O'Phone", "new"]));
    assert_eq!(tags("$top=1;$skip=1")["Tags"], json!(["5g"]));
    let counted = tags("$count=true;$top=1");
    assert_eq!((&counted["Tags@odata.count"], &counted["Tags"]), (&json!(3), &json!(["new"])));
    let key = "6f1e2d3c-0000-4000-8000-00000000000a";
    let depots = get(&format!("/Suppliers({key})?$select=Depots($filter=City eq 'Bonn';$select=City)")).ok();
    assert_eq!(depots["Depots"], json!([{ "City": "Bonn" }]));
    get("/Products(3)?$select=Tags($search=new)").refused(501);
    get("/Products(3)?$select=Name($filter=true)").refused(400);
}

#[test]
fn r41a_06_metadata_in_json() {
    for (target, accept) in [("/$metadata", "application/json"), ("/$metadata?$format=json", "*/*")] {
        let answer = get_with(target, &[NEW, ("accept", accept)]);
        assert!(answer.header("content-type").starts_with("application/json"));
        let document = answer.ok();
        assert_eq!(document["$Version"], "4.01");
        assert_eq!(document["$EntityContainer"], "Example.Shop.Container");
        let shop = &document["Example.Shop"];
        assert_eq!(shop["Product"]["$Kind"], "EntityType");
        assert_eq!(shop["Product"]["$Key"], json!(["ID"]));
        assert_eq!(shop["Product"]["Category"]["$Kind"], "NavigationProperty");
        assert_eq!(shop["Phone"]["$BaseType"], "Example.Shop.Gadget");
        assert_eq!(shop["Container"]["Products"]["$Collection"], true);
        assert_eq!(shop["Color"]["Blue"], 2);
    }
    let xml = get_with("/$metadata", &[("accept", "application/json;q=0.1, application/xml")]);
    assert_eq!(xml.header("content-type"), "application/xml");
}

#[test]
fn r41a_08_filter_segment() {
    assert_eq!(ids("/Products/$filter(Price gt 100)"), "-7 2 3");
    assert_eq!(ids("/Products/$filter(@f)?@f=Price gt 100"), "-7 2 3");
    assert_eq!(ids("/Products/$filter(Price gt 100)/$filter(ID gt 2)"), "3");
    assert_eq!(get("/Products/$filter(Price gt 100)/$count").body, "3");
    assert_eq!(get("/Products(1)/Tags/$filter(contains($it,'u'))").ok()["value"], json!(["usb"]));
    get("/Products/$filter(Nope eq 1)").refused(400);
    assert_eq!(get("/Products(2147483647)/Category").is(204).body, "");
    assert_eq!(get("/Products(2147483647)?$expand=Category").ok()["Category"], Value::Null);
}
