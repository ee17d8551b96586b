//! Corporate identifiers: many at once.

use autopilot::corporate_identifier::key;
use odata::sql::{Scalar, Statement};
use serde_json::{Map, Value as Json};

use super::audit::Changes;
use super::documents::{Document, Documents, insert, parse};
use super::{Error, Reader, Writer};

const IDENTIFIER: &str = "ImportedDeviceIdentity";

/// An identifier that is there: its id, and what is kept of it.
pub type Existing = (String, Map<String, Json>);

/// What became of one identifier of a list.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// What is kept of it now.
    pub members: Map<String, Json>,
    /// Whether it was stored: it was new, or could be written over.
    pub stored: bool,
}

impl Writer {
    /// Stores identifiers, all in one transaction. Those that are there already are written over, or left and reported.
    ///
    /// # Errors
    /// The database's.
    pub async fn import_identifiers(
        &self,
        identifiers: Vec<Document>,
        overwrite: bool,
    ) -> Result<Vec<Taken>, Error> {
        let tenant = self.tenant.clone();
        self.units
            .write(move |tx, trail| {
                let take = |document: &Document| {
                    let name = Documents::Identifiers.name(&document.members);
                    if insert(tx, &tenant, Documents::Identifiers, document)? {
                        trail.touched(IDENTIFIER, &document.id, name, Changes::none());
                        return Ok(Taken {
                            id: document.id.clone(),
                            members: document.members.clone(),
                            stored: true,
                        });
                    }
                    let (id, mut members) = find(tx, &tenant, &document.members)?.ok_or(Error::NotFound)?;
                    if overwrite {
                        let before = members.clone();
                        let created = members.get("createdDateTime").cloned();
                        members.clone_from(&document.members);
                        members.extend(created.map(|created| ("createdDateTime".to_owned(), created)));
                        trail.touched(IDENTIFIER, &id, name, Changes::between(&before, &members));
                        tx.run(&Statement::new(
                            "UPDATE corporate_identifiers SET document = $3, version = version + 1
                             WHERE tenant = $1 AND id = $2",
                            vec![
                                tenant.as_str().into(),
                                id.as_str().into(),
                                Json::Object(members.clone()).to_string().into(),
                            ],
                        ))?;
                    }
                    Ok(Taken { id, members, stored: overwrite })
                };
                identifiers.iter().map(take).collect()
            })
            .await
    }
}

impl Reader {
    /// Those of these identifiers that are there, each with its id.
    ///
    /// # Errors
    /// The database's.
    pub async fn existing_identifiers(
        &self,
        identifiers: Vec<Map<String, Json>>,
    ) -> Result<Vec<Existing>, Error> {
        let tenant = self.tenant.clone();
        self.db
            .read(move |tx| {
                let found = identifiers.iter().map(|identity| find(tx, &tenant, identity));
                found.filter_map(Result::transpose).collect()
            })
            .await
    }
}

fn find(
    tx: &super::db::Tx<'_>,
    tenant: &str,
    identity: &Map<String, Json>,
) -> Result<Option<Existing>, Error> {
    let (kind, text) = key(identity);
    let row = tx.row(&Statement::new(
        "SELECT id, document FROM corporate_identifiers WHERE tenant = $1 AND owner = $2",
        vec![tenant.into(), format!("{kind}:{text}").into()],
    ))?;
    match row.as_deref() {
        Some([Scalar::Text(id), Scalar::Text(text)]) => Ok(Some((id.clone(), parse(text)?))),
        _ => Ok(None),
    }
}
