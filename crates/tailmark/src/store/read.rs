//! The answer to a bound query. One path for every entity.

use std::sync::Arc;

use odata::answer::{self, Answer};
use odata::query::Query;
use odata::sql::SQLITE;

use super::{Error, Reader, SCHEMA};

impl Reader {
    /// Answers a query; nothing where the path names an entity that is not there.
    ///
    /// # Errors
    /// The database's.
    pub async fn answer(&self, query: Arc<Query<'static>>) -> Result<Option<Answer>, Error> {
        let tenant = self.tenant.clone();
        self.db
            .read(move |tx| {
                let source = SCHEMA.part_of(tenant.as_str());
                answer::answer(&query, &source, &SQLITE, &mut |statement| tx.rows(statement))
            })
            .await
    }
}
