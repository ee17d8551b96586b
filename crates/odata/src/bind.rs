//! Binding: a parsed [`Request`] against a [`Model`] becomes a [`Query`].
//!
//! Every name is looked up, every literal takes the type it is compared with, and what the grammar knows but this
//! library does not do is refused by its name (501) rather than ignored.
//! Specification: OData Part 1 §11.2; OData URL Conventions 4.01 §4, §5.

mod apply;
mod expand;
mod expr;
mod functions;
mod key;
mod options;
mod path;
mod select;

pub use functions::{FUNCTIONS, Function, Kind, Signature};
pub use path::resource;

use std::cell::Cell;

use crate::error::Error;
use crate::model::Model;
use crate::query::{Ending, Query};
use crate::skiptoken;
use crate::syntax::{Request, SystemOption};
use crate::value::DateTimeOffset;

/// On which terms a request is bound: what the request does not say and the model does not know.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Entities in a page where the request does not say.
    pub default_page: u64,
    /// The most entities in a page, whatever the request says.
    pub largest_page: u64,
    /// What `$top` means.
    pub top: Top,
    /// What `now()` is.
    pub now: DateTimeOffset,
}

/// What `$top` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// The size of a page, with a link to the next one, as Microsoft Graph has it.
    PageSize,
    /// The most entities in all, as OData has it.
    Limit,
}

/// Binds a request that reads.
///
/// # Errors
/// Where the path or an option does not fit the model, or asks for what is not done.
pub fn bind<'m>(model: &'m Model, request: &Request, terms: &Terms) -> Result<Query<'m>, Error> {
    let (expanded, parts) = (Cell::new(0), Cell::new(0));
    let scope = options::Scope {
        model,
        aliases: &request.options.aliases,
        terms,
        expanded: &expanded,
        parts: &parts,
        nested: false,
    };
    let resource = path::addressed(&scope, request)?;
    let listing = match &resource.ending {
        Ending::Count => scope.counted(&resource, &request.options)?,
        Ending::Property { path, raw } => scope.property(&resource, path, *raw, &request.options)?,
        Ending::Plain if resource.is_collection() => scope.list(&resource, &request.options)?,
        Ending::References => scope.references(&resource, &request.options)?,
        Ending::Plain | Ending::Operation(_) => scope.single(&resource, &request.options)?,
    };
    let after = match &request.options.skiptoken {
        Some(token) if resource.is_list() => {
            Some(skiptoken::read(&resource.canonical(), &listing.order, token)?)
        }
        Some(_) => return Err(options::collections_only(&request.options, SystemOption::Skiptoken)),
        None => None,
    };
    Ok(Query { model, resource, listing, after, versions: false })
}

/// Refuses system query options on a request that writes: none of them is honoured there.
///
/// # Errors
/// Where the request has one.
pub fn without_options(request: &Request) -> Result<(), Error> {
    match request.options.given.first() {
        Some(given) => Err(Error::unsupported(format!("'{}' on a request that writes", given.spelling))
            .in_target(&given.spelling)),
        None => Ok(()),
    }
}
