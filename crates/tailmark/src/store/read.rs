//! The answer to a bound query. One path for every entity.

use std::sync::Arc;

use odata::answer::{self, Answer};
use odata::query::Query;

use super::tables::{dialect, schema};
use super::{Error, Reader};

impl Reader {
    /// Answers a query; nothing where the path names an entity that is not there.
    ///
    /// # Errors
    /// The database's.
    pub async fn answer(&self, query: Arc<Query<'static>>) -> Result<Option<Answer>, Error> {
        let tenant = self.tenant.clone();
        self.db
            .read(move |tx| {
                let source = schema(tx.engine()).part_of(tenant.as_str());
                answer::answer(&query, &source, dialect(tx.engine()), &mut |statement| tx.rows(statement))
            })
            .await
    }
}
