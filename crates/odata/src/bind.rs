//! Binding: a parsed [`Request`] against a [`Model`] becomes a [`Query`].
//!
//! Every name is looked up, every literal takes the type it is compared with, and what the grammar knows but this
//! service does not do is refused by its name (501) rather than ignored.
//! Specification: OData Part 1 §11.2; OData URL Conventions 4.01 §4, §5.

mod expr;
mod functions;
mod options;
mod path;

pub use functions::{FUNCTIONS, Function, Signature};
pub use path::resource;

use crate::error::Error;
use crate::model::Model;
use crate::query::{Ending, Query};
use crate::skiptoken;
use crate::syntax::{Request, SystemOption};

/// How large pages are.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// Entities in a page where the request does not say.
    pub default: u64,
    /// The most entities in a page, whatever the request says.
    pub largest: u64,
}

/// Binds a request that reads.
///
/// # Errors
/// Where the path or an option does not fit the model, or asks for what is not done.
pub fn bind<'m>(model: &'m Model, request: &Request, paging: Paging) -> Result<Query<'m>, Error> {
    let resource = resource(model, &request.path)?;
    let scope = options::Scope { model, aliases: &request.options.aliases, paging };
    let ty = resource.entity_type();
    let listing = match resource.ending {
        Ending::Count => scope.counted(ty, &request.options)?,
        Ending::Plain if resource.is_collection() => scope.listing(ty, &request.options)?,
        Ending::Plain | Ending::Operation(_) => scope.single(ty, &request.options)?,
    };
    let after = match &request.options.skiptoken {
        Some(token) if resource.is_collection() => {
            Some(skiptoken::read(&resource.canonical(), &listing.order, token)?)
        }
        Some(_) => return Err(options::collections_only(&request.options, SystemOption::Skiptoken)),
        None => None,
    };
    Ok(Query { model, resource, listing, after })
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
