//! The answer to a bound query. One path for every entity.

use std::sync::Arc;

use odata::answer::{self, Answer};
use odata::query::Query;

use super::db::{Foreseen, Tx};
use super::tables::{dialect, schema};
use super::{Error, Reader};

/// The entities of a page that may be read at once.
const BRIEF_PAGE: u64 = 200;

impl Reader {
    /// Answers a query; nothing where the path names an entity that is not there.
    ///
    /// # Errors
    /// The database's.
    pub async fn answer(&self, query: Arc<Query<'static>>) -> Result<Option<Answer>, Error> {
        let tenant = self.tenant.clone();
        let is_alone = answer::is_one_statement(&query, schema(self.db.engine()));
        let foreseen = Foreseen { is_brief: is_brief(&query), is_alone };
        let work = move |tx: &Tx<'_>| {
            let source = schema(tx.engine()).part_of(tenant.as_str());
            answer::answer(&query, &source, dialect(tx.engine()), &mut |statement| tx.rows(statement))
        };
        self.db.read_foreseen(foreseen, work).await
    }
}

/// Whether there may be little to read. What certainly is a lot, or one step that takes long, is not tried.
fn is_brief(query: &Query<'_>) -> bool {
    let listing = &query.listing;
    let is_page = query.resource.is_list() && listing.filter.is_none();
    let (size, _) = odata::sql::window(listing, query.after.as_ref().map_or(0, |cursor| cursor.seen));
    listing.search.is_none() && listing.shape.expand.is_empty() && !(is_page && size > BRIEF_PAGE)
}
