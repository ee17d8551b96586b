//! OpenAPI out of a model: that it is well-formed, and what it says.

use std::collections::{BTreeMap, BTreeSet};

use odata::model::{Acts, Model, NavigationProperty, Permission, Property};
use odata::openapi::{About, Keys, document};
use serde_json::Value;

use crate::shop;

/// Follows what OpenAPI 3.1 asks for: fields that must be there, references that lead somewhere, operation ids that
/// differ, a parameter for each expression in a path.
#[track_caller]
fn is_valid(document: &Value) {
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    references(document, document);
    let mut ids = BTreeSet::new();
    let scheme = document["components"]["securitySchemes"].as_object().unwrap();
    for (path, value) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'), "{path}");
        let expressions = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
        let expressions: Vec<&str> = expressions.collect();
        let declared = value["parameters"].as_array().cloned().unwrap_or_default();
        let declared: Vec<&str> = declared
            .iter()
            .map(|parameter| {
                assert_eq!((&parameter["in"], &parameter["required"]), (&"path".into(), &true.into()));
                assert!(parameter["schema"].is_object());
                parameter["name"].as_str().unwrap().to_owned().leak() as &str
            })
            .collect();
        assert_eq!(expressions, declared, "{path}");
        assert_eq!(declared.iter().collect::<BTreeSet<_>>().len(), declared.len(), "{path}");
        for (verb, operation) in value.as_object().unwrap().iter().filter(|(name, _)| *name != "parameters") {
            assert!(["get", "post", "patch", "delete"].contains(&verb.as_str()));
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{}", operation["operationId"]);
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{path}");
            for response in responses.values() {
                assert!(response["description"].is_string() || response["$ref"].is_string());
            }
            assert!(verb != "get" || operation.get("requestBody").is_none());
            for alternative in operation["security"].as_array().into_iter().flatten() {
                assert!(alternative.as_object().unwrap().keys().all(|name| scheme.contains_key(name)));
            }
        }
    }
    // Names of components may have few characters.
    for components in document["components"].as_object().unwrap().values() {
        for name in components.as_object().unwrap().keys() {
            let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
            assert!(name.chars().all(plain), "{name}");
        }
    }
}

#[track_caller]
fn references(document: &Value, value: &Value) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref") {
                let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            members.values().for_each(|value| references(document, value));
        }
        Value::Array(values) => values.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}

/// `GET POST` of each path.
fn routes(document: &Value) -> BTreeMap<String, String> {
    let routes = document["paths"].as_object().unwrap().iter().map(|(path, value)| {
        let verbs = value.as_object().unwrap().keys().filter(|name| *name != "parameters");
        (path.clone(), verbs.map(|verb| verb.to_uppercase()).collect::<Vec<_>>().join(" "))
    });
    routes.collect()
}

