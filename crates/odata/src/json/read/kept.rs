//! A record as it is kept in one JSON text ([`crate::sql::Table::document`]).

use serde_json::{Map, Value as Json};

use super::{Datum, Record};
use crate::model::{Model, Primitive, Property, Type};
use crate::sql::stored;
use crate::value::{DateTimeOffset, Value};

impl Record<'_> {
    /// The members that were sent and are for a client to set, as a JSON text keeps them: properties only. What the
    /// service decides is left out unless `is_trusted`.
    #[must_use]
    pub fn document(&self, model: &Model, is_trusted: bool) -> Map<String, Json> {
        let declared = self.ty.as_ref().map(|ty| properties(model, ty)).unwrap_or_default();
        let mut kept = Map::new();
        if let (true, Some(Type::Complex(_))) = (self.is_derived, &self.ty) {
            kept.extend(self.ty.iter().map(|ty| type_member(model, ty)));
        }
        for (name, datum) in &self.members {
            let Some(property) = declared.iter().find(|property| property.name == *name) else { continue };
            if !property.computed || is_trusted {
                kept.insert((*name).to_owned(), json(model, datum, is_trusted));
            }
        }
        kept
    }
}

/// Adds every property that is missing: null, or the zero of its type where that may not be null. A date is then
/// `0001-01-01T00:00:00Z`, which is how Microsoft Graph writes *never*.
pub fn complete(model: &Model, ty: &Type, document: &mut Map<String, Json>) {
    for property in properties(model, ty) {
        let value = document.entry(property.name.clone()).or_insert_with(|| zero(model, property));
        if let (Type::Complex(_), Json::Object(members)) = (&property.ty, value) {
            let actual = crate::json::stored::actual_type(model, &property.ty, members);
            complete(model, &actual.unwrap_or_else(|| property.ty.clone()), members);
        }
    }
}

/// Puts the members of a change in the place of those of the same name. A structure of the same type is changed member by
/// member (OData Part 1 §11.4.3).
pub fn merge(document: &mut Map<String, Json>, change: Map<String, Json>) {
    for (name, value) in change {
        match (document.get_mut(&name), value) {
            (Some(Json::Object(there)), Json::Object(change))
                if there.get("@odata.type") == change.get("@odata.type") =>
            {
                merge(there, change);
            }
            (_, value) => {
                document.insert(name, value);
            }
        }
    }
}

fn properties<'m>(model: &'m Model, ty: &Type) -> &'m [Property] {
    match ty {
        Type::Entity(id) => &model.entity(*id).properties,
        Type::Complex(id) => &model.complex(*id).properties,
        _ => &[],
    }
}

fn type_member(model: &Model, ty: &Type) -> (String, Json) {
    ("@odata.type".to_owned(), format!("#{}", model.type_name(ty)).into())
}

fn json(model: &Model, datum: &Datum<'_>, is_trusted: bool) -> Json {
    match datum {
        Datum::Value(value) => stored::to_json(value),
        Datum::Values(values) => values.iter().map(stored::to_json).collect(),
        Datum::Record(record) => Json::Object(record.document(model, is_trusted)),
        Datum::Records(records) => {
            records.iter().map(|record| Json::Object(record.document(model, is_trusted))).collect()
        }
    }
}

fn zero(model: &Model, property: &Property) -> Json {
    if property.nullable {
        return Json::Null;
    }
    match &property.ty {
        Type::Collection(_) => Json::Array(Vec::new()),
        Type::Enum(_) => 0.into(),
        Type::Complex(_) | Type::Entity(_) => {
            let mut members = Map::new();
            complete(model, &property.ty, &mut members);
            Json::Object(members)
        }
        Type::Primitive(primitive) => match primitive {
            Primitive::Boolean => false.into(),
            Primitive::DateTimeOffset => stored::to_json(&Value::DateTimeOffset(DateTimeOffset::NEVER)),
            Primitive::Decimal => "0".into(),
            Primitive::Date => "0001-01-01".into(),
            Primitive::TimeOfDay => "00:00:00".into(),
            Primitive::Guid => "00000000-0000-0000-0000-000000000000".into(),
            primitive if primitive.is_numeric() || *primitive == Primitive::Duration => 0.into(),
            primitive if primitive.is_geo() => Json::Null,
            _ => "".into(),
        },
    }
}
