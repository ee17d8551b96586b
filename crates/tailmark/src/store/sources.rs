//! From which file an upload came, and from which of its lines each device: save, read.
//!
//! Kept as it was said; no rule of an import looks at it. It goes with its upload.

use odata::sql::{Scalar, Statement};

use super::audit::{Changes, UPLOAD};
use super::{Error, Reader, Writer};

/// Where the devices of an upload come from.
#[derive(Clone, Debug)]
pub struct UploadSource {
    /// The file's own name.
    pub file_name: String,
    /// A JSON object: numbers of lines by serial number.
    pub lines: String,
}

impl Writer {
    /// Stores where an upload comes from, in place of what was said before.
    ///
    /// # Errors
    /// The database's, or that there is no such upload.
    pub async fn save_source(&self, upload: &str, source: UploadSource) -> Result<(), Error> {
        let (tenant, upload) = (self.tenant.clone(), upload.to_owned());
        self.units
            .write(move |tx, trail| {
                let before = tx.row(&Statement::new(
                    "SELECT s.file_name FROM uploads u
                        LEFT JOIN upload_sources s ON s.tenant = u.tenant AND s.upload_id = u.id
                     WHERE u.tenant = $1 AND u.id = $2",
                    vec![tenant.as_str().into(), upload.as_str().into()],
                ))?;
                let before = match before.as_deref() {
                    None => return Err(Error::NotFound),
                    Some([Scalar::Text(name)]) => Some(name.as_str()),
                    Some(_) => None,
                };
                // It is a change of the upload, so it has its event as every write of a client (record 24): by the file's
                // name. The lines say nothing that the upload's own event does not.
                let changes = Changes::none().of("sourceFileName", before, Some(&source.file_name));
                trail.touched(UPLOAD, &upload, &upload, changes);
                tx.run(&Statement::new(
                    "INSERT INTO upload_sources (tenant, upload_id, file_name, lines) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (tenant, upload_id) DO UPDATE SET file_name = $3, lines = $4",
                    vec![
                        tenant.as_str().into(),
                        upload.as_str().into(),
                        source.file_name.as_str().into(),
                        source.lines.as_str().into(),
                    ],
                ))?;
                Ok(())
            })
            .await
    }
}

impl Reader {
    /// Where an upload comes from; nothing where that was not said, or there is no such upload.
    ///
    /// # Errors
    /// The database's.
    pub async fn source(&self, upload: &str) -> Result<Option<UploadSource>, Error> {
        let found = self.of_upload(
            upload,
            "SELECT file_name, lines FROM upload_sources WHERE tenant = $1 AND upload_id = $2",
        );
        Ok(match found.await?.as_deref() {
            Some([Scalar::Text(file_name), Scalar::Text(lines)]) => {
                Some(UploadSource { file_name: file_name.clone(), lines: lines.clone() })
            }
            _ => None,
        })
    }

    /// The name of the file alone, which costs nothing for an upload of many devices.
    ///
    /// # Errors
    /// The database's.
    pub async fn source_file_name(&self, upload: &str) -> Result<Option<String>, Error> {
        let found = self
            .of_upload(upload, "SELECT file_name FROM upload_sources WHERE tenant = $1 AND upload_id = $2");
        Ok(match found.await?.as_deref() {
            Some([Scalar::Text(file_name)]) => Some(file_name.clone()),
            _ => None,
        })
    }

    /// How many devices an upload has; nothing where there is no such upload.
    ///
    /// # Errors
    /// The database's.
    pub async fn devices_in_upload(&self, upload: &str) -> Result<Option<usize>, Error> {
        let found = self.of_upload(
            upload,
            "SELECT (SELECT COUNT(*) FROM imported_devices d WHERE d.tenant = u.tenant AND d.upload_id = u.id)
             FROM uploads u WHERE u.tenant = $1 AND u.id = $2",
        );
        Ok(match found.await?.as_deref() {
            Some([Scalar::Integer(count)]) => usize::try_from(*count).ok(),
            _ => None,
        })
    }

    async fn of_upload(&self, upload: &str, text: &'static str) -> Result<Option<Vec<Scalar>>, Error> {
        let (tenant, upload) = (self.tenant.clone(), upload.to_owned());
        self.db
            .read(move |tx| {
                tx.row(&Statement::new(text, vec![tenant.as_str().into(), upload.as_str().into()]))
            })
            .await
    }
}
