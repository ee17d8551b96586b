//! OData 4.0 Advanced: Part 1 §13.1.3 of 4.0.

use serde_json::{Value, json};

use crate::client::{get, get_with, ids};

#[test]
fn r40a_02_metadata() {
    let answer = get("/$metadata");
    assert_eq!(answer.header("content-type"), "application/xml");
    let read = odata::model::csdl::read(&answer.body).unwrap();
    let before = odata::model::csdl::read(crate::client::XML).unwrap();
    let names = |model: &odata::model::Model| -> Vec<String> {
        model.container.members.iter().map(|member| member.name.clone()).collect()
    };
    assert_eq!(names(&read), names(&before));
    assert_eq!(read.entity_types().count(), before.entity_types().count());
}

#[test]
fn r40a_04_counts() {
    for (target, expected) in [
        ("/Products/$count", "8"),
        ("/Categories(1)/Products/$count", "2"),
        ("/Orders(1)/Lines/$count", "2"),
        ("/Orders(2)/Lines/$count", "0"),
        ("/Products(1)/Tags/$count", "2"),
        ("/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)/Depots/$count", "2"),
        ("/Products/$count?$filter=Price gt 100", "3"),
        ("/Products(3)/Palette/$count?$filter=$it ne 'Red'", "2"),
        ("/Store/Featured/$count", "2"),
        ("/Products/$count?$search=Phone", "3"),
    ] {
        let answer = get(target);
        assert_eq!((answer.status, answer.body.as_str()), (200, expected), "{target}");
        assert_eq!(answer.header("content-type"), "text/plain;charset=utf-8");
    }
    get("/Products(99)/Tags/$count").refused(404);
    get("/Products(1)/$count").refused(404);
}

#[test]
fn r40a_05_any_all() {
    for (condition, expected) in [
        ("Tags/any()", "-7 1 3 4 5 6"),
        ("not Tags/any()", "2 2147483647"),
        ("Tags/any(t:t eq 'usb')", "1"),
        ("Tags/all(t:t ne 'usb')", "-7 2 3 4 5 6 2147483647"),
        ("Palette/any(c:c eq 'Red')", "-7 1 3"),
        ("Reviews/any(r:r/Stars gt 3)", "1"),
        ("Reviews/any() and Reviews/all(r:r/Stars ge 3)", "3"),
        ("Related/any(r:r/Price gt Price)", "1 5"),
        ("Related/any(r:r/Related/any(s:s/ID eq $it/ID))", "1 2"),
        ("Category/Products/any(p:p/ID eq 2)", "1 2"),
        ("Shop.Phone/Bands/any(b:b eq 78)", "3"),
    ] {
        assert_eq!(ids(&format!("/Products?$filter={condition}")), expected, "{condition}");
    }
    let depots = get("/Suppliers?$filter=Depots/any(d:d/City eq 'Bonn')");
    assert_eq!(depots.all("Name"), "Müller & Söhne");
    get("/Products?$filter=Tags/all()").refused(400);
    get("/Products?$filter=Name/any()").refused(400);
}

#[test]
fn r40a_06_skip() {
    assert_eq!(ids("/Products?$skip=5"), "5 6 2147483647");
    assert_eq!(ids("/Products?$skip=2&$top=2"), "2 3");
    assert_eq!(ids("/Products?$top=2&$skip=2"), "2 3");
    assert_eq!(ids("/Products?$skip=100"), "");
    assert_eq!(ids("/Products?$skip=1&$orderby=Price desc&$top=1"), "3");
    get("/Products?$skip=-1").refused(400);
}

#[test]
fn r40a_07_count() {
    let counted = |query: &str| get(&format!("/Products?{query}")).ok()["@odata.count"].clone();
    assert_eq!(counted("$count=true"), 8);
    assert_eq!(counted("$count=true&$top=1&$skip=2"), 8);
    assert_eq!(counted("$count=true&$filter=Price gt 100&$top=0"), 3);
    assert_eq!(counted("$count=true&$search=Phone"), 3);
    assert_eq!(counted("$count=false"), Value::Null);
    assert_eq!(counted("$top=1"), Value::Null);
    let inside = get("/Categories(1)?$expand=Products($count=true;$top=1)").ok();
    assert_eq!(inside["Products@odata.count"], 2);
    get("/Products?$count=yes").refused(400);
}

#[test]
fn r40a_08_orderby() {
    for (order, expected) in [
        ("Price", "4 2147483647 1 5 6 2 3 -7"),
        ("Price asc", "4 2147483647 1 5 6 2 3 -7"),
        ("Price desc", "-7 3 2 6 5 1 2147483647 4"),
        ("Color desc,ID desc", "1 2 6 4 -7 2147483647 5 3"),
        // Null comes before everything.
        ("Released", "4 2147483647 -7 5 6 1 2 3"),
        ("Released desc", "3 2 1 6 5 -7 4 2147483647"),
        ("Category/Name,ID", "2147483647 -7 6 1 2 5 3 4"),
        ("Reviews/$count desc,ID", "1 3 -7 2 4 5 6 2147483647"),
        ("length(Name),ID", "4 2147483647 3 1 5 -7 6 2"),
        ("Size/Height desc,ID", "6 2 3 1 -7 4 5 2147483647"),
    ] {
        assert_eq!(ids(&format!("/Products?$orderby={order}")), expected, "{order}");
    }
    get("/Products?$orderby=Size").refused(400);
    get("/Products?$orderby=Tags").refused(400);
    get("/Products?$orderby=Price sideways").refused(400);
}

