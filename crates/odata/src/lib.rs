//! The OData 4.01 language.

pub mod answer;
pub mod bind;
pub mod error;
pub mod json;
pub mod model;
pub mod query;
pub mod skiptoken;
pub mod sql;
pub mod syntax;
pub mod value;

pub use error::{Error, ErrorKind, Span};
pub use value::Value;
