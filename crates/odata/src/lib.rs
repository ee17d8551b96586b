//! The OData 4.01 language: a URL and a model in, SQL and JSON out. No I/O, no clock.
//!
//! A request goes through five stages, each a plain value that can be printed and tested by itself:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`syntax::parse`] | path and query as text | [`syntax::Request`], what was said |
//! | [`bind::bind`] | a request and a [`model::Model`] | [`query::Query`], what it means |
//! | [`sql::entities`] and its like | a query and the [`sql::Source`] it may see | [`sql::Select`] |
//! | *the caller's database* | a statement | rows, as an [`answer::Answer`] |
//! | [`json::write()`] | query and answer | bytes |
//!
//! ```
//! use odata::bind::{Terms, Top, bind};
//! use odata::model::{Acts, Model, NavigationProperty, Property};
//! use odata::sql::{self, Join, SQLITE, Scalar, Schema, Table};
//! use odata::value::DateTimeOffset;
//!
//! let mut model = Model::new("demo", None);
//! let person = model.add_entity("person", &["id"], vec![
//!     Property::string("id", 36).required(),
//!     Property::string("name", 100),
//! ]);
//! let directory = model.add_entity("directory", &[], vec![]);
//! model.entity_mut(directory).navigation.push(NavigationProperty::contained("people", person, Acts::default()));
//! model.add_singleton("directory", directory);
//!
//! let schema = Schema::partitioned_by("tenant")
//!     .table("directory", Table::new("").join("people", Join::All))
//!     .table("person", Table::new("people").column("id", "{t}.id").column("name", "{t}.name"));
//!
//! let request = odata::syntax::parse("/directory/people", Some("$filter=name eq 'Ada'&$select=name&$top=5"))?;
//! let now = DateTimeOffset { ticks: 0, offset_minutes: 0 };
//! let terms = Terms { default_page: 100, largest_page: 1000, top: Top::PageSize, now };
//! let query = bind(&model, &request, &terms)?;
//! let select = sql::entities(&query, &schema.part_of("contoso"), &SQLITE)?;
//! assert_eq!(
//!     select.statement.text(),
//!     "SELECT t0.name AS c0, t0.id AS c1 FROM people t0 \
//!      WHERE t0.tenant = $1 AND (t0.name = $2) ORDER BY t0.id LIMIT $3"
//! );
//! assert_eq!(select.statement.binds(), ["contoso".into(), "Ada".into(), Scalar::Integer(6)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod answer;
pub mod batch;
pub mod bind;
pub mod error;
pub mod json;
pub mod model;
pub mod negotiate;
pub mod openapi;
pub mod profile;
pub mod query;
pub mod skiptoken;
pub mod sql;
pub mod syntax;
pub mod value;

pub use error::{Error, ErrorKind, Span};
pub use value::Value;