#[test]
fn r40a_09_expand() {
    let one = get("/Products(1)?$select=ID&$expand=Category,Supplier($select=Name),Reviews").ok();
    assert_eq!(
        one["@odata.context"],
        "http://shop.test/$metadata#Products(ID,Category(),Supplier(Name),Reviews())/$entity"
    );
    assert_eq!(one["Category"]["Name"], "Electronics");
    assert_eq!(one["Supplier"]["Name"], "Müller & Söhne");
    assert_eq!(one["Reviews"].as_array().unwrap().len(), 2);
    assert_eq!(get("/Products(2147483647)?$expand=Category").ok()["Category"], Value::Null);
    assert_eq!(get("/Products(2)?$expand=Reviews").ok()["Reviews"], json!([]));
    let all = get("/Products(1)?$expand=*").ok();
    for name in ["Category", "Supplier", "Related", "Reviews"] {
        assert!(all.get(name).is_some(), "{name}");
    }
    get("/Products?$expand=Nope").refused(400);
    get("/Products?$expand=Name").refused(400);
    get("/Products?$expand=Category,Category").refused(400);
}

#[test]
fn r40a_09_expand_references() {
    let one = get("/Products(1)?$select=ID&$expand=Category/$ref,Related/$ref").ok();
    assert_eq!(one["Category"], json!({ "@odata.id": "http://shop.test/Categories(1)" }));
    assert_eq!(
        one["Related"],
        json!([{ "@odata.id": "http://shop.test/Products(2)" }, { "@odata.id": "http://shop.test/Products(3)" }])
    );
    let star = get("/Products(1)?$select=ID&$expand=*/$ref").ok();
    assert_eq!(
        star["Supplier"]["@odata.id"],
        "http://shop.test/Suppliers(6f1e2d3c-0000-4000-8000-00000000000a)"
    );
    let list = get("/Products(1)/Related/$ref").ok();
    assert_eq!(list["@odata.context"], "http://shop.test/$metadata#Collection($ref)");
    assert_eq!(list["value"][0], json!({ "@odata.id": "http://shop.test/Products(2)" }));
}

#[test]
fn r40a_09_expand_options() {
    let inner = |options: &str| {
        let target = format!("/Products(1)?$select=ID&$expand=Related({options})");
        let related = get(&target).ok()["Related"].clone();
        let keys = related.as_array().unwrap().iter().map(|one| one["ID"].to_string());
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(inner("$filter=Price gt 500"), "3");
    assert_eq!(inner("$orderby=Price desc"), "3 2");
    assert_eq!(inner("$skip=1"), "3");
    assert_eq!(inner("$top=1"), "2");
    assert_eq!(inner("$search=Quiet"), "2");
    assert_eq!(inner("$filter=Category/Name eq 'Phones';$select=ID"), "3");
    let cast = get("/Products(1)?$select=ID&$expand=Related/Shop.Phone($select=ID)").ok();
    assert_eq!(cast["Related"][0]["ID"], 3);
    assert_eq!(
        cast["@odata.context"],
        "http://shop.test/$metadata#Products(ID,Related/Example.Shop.Phone(ID))/$entity"
    );
    // Owners of other types have nothing there.
    let of = get("/Products?$select=ID&$expand=Shop.Phone/Category($select=Name)").values();
    assert_eq!(of.iter().filter(|one| one.get("Category").is_some()).count(), 2);
    let deep = get("/Categories(1)?$select=ID&$expand=Children($levels=max;$select=ID)").ok();
    assert_eq!(deep["Children"][0]["ID"], 2);
    assert_eq!(deep["Children"][0]["Children"], json!([]));
    let computed = get("/Products(1)?$expand=Related($compute=Price mul 2 as Twice;$select=Twice)").ok();
    assert_eq!(computed["Related"][0]["Twice"], 398);
    // The sets of entities below contained ones are known, too.
    let lines = get("/Orders(1)?$expand=Lines($expand=Product($select=Name))").ok();
    assert_eq!(lines["Lines"][1]["Product"]["@odata.id"], "http://shop.test/Products(3)");
}

#[test]
fn r40a_10_search() {
    for (search, expected) in [
        ("phone", "2 3 4"),
        ("Phone X", "3"),
        ("phone AND x", "3"),
        ("\"Phone X\"", "3"),
        ("phone NOT x", "2 4"),
        ("cable OR Étranger", "1 5"),
        ("(cable OR phone) NOT quiet", "1 3 4"),
        ("nothingatall", ""),
    ] {
        assert_eq!(ids(&format!("/Products?$search={search}")), expected, "{search}");
    }
    assert_eq!(ids("/Products?$search=phone&$filter=Price gt 0&$orderby=ID desc&$top=1"), "3");
    get("/Products?$search=").refused(400);
    get("/Products(1)?$search=x").refused(400);
}

#[test]
fn r40a_12_paths() {
    for (target, context) in [
        ("/Products(1)/Category", "Categories/$entity"),
        ("/Orders(1)/Lines(2)/Product/Category", "Categories/$entity"),
        ("/Orders(1)/Lines(2)/Discounts('VIP''s')", "Orders(1)/Lines(2)/Discounts/$entity"),
        ("/Orders/1/Lines/2/Discounts/SPRING", "Orders(1)/Lines(2)/Discounts/$entity"),
        ("/Store/Patron/Address/City", "Customers('ada')/Address/City"),
        ("/Store/Featured(3)", "Products/$entity"),
        ("/Products(3)/Shop.Phone/Bands", "Products(3)/Example.Shop.Phone/Bands"),
        ("/Orders(1)/Lines(2)/Product/Reviews", "Orders(1)/Lines(2)/Product/Reviews"),
        ("/$entity?$id=Products(1)", "Products/$entity"),
    ] {
        let answer = get_with(target, &[("accept", "application/json")]);
        let expected = format!("http://shop.test/$metadata#{context}");
        assert_eq!(answer.ok()["@odata.context"], expected.as_str(), "{target}");
    }
}
