//! The shop of `examples/`: its model, and that its entities are entities of that model.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use odata::model::csdl::Options;
use odata::model::{ComplexTypeId, EntityType, EntityTypeId, Model, Primitive, Property, Type, csdl};
use odata::openapi::{self, About, Keys};
use serde_json::{Map, Value};

/// The schema as it is written.
pub const XML: &str = include_str!("../../examples/shop.xml");
/// The entities.
pub const SEED: &str = include_str!("../../examples/shop.json");

/// The model that the schema declares.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| csdl::read(XML).unwrap());

/// The keys of all entities, as `Products(1)`; what entities refer to.
#[derive(Default)]
struct Seen {
    entities: BTreeSet<String>,
    references: BTreeSet<String>,
    types: BTreeSet<String>,
}

#[test]
fn the_entities_are_of_the_model() {
    let seed: Map<String, Value> = serde_json::from_str(SEED).unwrap();
    let mut seen = Seen::default();
    for (name, value) in &seed {
        let member = MODEL.container.members.iter().find(|member| member.name == *name).unwrap();
        assert_eq!(member.collection, value.is_array(), "{name}");
        let entities = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for one in &entities {
            let ty = entity(&mut seen, member.target, one);
            let ty = MODEL.entity(ty);
            let key: Vec<String> = ty.key.iter().map(|name| literal(ty, name, one)).collect();
            assert!(seen.entities.insert(format!("{name}({})", key.join(","))), "{one}");
            for navigation in ty.navigation.iter().filter(|navigation| !navigation.constraints.is_empty()) {
                let (_, set) = member
                    .bindings
                    .iter()
                    .find(|(path, _)| *path == navigation.name)
                    .unwrap_or_else(|| panic!("{}/{} is bound to nothing", member.name, navigation.name));
                if navigation.constraints.iter().all(|(name, _)| !one[name].is_null()) {
                    let key = navigation.constraints.iter().map(|(name, _)| literal(ty, name, one));
                    seen.references.insert(format!("{set}({})", key.collect::<Vec<_>>().join(",")));
                }
            }
        }
    }
    let dangling: Vec<_> = seen.references.difference(&seen.entities).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
    assert!(seen.entities.len() >= 20, "{}", seen.entities.len());
    for ty in MODEL.entity_types().map(|ty| &ty.name).chain(MODEL.complex_types().map(|ty| &ty.name)) {
        assert!(seen.types.contains(ty), "no {ty}");
    }
}

/// `METADATA_DIR` names a folder that the documents are written to, for readers of other makers (`e2e/metadata`).
#[test]
fn documents_for_other_readers() {
    let Ok(folder) = std::env::var("METADATA_DIR") else {
        eprintln!("METADATA_DIR names no folder to write to");
        return;
    };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("shop.4.0.xml", &csdl::xml(&MODEL, &Options::new(csdl::Version::V40)));
    write("shop.xml", &csdl::xml(&MODEL, &Options::new(csdl::Version::V401)));
    write("shop.csdl.json", &csdl::json(&MODEL, &Options::new(csdl::Version::V401)).to_string());
    for (name, keys) in [("segments", Keys::Segments), ("parentheses", Keys::Parentheses)] {
        let about = About { keys, ..About::new("Shop", "1") };
        write(&format!("shop.{name}.openapi.json"), &openapi::document(&MODEL, &about).to_string());
    }
}

/// The value of a property as it stands in a key.
fn literal(ty: &EntityType, name: &str, entity: &Value) -> String {
    match (&ty.property(name).unwrap().ty, &entity[name]) {
        (Type::Primitive(Primitive::String), Value::String(text)) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// The type that a value says it has, or the declared one.
fn said<'v>(value: &'v Value, declared: &str) -> (String, &'v Map<String, Value>) {
    let object = value.as_object().unwrap_or_else(|| panic!("{value} is no {declared}"));
    let said = object.get("@odata.type").map_or(declared, |ty| ty.as_str().unwrap().trim_start_matches('#'));
    (said.to_owned(), object)
}

fn entity(seen: &mut Seen, declared: EntityTypeId, value: &Value) -> EntityTypeId {
    let (said, object) = said(value, &MODEL.entity_name(declared));
    let Some(Type::Entity(id)) = MODEL.find_type(&said) else { panic!("{said}") };
    assert!(MODEL.is_entity(id, declared), "{said}");
    let ty = MODEL.entity(id);
    seen.types.insert(ty.name.clone());
    for key in &ty.key {
        assert!(!object[key].is_null(), "{value}");
    }
    members(seen, &ty.properties, ty.is_open, object, |seen, name, value| {
        if let Some(name) = name.strip_suffix("@odata.bind") {
            let navigation = ty.navigation_property(name).unwrap();
            assert!(!navigation.contains_target);
            let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            assert_eq!(navigation.collection, value.is_array());
            let references = all.iter().map(|reference| reference.as_str().unwrap().to_owned());
            seen.references.extend(references);
            return true;
        }
        let Some(navigation) = ty.navigation_property(name) else { return false };
        assert!(navigation.contains_target && navigation.collection, "{name}");
        for one in value.as_array().unwrap() {
            entity(seen, navigation.target, one);
        }
        true
    });
    id
}

fn complex(seen: &mut Seen, declared: ComplexTypeId, value: &Value) {
    let (said, object) = said(value, &MODEL.type_name(&Type::Complex(declared)));
    let Some(Type::Complex(id)) = MODEL.find_type(&said) else { panic!("{said}") };
    assert!(MODEL.is_complex(id, declared), "{said}");
    let ty = MODEL.complex(id);
    seen.types.insert(ty.name.clone());
    members(seen, &ty.properties, ty.is_open, object, |_, _, _| false);
}

fn members(
    seen: &mut Seen,
    properties: &[Property],
    is_open: bool,
    object: &Map<String, Value>,
    other: impl Fn(&mut Seen, &str, &Value) -> bool,
) {
    for (name, value) in object.iter().filter(|(name, _)| !name.ends_with("@odata.type")) {
        match properties.iter().find(|property| property.name == *name) {
            Some(Property { nullable, ty: Type::Collection(ty), .. }) => {
                for one in value.as_array().unwrap() {
                    self::value(seen, ty, *nullable, one);
                }
            }
            Some(property) => self::value(seen, &property.ty, property.nullable, value),
            None => assert!(other(seen, name, value) || is_open, "{name} in {object:?}"),
        }
    }
    for property in properties {
        assert!(object.contains_key(&property.name), "{} in {object:?}", property.name);
    }
}

fn value(seen: &mut Seen, ty: &Type, nullable: bool, value: &Value) {
    match ty {
        _ if value.is_null() => assert!(nullable, "null"),
        Type::Complex(id) => complex(seen, *id, value),
        Type::Enum(id) => {
            assert!(MODEL.enumeration(*id).value_of(value.as_str().unwrap()).is_some(), "{value}");
        }
        Type::Primitive(primitive) if primitive.is_geo() => {
            assert!(primitive.name().ends_with(value["type"].as_str().unwrap()), "{value}");
        }
        Type::Primitive(Primitive::Boolean) => assert!(value.is_boolean()),
        Type::Primitive(Primitive::Double | Primitive::Single) => {
            assert!(value.is_number() || matches!(value.as_str(), Some("NaN" | "INF" | "-INF")), "{value}");
        }
        Type::Primitive(primitive) if primitive.is_numeric() => assert!(value.is_number(), "{value}"),
        Type::Primitive(_) => assert!(value.is_string(), "{value}"),
        Type::Entity(_) | Type::Collection(_) => panic!("{value}"),
    }
}
