//! Values as JSON: primitive ones, and the complex values and collections that are kept as JSON texts.
//!
//! Specification: OData JSON Format 4.01 §7.

use super::MetadataLevel;
use super::write::{Writer, close, name, text};
use crate::model::{Primitive, Property, Type};
use crate::query::Selected;
use crate::sql::stored;
use crate::value::{Value, number};

impl Writer<'_> {
    /// A value of a declared type; `selected` says which members of a structure are wanted.
    pub fn value(&self, out: &mut Vec<u8>, value: &Value, ty: &Type, selected: Option<&Selected<'_>>) {
        match (value, ty) {
            (Value::Null, Type::Collection(_)) => out.extend_from_slice(b"[]"),
            (Value::Null, _) => out.extend_from_slice(b"null"),
            (Value::Json(json), Type::Complex(_) | Type::Collection(_)) => {
                self.structure(out, json, ty, selected);
            }
            (Value::Integer(number), Type::Enum(id)) => match self.model.enumeration(*id).name_of(*number) {
                Some(name) => text(out, &name),
                None => text(out, &number.to_string()),
            },
            (Value::Integer(number), Type::Primitive(Primitive::Int64))
                if self.writing.ieee754_compatible =>
            {
                text(out, &number.to_string());
            }
            (Value::Decimal(digits), _) if self.writing.ieee754_compatible => text(out, digits),
            (Value::Boolean(truth), _) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            (Value::Integer(number), _) => out.extend_from_slice(number.to_string().as_bytes()),
            (Value::Double(number), _) if number.is_finite() => {
                out.extend_from_slice(number::short_double(*number).as_bytes());
            }
            (Value::Decimal(digits), _) => out.extend_from_slice(digits.as_bytes()),
            (Value::String(value), _) => text(out, value),
            (Value::Binary(_), _) if self.writing.profile.url_safe_binary => {
                text(out, &value.text().replace('+', "-").replace('/', "_"));
            }
            (Value::Json(json), _) => out.extend_from_slice(json.to_string().as_bytes()),
            (other, _) => text(out, &other.text()),
        }
    }

    /// A value out of a JSON text.
    fn structure(
        &self,
        out: &mut Vec<u8>,
        json: &serde_json::Value,
        ty: &Type,
        selected: Option<&Selected<'_>>,
    ) {
        match (ty, json) {
            (Type::Collection(element), serde_json::Value::Array(members)) => {
                out.push(b'[');
                for member in members {
                    self.structure(out, member, element, selected);
                    out.push(b',');
                }
                close(out, b']');
            }
            (Type::Collection(_), _) => out.extend_from_slice(b"[]"),
            (Type::Complex(_), serde_json::Value::Object(members)) => {
                out.push(b'{');
                self.complex(out, members, ty, selected);
                close(out, b'}');
            }
            // What was put together from columns is a text of its own.
            (Type::Complex(_), _) => out.extend_from_slice(b"null"),
            _ => {
                let value = stored::from_json(json, ty).unwrap_or(Value::Null);
                self.value(out, &value, ty, None);
            }
        }
    }

    /// The members of a complex value, each with a comma behind it.
    pub fn complex(
        &self,
        out: &mut Vec<u8>,
        members: &serde_json::Map<String, serde_json::Value>,
        declared: &Type,
        selected: Option<&Selected<'_>>,
    ) {
        let actual = members
            .get("@odata.type")
            .and_then(serde_json::Value::as_str)
            .and_then(|name| self.model.find_type(name.trim_start_matches('#')))
            .unwrap_or_else(|| declared.clone());
        let (properties, is_open) = match &actual {
            Type::Complex(id) => (&self.model.complex(*id).properties, self.model.complex(*id).is_open),
            Type::Entity(id) => (&self.model.entity(*id).properties, self.model.entity(*id).is_open),
            Type::Primitive(_) | Type::Enum(_) | Type::Collection(_) => return,
        };
        if self.writing.metadata == MetadataLevel::Full
            || (actual != *declared && self.writing.metadata != MetadataLevel::None)
        {
            self.typed(out, &actual);
        }
        let chosen = selected.filter(|selected| !selected.whole);
        let below = |name: &str| {
            selected.and_then(|selected| selected.members.iter().find(|member| member.property.name == name))
        };
        for property in properties {
            let wanted = below(&property.name);
            if chosen.is_some() && wanted.is_none() || property.ty == Type::Primitive(Primitive::Stream) {
                continue;
            }
            self.type_annotation(out, property);
            name(out, &property.name);
            match members.get(&property.name) {
                Some(json) if !json.is_null() => match &property.ty {
                    Type::Complex(_) | Type::Collection(_) => self.structure(out, json, &property.ty, wanted),
                    ty => {
                        let value = stored::from_json(json, ty).unwrap_or(Value::Null);
                        self.value(out, &value, ty, None);
                    }
                },
                _ => self.value(out, &Value::Null, &property.ty, None),
            }
            out.push(b',');
        }
        if is_open && chosen.is_none() {
            let is_declared = |name: &str| properties.iter().any(|property| property.name == name);
            self.dynamic(out, members, is_declared);
        }
    }

    /// What is kept of an instance of an open type beside its declared properties.
    pub fn undeclared(
        &self,
        out: &mut Vec<u8>,
        members: &serde_json::Map<String, serde_json::Value>,
        ty: &Type,
    ) {
        match ty {
            Type::Entity(id) if self.model.entity(*id).is_open => {
                let ty = self.model.entity(*id);
                self.dynamic(out, members, |name| {
                    ty.property(name).is_some() || ty.navigation_property(name).is_some()
                });
            }
            Type::Complex(id) if self.model.complex(*id).is_open => {
                self.dynamic(out, members, |name| self.model.complex(*id).property(name).is_some());
            }
            _ => {}
        }
    }

    /// Members that are not declared, each with a comma behind it.
    pub fn dynamic(
        &self,
        out: &mut Vec<u8>,
        members: &serde_json::Map<String, serde_json::Value>,
        is_declared: impl Fn(&str) -> bool,
    ) {
        for (name, json) in members {
            if name.contains('@') || is_declared(name) {
                continue;
            }
            let said = members.get(&format!("{name}@odata.type")).and_then(serde_json::Value::as_str);
            if let (Some(said), true) = (said, self.writing.metadata != MetadataLevel::None) {
                self.control(out, name, "type");
                text(out, said);
                out.push(b',');
            }
            text(out, name);
            out.push(b':');
            out.extend_from_slice(json.to_string().as_bytes());
            out.push(b',');
        }
    }

    /// The type of a complex value that is kept in columns, at the full metadata level.
    pub fn complex_type(&self, out: &mut Vec<u8>, ty: &Type) {
        if self.writing.metadata == MetadataLevel::Full {
            self.typed(out, ty);
        }
    }

    /// `"@odata.type":"#stock.place",`
    fn typed(&self, out: &mut Vec<u8>, ty: &Type) {
        self.control(out, "", "type");
        text(out, &format!("#{}", self.model.type_name(ty)));
        out.push(b',');
    }

    /// `"price@odata.type":"#Decimal",` at the full metadata level, where the form of the value does not say it.
    pub fn type_annotation(&self, out: &mut Vec<u8>, property: &Property) {
        if self.writing.metadata == MetadataLevel::Full && !is_evident(&property.ty) {
            self.annotate_type(out, &property.name, &property.ty);
        }
    }

    /// `"total@odata.type":"#Int64",`
    pub fn annotate_type(&self, out: &mut Vec<u8>, name: &str, ty: &Type) {
        self.control(out, name, "type");
        let full = self.model.type_name(ty);
        text(out, &format!("#{}", full.replace("Edm.", "")));
        out.push(b',');
    }
}

/// Whether the form of a JSON value tells its type (OData JSON Format 4.01 §4.6.3).
pub(super) fn is_evident(ty: &Type) -> bool {
    match ty {
        Type::Primitive(primitive) => {
            matches!(primitive, Primitive::String | Primitive::Boolean | Primitive::Double)
        }
        Type::Complex(_) | Type::Entity(_) => true,
        Type::Enum(_) | Type::Collection(_) => false,
    }
}
