//! Values of request bodies and seeds as they are kept in JSON texts ([`crate::sql::stored`]).
//!
//! In: a value as it stands on the wire, and its declared type. Out: enum members as numbers, durations as counts of
//! 100 ns, decimals as texts; structures of derived types with their full name under `@odata.type`.

use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::model::{Model, Primitive, Property, Type};
use crate::sql::stored;
use crate::value::Value;

/// A value of a declared type; `path` names it in errors.
///
/// # Errors
/// Where it is not of the type, with the path as target.
pub fn stored(model: &Model, ty: &Type, json: &Json, path: &str) -> Result<Json, Error> {
    let unfit =
        || Error::invalid(format!("{json} is not of the type '{}'.", model.type_name(ty))).in_target(path);
    match (ty, json) {
        (Type::Collection(element), Json::Array(members)) => {
            let members = members.iter().enumerate();
            members
                .map(|(index, member)| stored(model, element, member, &format!("{path}[{index}]")))
                .collect()
        }
        (Type::Collection(_), Json::Null) => Ok(Json::Array(Vec::new())),
        (_, Json::Null) => Ok(Json::Null),
        (Type::Complex(declared), Json::Object(members)) => {
            let actual = actual_type(model, ty, members).ok_or_else(unfit)?;
            let Type::Complex(id) = actual else { return Err(unfit()) };
            let mut kept = Map::new();
            if id != *declared {
                let name = model.type_name(&actual);
                kept.insert("@odata.type".to_owned(), format!("#{name}").into());
            }
            let complex = model.complex(id);
            properties(model, &complex.properties, complex.is_open, members, path, &mut kept)?;
            Ok(Json::Object(kept))
        }
        (Type::Enum(id), Json::String(text)) => {
            model.enumeration(*id).value_of(text).map(Json::from).ok_or_else(unfit)
        }
        (Type::Enum(_), Json::Number(number)) if number.is_i64() => Ok(json.clone()),
        (Type::Primitive(primitive), json) => {
            if primitive.is_geo() {
                return if json.is_object() { Ok(json.clone()) } else { Err(unfit()) };
            }
            let text = match json {
                Json::String(text) if *primitive != Primitive::Boolean => text.clone(),
                Json::Number(number) if primitive.is_numeric() => plain(&number.to_string(), *primitive),
                Json::Bool(_) if *primitive == Primitive::Boolean => json.to_string(),
                _ => return Err(unfit()),
            };
            Value::parse(*primitive, &text).map(|value| stored::to_json(&value)).ok_or_else(unfit)
        }
        _ => Err(unfit()),
    }
}

/// The members of a structure that are kept, each property by its name.
///
/// # Errors
/// Where one is not of its type, or not declared in a type that is not open.
pub fn properties(
    model: &Model,
    declared: &[Property],
    is_open: bool,
    members: &Map<String, Json>,
    path: &str,
    kept: &mut Map<String, Json>,
) -> Result<(), Error> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for property in declared {
        let value = members.get(&property.name).unwrap_or(&Json::Null);
        kept.insert(property.name.clone(), stored(model, &property.ty, value, &below(&property.name))?);
    }
    for (name, value) in members {
        if let (Some(of), true) = (name.split('@').next(), is_open && is_type(name))
            && !of.is_empty()
            && !declared.iter().any(|property| property.name == of)
        {
            kept.insert(format!("{of}@odata.type"), value.clone());
        }
        if name.contains('@') || declared.iter().any(|property| property.name == *name) {
            continue;
        }
        if !is_open {
            return Err(
                Error::invalid(format!("There is no property called '{name}'.")).in_target(&below(name))
            );
        }
        kept.insert(name.clone(), value.clone());
    }
    Ok(())
}

/// Whether a member says the type of another: `Since@odata.type`.
fn is_type(name: &str) -> bool {
    name.ends_with("@odata.type") || name.ends_with("@type")
}

/// The type that a structure says it has, or else the declared one; nothing where it says one that does not fit.
#[must_use]
pub fn actual_type(model: &Model, declared: &Type, members: &Map<String, Json>) -> Option<Type> {
    match members.get("@odata.type").or_else(|| members.get("@type")) {
        None => Some(declared.clone()),
        Some(name) => {
            let ty = model.find_type(name.as_str()?.trim_start_matches('#'))?;
            model.extends(&ty, declared).then_some(ty)
        }
    }
}

/// A JSON number as the literal of a type: without exponent where that has none, whole where it is.
fn plain(number: &str, primitive: Primitive) -> String {
    match primitive {
        Primitive::Decimal if number.contains(['e', 'E']) => {
            number.parse::<f64>().map_or_else(|_| number.to_owned(), |double| format!("{double}"))
        }
        primitive if primitive.is_integer() => number.strip_suffix(".0").unwrap_or(number).to_owned(),
        _ => number.to_owned(),
    }
}
