//! The stages of `$apply` as SQL: each is a query around the one before.
//!
//! Columns are called `a0`, `a1`, … whatever clients call them; a stage that keeps rows hands all columns on.
//! Specification: OData Extension for Data Aggregation 4.0, 3.

use super::expr::Condition;
use super::statement::{Alias, Fragment};
use super::writer::{Place, Writer};
use super::{Error, Scalar, Statement, clamped};
use crate::model::{Primitive, Type};
use crate::query::{Aggregate, Expr, Method, Order, Stage, Variable};
use crate::syntax::ast::Extreme;
use crate::value::Value;

impl<'s> Writer<'s> {
    /// Puts stages around the query that is the statement so far.
    pub fn stages(&mut self, to: &mut Statement, stages: &[Stage<'_>]) -> Result<(), Error> {
        stages.iter().try_for_each(|stage| self.stage(to, stage))
    }

    fn stage(&mut self, to: &mut Statement, stage: &Stage<'_>) -> Result<(), Error> {
        let inner = to.take();
        match stage {
            Stage::Filter(condition) => {
                self.all_of(to, &inner);
                to.push(" WHERE ");
                self.condition(to, condition)
            }
            Stage::Search(search) => {
                self.all_of(to, &inner);
                let place = self.place_of(Variable::IT)?;
                self.search(&mut Condition::of_where(), to, search, place)
            }
            Stage::Compute(columns) => {
                let alias = self.around();
                to.push("SELECT ").push_alias(alias).push(".*");
                for column in columns {
                    to.push(", ");
                    // What groups are made of is compared.
                    let (open, close) = match &column.expr.ty {
                        Some(Type::Primitive(Primitive::Decimal)) => self.dialect.column,
                        _ => self.collated(&column.expr),
                    };
                    to.push(open);
                    self.value(to, &column.expr)?;
                    to.push(close);
                    to.push(" AS a").push_number(column.number);
                }
                to.push(" FROM (").put(&inner).push(") ").push_alias(alias);
                Ok(())
            }
            Stage::Group { by, aggregates } => self.group(to, &inner, by, aggregates),
            Stage::Part { within, order, skip, top } => {
                let number = self.numbered(to, &inner, within, order)?;
                to.push(" > ").bind(Scalar::Integer(clamped(*skip)));
                if let Some(top) = top {
                    to.push(" AND ").push("p").push_number(number.0);
                    to.push(" <= ").bind(Scalar::Integer(clamped(skip.saturating_add(*top))));
                }
                Ok(())
            }
            Stage::Extreme { within, method, limit, order } => {
                self.extreme(to, &inner, within, *method, limit, order)
            }
            Stage::Concat { branches, columns, branch } => {
                let before = self.place_of(Variable::IT)?;
                for (index, (stages, own)) in branches.iter().enumerate() {
                    let done = to.take();
                    self.listed(before);
                    to.put(&inner);
                    self.stages(to, stages)?;
                    let made = to.take();
                    let alias = self.alias();
                    to.put(&done).push(if index == 0 { "SELECT " } else { " UNION ALL SELECT " });
                    for column in columns {
                        if own.contains(column) {
                            to.push_alias(alias).push(".a").push_number(*column);
                        } else {
                            to.push(made_of(branches, *column).map_or("NULL", |ty| self.dialect.null.of(ty)));
                        }
                        to.push(" AS a").push_number(*column).push(", ");
                    }
                    to.push_number(index).push(" AS a").push_number(*branch);
                    to.push(" FROM (").put(&made).push(") ").push_alias(alias);
                }
                self.listed(Place::Columns(Alias(0)));
                Ok(())
            }
        }
    }

    /// A new alias for the query so far, at which the listed instance is from now on.
    fn around(&mut self) -> Alias {
        let alias = self.alias();
        let place = match self.place_of(Variable::IT) {
            Ok(Place::Row(_, table)) => Place::Row(alias, table),
            Ok(Place::Member(_)) => Place::Member(alias),
            _ => Place::Columns(alias),
        };
        self.listed(place);
        alias
    }

    /// Reads everything of a query.
    fn all_of(&mut self, to: &mut Statement, inner: &Fragment) {
        let alias = self.around();
        to.push("SELECT ").push_alias(alias).push(".* FROM (").put(inner).push(") ").push_alias(alias);
    }

    /// The query that the statement is, as the one table of what reads it.
    pub fn enclosed(&mut self, to: &mut Statement) -> Fragment {
        let inner = to.take();
        let alias = self.around();
        to.push(" FROM (").put(&inner).push(") ").push_alias(alias);
        to.take()
    }

    fn group(
        &mut self,
        to: &mut Statement,
        inner: &Fragment,
        by: &[usize],
        aggregates: &[Aggregate<'_>],
    ) -> Result<(), Error> {
        let alias = self.around();
        to.push("SELECT ");
        for column in by {
            to.push_alias(alias).push(".a").push_number(*column);
            to.push(" AS a").push_number(*column).push(", ");
        }
        for aggregate in aggregates {
            self.aggregate(to, aggregate)?;
            to.push(" AS a").push_number(aggregate.number).push(", ");
        }
        // Every column is followed by a comma: a constant closes the list.
        to.push("1 FROM (").put(inner).push(") ").push_alias(alias);
        for (index, column) in by.iter().enumerate() {
            to.push(if index == 0 { " GROUP BY " } else { ", " });
            to.push_alias(alias).push(".a").push_number(*column);
        }
        self.listed(Place::Columns(alias));
        Ok(())
    }

    fn aggregate(&mut self, to: &mut Statement, aggregate: &Aggregate<'_>) -> Result<(), Error> {
        let Some(expr) = &aggregate.expr else {
            to.push("COUNT(*)");
            return Ok(());
        };
        let primitive = match &expr.ty {
            Some(Type::Primitive(primitive)) => Some(*primitive),
            _ => None,
        };
        let nothing = ("", "");
        let (name, around, inside) = match (aggregate.method, primitive) {
            (Method::Sum, Some(Primitive::Decimal)) => ("odata_dec_sum(", nothing, self.dialect.gather),
            (Method::Average, Some(Primitive::Decimal)) => {
                ("odata_dec_average(", nothing, self.dialect.gather)
            }
            (Method::Sum, Some(Primitive::Double | Primitive::Single)) => {
                ("SUM(", self.dialect.measure, nothing)
            }
            (Method::Sum, _) => ("SUM(", self.dialect.total, nothing),
            (Method::Average, _) => ("AVG(", self.dialect.measure, nothing),
            (Method::CountDistinct, _) => ("COUNT(DISTINCT ", nothing, nothing),
            (Method::Count, _) => ("COUNT(", nothing, nothing),
            (Method::Min | Method::Max, primitive) => {
                let (around, inside) = match primitive {
                    Some(Primitive::Decimal) => (self.dialect.extreme, nothing),
                    Some(Primitive::Binary) => (self.dialect.bytes[1], self.dialect.bytes[0]),
                    // Of conditions there is no least one everywhere.
                    Some(Primitive::Boolean) => (("(", " <> 0)"), ("CAST(", " AS INTEGER)")),
                    _ => (nothing, nothing),
                };
                (if aggregate.method == Method::Min { "MIN(" } else { "MAX(" }, around, inside)
            }
        };
        to.push(around.0).push(name).push(inside.0);
        if name.starts_with("odata_") {
            self.value(to, expr)?;
        } else {
            self.comparable(to, expr)?;
        }
        to.push(inside.1).push(")").push(around.1);
        Ok(())
    }

    /// Numbers the rows of each part in an order, and leaves the statement behind `WHERE p3`.
    fn numbered(
        &mut self,
        to: &mut Statement,
        inner: &Fragment,
        within: &[usize],
        order: &[Order<'_>],
    ) -> Result<Alias, Error> {
        let alias = self.around();
        to.push("SELECT * FROM (SELECT ").push_alias(alias).push(".*, ROW_NUMBER() OVER (");
        self.window(to, alias, within, order)?;
        to.push(") AS p").push_number(alias.0);
        to.push(" FROM (")
            .put(inner)
            .push(") ")
            .push_alias(alias)
            .push(") numbered WHERE p")
            .push_number(alias.0);
        Ok(alias)
    }

    fn window(
        &mut self,
        to: &mut Statement,
        alias: Alias,
        within: &[usize],
        order: &[Order<'_>],
    ) -> Result<(), Error> {
        for (index, column) in within.iter().enumerate() {
            to.push(if index == 0 { "PARTITION BY " } else { ", " });
            to.push_alias(alias).push(".a").push_number(*column);
        }
        self.ordered(to, order)
    }

    fn extreme(
        &mut self,
        to: &mut Statement,
        inner: &Fragment,
        within: &[usize],
        method: Extreme,
        limit: &Expr<'_>,
        order: &[Order<'_>],
    ) -> Result<(), Error> {
        let limit = match limit.as_literal() {
            Some(Value::Integer(number)) => Scalar::Integer(*number),
            Some(Value::Double(number)) => Scalar::Real(*number),
            Some(Value::Decimal(digits)) => digits.parse().map_or(Scalar::Null, Scalar::Real),
            _ => Scalar::Null,
        };
        if matches!(method, Extreme::TopCount | Extreme::BottomCount) {
            self.numbered(to, inner, within, order)?;
            to.push(" <= ").bind(limit);
            return Ok(());
        }
        let Some(by) = order.first() else { return Err(Error::MissingArgument) };
        let is_percent = matches!(method, Extreme::TopPercent | Extreme::BottomPercent);
        let alias = self.around();
        let number = |writer: &mut Self, to: &mut Statement| {
            let (open, close) = writer.dialect.real;
            to.push("COALESCE(").push(open);
            writer.value(to, &by.expr)?;
            to.push(close).push(", 0.0)");
            Ok::<(), Error>(())
        };
        // What comes before a row, in this order, is less than is asked for.
        to.push("SELECT * FROM (SELECT ").push_alias(alias).push(".*, SUM(");
        number(self, to)?;
        to.push(") OVER (");
        self.window(to, alias, within, order)?;
        to.push(" ROWS UNBOUNDED PRECEDING) - ");
        number(self, to)?;
        to.push(" AS p").push_number(alias.0).push(", ");
        to.bind(limit);
        if is_percent {
            to.push(" / 100.0 * SUM(");
            number(self, to)?;
            to.push(") OVER (");
            self.window(to, alias, within, &[])?;
            to.push(")");
        }
        to.push(" AS q").push_number(alias.0);
        to.push(" FROM (").put(inner).push(") ").push_alias(alias);
        to.push(") measured WHERE p").push_number(alias.0).push(" < q").push_number(alias.0);
        Ok(())
    }

    /// ` ORDER BY …`
    pub fn ordered(&mut self, to: &mut Statement, order: &[Order<'_>]) -> Result<(), Error> {
        for (index, key) in order.iter().enumerate() {
            to.push(if index == 0 { " ORDER BY " } else { ", " });
            match &key.expr.ty {
                Some(_) => self.comparable(to, &key.expr)?,
                None => self.literal(to, &Value::Null, Some(&Type::Primitive(Primitive::String))),
            }
            to.push(match (key.descending, key.expr.nullable) {
                (false, false) => "",
                (false, true) => " ASC NULLS FIRST",
                (true, false) => " DESC",
                (true, true) => " DESC NULLS LAST",
            });
        }
        Ok(())
    }
}

/// The type of a column that some sequences make.
fn made_of<'b>(branches: &'b [(Vec<Stage<'_>>, Vec<usize>)], number: usize) -> Option<&'b Type> {
    branches.iter().find_map(|(stages, _)| match stages.last() {
        Some(Stage::Compute(columns)) => {
            columns.iter().find(|column| column.number == number)?.expr.ty.as_ref()
        }
        _ => None,
    })
}
