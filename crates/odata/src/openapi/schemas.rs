//! The types of a model as JSON Schema 2020-12.
//!
//! In go types, out come schemas of what answers hold. No member is required: `$select` and partial updates leave any
//! of them out. An entity type and its base are put together by `allOf`.
//! Specification: JSON Schema 2020-12, <https://json-schema.org/draft/2020-12>; OData JSON Format 4.01 §7.

use serde_json::{Map, Value, json};

use crate::model::{EnumType, Facets, Model, NavigationProperty, Primitive, Property, Type};

/// The schemas of all types, and those of errors and of lists.
pub(super) fn schemas(model: &Model) -> Value {
    let mut all = Map::new();
    for ty in model.enum_types() {
        all.insert(key(&format!("{}.{}", ty.namespace, ty.name)), enumeration(ty));
    }
    for id in model.complex_type_ids() {
        let ty = model.complex(id);
        let base = ty.base.map(|base| reference(&model.type_name(&Type::Complex(base))));
        let properties = ty.properties.iter().skip(ty.inherited);
        let navigation = ty.navigation.iter().skip(ty.inherited_navigation);
        let own = object(model, properties, navigation, base.is_none());
        all.insert(key(&model.type_name(&Type::Complex(id))), extending(base, own));
    }
    for id in model.entity_type_ids() {
        let ty = model.entity(id);
        let name = model.entity_name(id);
        let base = ty.base.map(|base| reference(&model.entity_name(base)));
        let properties = ty.properties.iter().skip(ty.inherited);
        let navigation = ty.navigation.iter().skip(ty.inherited_navigation);
        let own = object(model, properties, navigation, base.is_none());
        all.insert(list_key(&name), list(&reference(&name)));
        all.insert(key(&name), extending(base, own));
    }
    all.insert("error".to_owned(), error());
    all.insert("geojson".to_owned(), geo());
    Value::Object(all)
}

/// The name of a type as that of a component, which may have ASCII letters and digits only.
fn key(name: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '_');
    name.chars().fold(String::new(), |mut key, character| {
        if plain(character) {
            key.push(character);
        } else {
            key.push_str(&format!("-{:x}-", u32::from(character)));
        }
        key
    })
}

fn list_key(name: &str) -> String {
    format!("{}-list", key(name))
}

/// A schema that stands elsewhere, by the name of its type.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", key(name)) })
}

/// The schema of a list of entities of a type.
pub(super) fn list_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", list_key(name)) })
}

fn list(element: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "@odata.context": { "type": "string" },
            "@odata.count": { "type": "integer", "minimum": 0 },
            "@odata.nextLink": { "type": "string" },
            "value": { "type": "array", "items": element },
        },
        "required": ["value"],
    })
}

fn extending(base: Option<Value>, own: Value) -> Value {
    match base {
        Some(base) => json!({ "allOf": [base, own] }),
        None => own,
    }
}

fn object<'a>(
    model: &Model,
    properties: impl Iterator<Item = &'a Property>,
    navigation: impl Iterator<Item = &'a NavigationProperty>,
    is_root: bool,
) -> Value {
    let mut members = Map::new();
    if is_root {
        members.insert("@odata.type".to_owned(), json!({ "type": "string" }));
    }
    for property in properties {
        let mut schema = value(model, &property.ty, property.nullable, &property.facets);
        if let (true, Value::Object(schema)) = (property.computed, &mut schema) {
            schema.insert("readOnly".to_owned(), Value::Bool(true));
        }
        members.insert(property.name.clone(), schema);
    }
    for property in navigation {
        let target = reference(&model.entity_name(property.target));
        let schema = if property.collection {
            json!({ "type": "array", "items": target })
        } else {
            or_null(target, property.nullable)
        };
        members.insert(property.name.clone(), schema);
    }
    json!({ "type": "object", "properties": members })
}

