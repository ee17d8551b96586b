//! What clients of the simulation send: few devices, so that they meet; and three tenants.

use std::sync::OnceLock;

use autopilot::hardware_identifier::{HardwareFacts, HardwareIdentifier};
use autopilot::import_status::ImportStatus;
use autopilot::imported_device::{ImportState, ImportedDevice};
use autopilot::model::{READ_WRITE, Version};
use autopilot::registration::{HashRule, identify};
use autopilot::rejection::Rejection;
use tailmark::access::{Act, Grant};
use tailmark::http::caller::{Caller, CallerKind, Tenant};
use tailmark::store::{ImportedDeviceChange, NewDevice};
use uuid::Uuid;

use crate::devices::serial_number;

pub const TENANTS: usize = 3;
/// Devices with a hash, of which there are two captures each.
pub const MACHINES: usize = 5;
/// Devices that are told by serial number and product key.
const BARE: usize = 3;

/// What a client says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Its place in [`kinds`].
    pub kind: usize,
    pub tag: u32,
}

/// One way to describe a device.
pub struct Kind {
    pub serial_number: String,
    pub product_key: String,
    pub hash: Option<HardwareIdentifier>,
    /// Equal for equal devices; or why there is none.
    pub identity: Result<[u8; 32], Rejection>,
    /// The serial number under which it is registered.
    pub registered: String,
}

/// The ways to describe devices: two captures of each machine, then those without a hash, then two that are nobody.
pub fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let machines = (0..2 * MACHINES).map(|kind| {
            let number = kind / 2;
            let hash = HardwareIdentifier::encode(&HardwareFacts {
                serial_number: serial_number(number),
                manufacturer: "Fabrikam".to_owned(),
                product_name: "Notebook 7".to_owned(),
                smbios_uuid: Uuid::from_u128(number as u128 + 1),
                captured: kind as u64 + 1,
                ..HardwareFacts::default()
            });
            // Sent with the second capture only: the hash decides.
            (if kind % 2 == 0 { String::new() } else { serial_number(number) }, String::new(), Some(hash))
        });
        let bare = (0..BARE).map(|number| (format!(" BARE {number} "), format!("key-{number}"), None));
        let nobody = [
            ("GARBLED".to_owned(), String::new(), Some(HardwareIdentifier::from_bytes(vec![7; 300]))),
            (String::new(), String::new(), None),
        ];
        machines.chain(bare).chain(nobody).enumerate().map(kind).collect()
    })
}

fn kind((index, sent): (usize, (String, String, Option<HardwareIdentifier>))) -> Kind {
    let (serial_number, product_key, hash) = sent;
    let mut kind = Kind {
        registered: if index < 2 * MACHINES { self::serial_number(index / 2) } else { serial_number.clone() },
        serial_number,
        product_key,
        hash,
        identity: Err(Rejection::StorageError),
    };
    let device = kind.imported("", None, "", 0);
    kind.identity = identify(&device, HashRule::Checked)
        .map(|identity| identity.key)
        .map_err(|refusal| refusal.rejection);
    kind
}

/// Whether the kind can be registered without an import.
pub fn bare_kinds() -> std::ops::Range<usize> {
    2 * MACHINES..2 * MACHINES + BARE
}

/// With a letter of two characters, and space at its ends: what is sent is what is stored.
pub fn group_tag(tag: u32) -> String {
    format!(" Bu\u{308}ro {tag} ")
}

impl Kind {
    pub fn imported(&self, id: &str, upload_id: Option<&str>, batch_id: &str, tag: u32) -> ImportedDevice {
        ImportedDevice {
            id: id.to_owned(),
            upload_id: upload_id.map(str::to_owned),
            batch_id: batch_id.to_owned(),
            import_id: upload_id.unwrap_or(id).to_owned(),
            serial_number: self.serial_number.clone(),
            product_key: self.product_key.clone(),
            group_tag: group_tag(tag),
            assigned_user_principal_name: String::new(),
            hardware_identifier: self.hash.clone(),
            state: ImportState::first(ImportStatus::Unknown),
        }
    }

    pub fn change(&self, tag: u32) -> ImportedDeviceChange {
        ImportedDeviceChange {
            serial_number: Some(self.serial_number.clone()),
            product_key: Some(self.product_key.clone()),
            group_tag: Some(group_tag(tag)),
            assigned_user_principal_name: None,
            hardware_identifier: Some(self.hash.clone()),
        }
    }

    pub fn new_device(&self, id: &str, tag: u32) -> NewDevice {
        let body = serde_json::json!({
            "serialNumber": self.serial_number, "productKey": self.product_key, "groupTag": group_tag(tag),
        });
        let path = "/deviceManagement/windowsAutopilotDeviceIdentities";
        let request = odata::syntax::parse(path, None).unwrap();
        let model = Version::Beta.model();
        let ty = odata::bind::resource(model, &request.path).unwrap().entity_type().unwrap();
        let sent = odata::json::read::entity(model, ty, body.to_string().as_bytes()).unwrap();
        NewDevice::read(id.to_owned(), sent)
    }
}

/// The tenant's name in the database.
pub fn tenant(number: usize) -> String {
    Uuid::from_u128(number as u128 + 1).to_string()
}

/// What an administrator of the tenant may do.
pub fn grant(tenant: usize) -> Grant {
    static GRANTS: OnceLock<Vec<Grant>> = OnceLock::new();
    let grants = GRANTS.get_or_init(|| {
        let path = "/deviceManagement/importedWindowsAutopilotDeviceIdentities";
        let request = odata::syntax::parse(path, None).unwrap();
        let resource = odata::bind::resource(Version::Beta.model(), &request.path).unwrap();
        let caller = |number: usize| Caller {
            tenant: Tenant(Uuid::from_u128(number as u128 + 1)),
            subject: String::new(),
            app: None,
            user: None,
            kind: CallerKind::Delegated,
            permissions: vec![READ_WRITE.to_owned()],
        };
        (0..TENANTS).map(|number| Grant::check(&caller(number), &resource, Act::Insert).unwrap()).collect()
    });
    grants[tenant].clone()
}
