//! A structural property by itself: its value, its members, or its bare text.
//!
//! Specification: OData Part 1 §11.2.4; JSON Format 4.01 §11.

use super::{Form, Writer, close};
use crate::answer::{Cell, Entity};
use crate::json::context::property_context;
use crate::model::Type;
use crate::query::{Ending, Query, Selected};
use crate::value::Value;
use crate::value::number::short_double;

impl Writer<'_> {
    /// A structural property by itself; null has no body.
    pub(super) fn property(&self, out: &mut Vec<u8>, query: &Query<'_>, entity: &Entity, raw: bool) -> Form {
        let (Some(mut selected), Some(mut cell)) =
            (query.listing.shape.properties.first(), entity.values.first())
        else {
            return Form::Nothing;
        };
        let Ending::Property { path, .. } = &query.resource.ending else { return Form::Nothing };
        for _ in path.iter().skip(1) {
            match (cell, selected.members.first()) {
                (Cell::Members(members), Some(member)) => {
                    let Some(first) = members.first() else { return Form::Nothing };
                    (cell, selected) = (first, member);
                }
                (Cell::One(Value::Json(json)), Some(member)) => {
                    return self.inner_property(out, query, entity, json, (selected, member), raw);
                }
                _ => return Form::Nothing,
            }
        }
        self.root_value(out, query, entity, cell, selected, raw)
    }

    /// A property inside a complex one that is kept as a JSON text.
    pub(super) fn inner_property<'q>(
        &self,
        out: &mut Vec<u8>,
        query: &Query<'_>,
        entity: &Entity,
        json: &serde_json::Value,
        (mut selected, mut member): (&'q Selected<'q>, &'q Selected<'q>),
        raw: bool,
    ) -> Form {
        let Ending::Property { path, .. } = &query.resource.ending else { return Form::Nothing };
        let depth = path.iter().position(|property| property.name == selected.property.name).unwrap_or(0);
        let mut json = json;
        for _ in path.iter().skip(depth + 1) {
            let Some(inner) = json.get(&member.property.name) else { return Form::Nothing };
            json = inner;
            selected = member;
            if let Some(next) = member.members.first() {
                member = next;
            }
        }
        let value = crate::sql::stored::from_json(json, &selected.property.ty).unwrap_or(Value::Null);
        self.root_value(out, query, entity, &Cell::One(value), selected, raw)
    }

    pub(super) fn root_value(
        &self,
        out: &mut Vec<u8>,
        query: &Query<'_>,
        entity: &Entity,
        cell: &Cell,
        selected: &Selected<'_>,
        raw: bool,
    ) -> Form {
        let ty = &selected.property.ty;
        match cell {
            Cell::One(Value::Null | Value::Json(serde_json::Value::Null)) => return Form::Nothing,
            Cell::One(value) if raw => {
                match (value, ty) {
                    (Value::Binary(bytes), _) => {
                        out.extend_from_slice(bytes);
                        return Form::Bytes;
                    }
                    (Value::Integer(number), Type::Enum(id)) => {
                        let name = self.model.enumeration(*id).name_of(*number);
                        out.extend_from_slice(name.unwrap_or_default().as_bytes());
                    }
                    (Value::Double(number), _) if number.is_finite() => {
                        out.extend_from_slice(short_double(*number).as_bytes());
                    }
                    (value, _) => out.extend_from_slice(value.text().as_bytes()),
                }
                return Form::Text;
            }
            _ => {}
        }
        out.push(b'{');
        self.context_url(out, || property_context(query, &self.root_address(query, entity)));
        match cell {
            Cell::Members(cells) => {
                self.complex_type(out, ty);
                self.cells(out, &selected.members, cells, None);
            }
            Cell::One(Value::Json(serde_json::Value::Object(members))) if matches!(ty, Type::Complex(_)) => {
                self.complex(out, members, ty, Some(selected));
            }
            Cell::One(value) | Cell::Counted(value, _) => {
                out.extend_from_slice(b"\"value\":");
                self.value(out, value, ty, Some(selected));
                out.push(b',');
            }
        }
        close(out, b'}');
        Form::Json
    }
}