fn enumeration(ty: &EnumType) -> Value {
    let names: Vec<&str> = ty.members.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return json!({ "type": "string" });
    }
    if ty.is_flags {
        let any = names.join("|");
        return json!({ "type": "string", "pattern": format!("^({any})(,({any}))*$") });
    }
    json!({ "type": "string", "enum": names })
}

/// The schema of a value of a type; of a collection, `nullable` is that of its members.
pub(super) fn value(model: &Model, ty: &Type, nullable: bool, facets: &Facets) -> Value {
    match ty {
        Type::Collection(element) => {
            json!({ "type": "array", "items": value(model, element, nullable, facets) })
        }
        Type::Primitive(ty) => primitive(*ty, nullable, facets),
        Type::Enum(_) | Type::Complex(_) | Type::Entity(_) => {
            or_null(reference(&model.type_name(ty)), nullable)
        }
    }
}

fn or_null(schema: Value, nullable: bool) -> Value {
    if nullable { json!({ "anyOf": [schema, { "type": "null" }] }) } else { schema }
}

fn primitive(ty: Primitive, nullable: bool, facets: &Facets) -> Value {
    let whole = |least: i64, most: i64| json!({ "type": "integer", "minimum": least, "maximum": most });
    let text = |format: &str| json!({ "type": "string", "format": format });
    let mut schema = match ty {
        Primitive::Boolean => json!({ "type": "boolean" }),
        Primitive::Byte => whole(0, 255),
        Primitive::SByte => whole(-128, 127),
        Primitive::Int16 => whole(-32768, 32767),
        Primitive::Int32 => json!({ "type": "integer", "format": "int32" }),
        // As text where a client asks for it by IEEE754Compatible.
        Primitive::Int64 => json!({ "type": ["integer", "string"], "format": "int64" }),
        Primitive::Decimal => json!({ "type": ["number", "string"], "format": "decimal" }),
        // As text only -INF, INF and NaN.
        Primitive::Double => json!({ "type": ["number", "string"], "format": "double" }),
        Primitive::Single => json!({ "type": ["number", "string"], "format": "float" }),
        Primitive::String => json!({ "type": "string" }),
        Primitive::Guid => text("uuid"),
        Primitive::Date => text("date"),
        Primitive::DateTimeOffset => text("date-time"),
        Primitive::Duration => text("duration"),
        Primitive::TimeOfDay => {
            json!({ "type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2}(\.\d{1,12})?)?$" })
        }
        Primitive::Binary | Primitive::Stream => {
            json!({ "type": "string", "contentEncoding": "base64" })
        }
        _ => return or_null(reference("geojson"), nullable),
    };
    let Value::Object(members) = &mut schema else { return schema };
    if let (Primitive::String, Some(most)) = (ty, facets.max_length) {
        members.insert("maxLength".to_owned(), json!(most));
    }
    if nullable {
        let mut types = match members.remove("type") {
            Some(Value::Array(types)) => types,
            one => one.into_iter().collect(),
        };
        types.push(json!("null"));
        members.insert("type".to_owned(), Value::Array(types));
    }
    schema
}

/// The body of every error (OData JSON Format 4.01 §21.1), with what Graph adds.
fn error() -> Value {
    let text = json!({ "type": "string" });
    let inner = json!({
        "type": "object",
        "properties": { "date": text, "request-id": text, "client-request-id": text },
    });
    let detail = json!({
        "type": "object",
        "properties": { "code": text, "message": text, "target": text },
        "required": ["code", "message"],
    });
    json!({
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "code": text,
                    "message": text,
                    "target": text,
                    "details": { "type": "array", "items": detail },
                    "innerError": inner,
                },
                "required": ["code", "message"],
            },
        },
        "required": ["error"],
    })
}

/// A place or a shape, RFC 7946.
fn geo() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" },
            "coordinates": { "type": "array" },
            "geometries": { "type": "array" },
        },
        "required": ["type"],
    })
}
