//! Where the value of a property is: in a column, in a JSON text, in a member of a JSON array.

use super::dialect::Extract;
use super::expr::TYPE;
use super::statement::Alias;
use super::writer::{Part, Place, Writer};
use super::{Error, Statement, Table};
use crate::model::{Primitive, Property, Type};

impl<'s> Writer<'s> {
    /// A structural property of an instance; the instance itself where there is none.
    pub fn column(
        &self,
        to: &mut Statement,
        place: Place<'s>,
        path: &[&Property],
        part: Part,
    ) -> Result<(), Error> {
        let Some(last) = path.last() else {
            return Err(Error::NoPlace);
        };
        match place {
            Place::Row(alias, table) => {
                if let Some(column) = table.column_of(path) {
                    match (part, &column.offset) {
                        (Part::Value | Part::Written, _) => to.push_schema(&column.value, alias),
                        (Part::Offset, Some(offset)) => to.push_schema(offset, alias),
                        (Part::Offset, None) => to.push("0"),
                    };
                    return Ok(());
                }
                // A member of a complex property that is kept as one text, or of the document.
                for length in (1..path.len()).rev() {
                    let (outer, inner) = path.split_at(length);
                    if let Some(column) = table.column_of(outer) {
                        return self.read(to, &last.ty, part, |to| {
                            self.extracted(to, inner, |to| {
                                to.push_schema(&column.value, alias);
                            });
                        });
                    }
                }
                let Some(document) = &table.document else {
                    return self.composed(to, alias, table, path);
                };
                self.read(to, &last.ty, part, |to| {
                    self.extracted(to, path, |to| {
                        to.push_schema(document, alias);
                    });
                })
            }
            Place::Member(alias) => self.read(to, &last.ty, part, |to| {
                self.extracted(to, path, |to| {
                    to.push_alias(alias).push(self.dialect.member);
                });
            }),
            Place::Columns(_) | Place::Nowhere => Err(Error::NoPlace),
        }
    }

    /// A complex property as a JSON text, made of the columns of its members.
    fn composed(
        &self,
        to: &mut Statement,
        alias: Alias,
        table: &Table,
        path: &[&Property],
    ) -> Result<(), Error> {
        let Some(Type::Complex(id)) = path.last().map(|property| &property.ty) else {
            return Err(Error::no_column(table, path));
        };
        to.push(self.dialect.object.0);
        let (open, close) = self.dialect.json;
        for (index, member) in self.model.complex(*id).properties.iter().enumerate() {
            let path: Vec<&Property> = path.iter().copied().chain([member]).collect();
            to.push(if index == 0 { "" } else { ", " }).bind(member.name.as_str().into()).push(", ");
            let Some(column) = table.column_of(&path) else {
                to.push(open);
                self.composed(to, alias, table, &path)?;
                to.push(close);
                continue;
            };
            match (&member.ty, &column.offset) {
                (Type::Primitive(Primitive::DateTimeOffset), offset) => {
                    to.push("odata_instant_text(").push_schema(&column.value, alias).push(", ");
                    match offset {
                        Some(offset) => to.push("COALESCE(").push_schema(offset, alias).push(", 0))"),
                        None => to.push("0)"),
                    };
                }
                (Type::Primitive(Primitive::Binary), _) => {
                    to.push("odata_bytes_text(").push_schema(&column.value, alias).push(")");
                }
                (Type::Complex(_) | Type::Collection(_), _) => {
                    to.push(open).push_schema(&column.value, alias).push(close);
                }
                _ => {
                    to.push_schema(&column.value, alias);
                }
            }
        }
        to.push(self.dialect.object.1);
        Ok(())
    }

    /// A member of a JSON array that is no structure.
    pub fn member(&self, to: &mut Statement, alias: Alias, ty: &Type, part: Part) -> Result<(), Error> {
        self.read(to, ty, part, |to| {
            to.push_alias(alias).push(self.dialect.member);
        })
    }

    /// The type that a member of a JSON array says it has, with `#`; null where it is the declared one.
    pub fn member_type(&self, to: &mut Statement, alias: Alias) {
        self.extracted(to, &[&TYPE], |to| {
            to.push_alias(alias).push(self.dialect.member);
        });
    }

    fn extracted(&self, to: &mut Statement, path: &[&Property], text: impl FnOnce(&mut Statement)) {
        match self.dialect.extract {
            Extract::Path(open, between, close) => {
                to.push(open);
                text(to);
                let names = path.iter().map(|property| format!(".\"{}\"", property.name.replace('"', "")));
                let path = std::iter::once("$".to_owned()).chain(names).collect::<String>();
                to.push(between).bind(path.into()).push(close);
            }
            Extract::Names(open, behind, each, last, close) => {
                to.push(open);
                text(to);
                to.push(behind);
                for (index, property) in path.iter().enumerate() {
                    to.push(if index + 1 == path.len() { last } else { each });
                    to.bind(property.name.as_str().into());
                }
                to.push(close);
            }
        }
    }

    /// A value out of a JSON text as columns hold it.
    fn read(
        &self,
        to: &mut Statement,
        ty: &Type,
        part: Part,
        raw: impl FnOnce(&mut Statement),
    ) -> Result<(), Error> {
        let (open, close) = match (ty, part) {
            (Type::Primitive(Primitive::DateTimeOffset), Part::Value | Part::Written) => {
                ("odata_ticks(", ")")
            }
            (Type::Primitive(Primitive::DateTimeOffset), Part::Offset) => ("odata_offset(", ")"),
            (_, Part::Offset) => {
                to.push("0");
                return Ok(());
            }
            (Type::Primitive(Primitive::Binary), _) => ("odata_bytes(", ")"),
            (Type::Primitive(Primitive::Double | Primitive::Single), Part::Value) => ("odata_real(", ")"),
            (Type::Primitive(Primitive::Double | Primitive::Single), Part::Written) => self.dialect.double,
            (Type::Primitive(Primitive::Boolean | Primitive::Duration) | Type::Enum(_), _) => {
                self.dialect.integer
            }
            (Type::Primitive(primitive), _) if primitive.is_integer() => self.dialect.integer,
            _ => ("", ""),
        };
        to.push(open);
        raw(to);
        to.push(close);
        Ok(())
    }

    /// Whether an instant there may have an offset of its own.
    pub fn keeps_offset(place: Place<'_>, path: &[&Property]) -> bool {
        match place {
            Place::Row(_, table) => table.column_of(path).is_none_or(|column| column.offset.is_some()),
            Place::Member(_) => true,
            Place::Columns(_) | Place::Nowhere => false,
        }
    }
}