#[test]
fn the_shop() {
    for keys in [Keys::Segments, Keys::Parentheses] {
        is_valid(&document(&shop::MODEL, &About { keys, ..About::new("Shop", "1") }));
    }
    let about = About { keys: Keys::Parentheses, ..About::new("Shop", "1") };
    let described = document(&shop::MODEL, &about);
    let routes = routes(&described);
    let routes: String = routes.iter().map(|(path, verbs)| format!("{path} {verbs}\n")).collect();
    insta::assert_snapshot!(routes, @r#"
/Categories GET POST
/Categories({Category-ID}) GET PATCH DELETE
/Categories({Category-ID})/Children GET
/Categories({Category-ID})/Parent GET
/Categories({Category-ID})/Products GET
/CloseShop POST
/Customers GET POST
/Customers('{Customer-Login}') GET PATCH DELETE
/Customers('{Customer-Login}')/Orders GET
/Orders GET POST
/Orders({Order-ID}) GET PATCH DELETE
/Orders({Order-ID})/Customer GET
/Orders({Order-ID})/Lines GET POST
/Orders({Order-ID})/Lines({OrderLine-Line}) GET PATCH DELETE
/Orders({Order-ID})/Lines({OrderLine-Line})/Discounts GET POST
/Orders({Order-ID})/Lines({OrderLine-Line})/Discounts('{Discount-Code}') GET PATCH DELETE
/Orders({Order-ID})/Lines({OrderLine-Line})/Product GET
/Products GET POST
/Products({Product-ID}) GET PATCH DELETE
/Products({Product-ID})/Category GET
/Products({Product-ID})/Example.Shop.PriceIn(currency={currency}) GET
/Products({Product-ID})/Example.Shop.Reprice POST
/Products({Product-ID})/Related GET
/Products({Product-ID})/Reviews GET POST
/Products({Product-ID})/Reviews({Review-Number}) GET PATCH DELETE
/Products({Product-ID})/Supplier GET
/Products/Example.Shop.Cheapest() GET
/ProductsIn(color={color}) GET
/ProductsIn(color={color},below={below}) GET
/Samples GET POST
/Samples({Sample-ID}) GET PATCH DELETE
/StockValue() GET
/Stocks GET POST
/Stocks(Warehouse='{Stock-Warehouse}',ProductID={Stock-ProductID}) GET PATCH DELETE
/Stocks(Warehouse='{Stock-Warehouse}',ProductID={Stock-ProductID})/Product GET
/Store GET PATCH
/Store/Featured GET
/Store/Patron GET
/Suppliers GET POST
/Suppliers({Supplier-ID}) GET PATCH DELETE
/Suppliers({Supplier-ID})/Products GET
    "#);
    let schemas = &described["components"]["schemas"];
    assert_eq!(schemas["Example.Shop.Phone"]["allOf"][0]["$ref"], "#/components/schemas/Example.Shop.Gadget");
    let product = &schemas["Example.Shop.Product"]["properties"];
    insta::assert_snapshot!(product["Name"], @r#"
{"type":"string","maxLength":80}
    "#);
    insta::assert_snapshot!(product["Description"], @r#"
{"type":["string","null"]}
    "#);
    insta::assert_snapshot!(product["Color"], @r##"
{"anyOf":[{"$ref":"#/components/schemas/Example.Shop.Color"},{"type":"null"}]}
    "##);
    insta::assert_snapshot!(product["Ratings"], @r#"
{"type":"array","items":{"maximum":255,"minimum":0,"type":["integer","null"]}}
    "#);
    insta::assert_snapshot!(product["Changed"], @r#"
{"type":"string","format":"date-time","readOnly":true}
    "#);
    insta::assert_snapshot!(schemas["Example.Shop.Channels"], @r#"
{"type":"string","pattern":"^(None|Web|Store|Phone|Everywhere)(,(None|Web|Store|Phone|Everywhere))*$"}
    "#);
}

#[test]
fn acts_and_scopes() {
    let mut model = Model::new("ns", None);
    let thing = model.add_entity("ding", &["id"], vec![Property::string("id", 9).required()]);
    let größe = model.add_entity("größe", &["id"], vec![Property::string("id", 9).required()]);
    let read = Acts { read: Some(Permission::any_of(&["Read", "Write"])), ..Acts::default() };
    let write = Acts { insert: Some(Permission::delegated(&["Write"])), ..Acts::default() };
    model.add_entity_set("dinge", thing, read);
    model.entity_mut(thing).navigation.push(NavigationProperty::contained("größen", größe, write));
    // A type that contains itself is entered once.
    let again = NavigationProperty::contained("more", thing, model.member("dinge").unwrap().acts.clone());
    model.entity_mut(thing).navigation.push(again);
    let about = About {
        token_url: Some("https://id.example/token".to_owned()),
        authorization_url: Some("https://id.example/authorize".to_owned()),
        servers: vec!["https://api.example/v1".to_owned()],
        query_options: vec!["$top".to_owned()],
        ..About::new("Things", "2")
    };
    let described = document(&model, &about);
    is_valid(&described);
    let routes: String = routes(&described).iter().map(|(path, verbs)| format!("{path} {verbs}\n")).collect();
    insta::assert_snapshot!(routes, @r#"
/dinge GET
/dinge/{ding-id} GET
/dinge/{ding-id}/größen POST
/dinge/{ding-id}/more GET
/dinge/{ding-id}/more/{ding-id_} GET
    "#);
    insta::assert_snapshot!(described["paths"]["/dinge"]["get"], @r##"
{"operationId":"dinge.list","tags":["dinge"],"parameters":[{"$ref":"#/components/parameters/top"}],"responses":{"200":{"description":"Done","content":{"application/json":{"schema":{"$ref":"#/components/schemas/ns.ding-list"}}}},"4XX":{"$ref":"#/components/responses/error"},"5XX":{"$ref":"#/components/responses/error"}},"security":[{"token":["Read"]},{"token":["Write"]}]}
    "##);
    insta::assert_snapshot!(described["components"]["securitySchemes"]["token"], @r#"
{"type":"oauth2","flows":{"clientCredentials":{"tokenUrl":"https://id.example/token","scopes":{"Read":"Read","Write":"Write"}},"authorizationCode":{"authorizationUrl":"https://id.example/authorize","tokenUrl":"https://id.example/token","scopes":{"Read":"Read","Write":"Write"}}}}
    "#);
    let plain = document(&model, &About::new("Things", "2"));
    assert_eq!(plain["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}
