//! A registered device, and its named changes.
//!
//! Source: `windowsAutopilotDeviceIdentity` of Microsoft Graph and its actions `updateDeviceProperties`,
//! `assignUserToDevice` and `unassignUserFromDevice`.

use odata::json::read::{Datum, Record};

/// `allowed` of `windowsAutopilotUserlessEnrollmentStatus`.
const ALLOWED: i64 = 1;

/// A device that was just registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id, which clients find in `state.deviceRegistrationId`.
    pub id: String,
    /// What tells this device from every other, in all tenants.
    pub key: [u8; 32],
    /// The request or upload that registered it.
    pub batch_id: String,
    /// What its firmware says, else what the client sent.
    pub serial_number: String,
    /// The client's, else that of its hardware report.
    pub product_key: String,
    /// The client's.
    pub group_tag: String,
    /// The client's.
    pub user_principal_name: String,
    /// From its hardware report.
    pub manufacturer: String,
    /// From its hardware report.
    pub model: String,
    /// From its hardware report.
    pub sku_number: String,
    /// From its hardware report.
    pub system_family: String,
}

/// What is changed about a registered device; nothing is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the properties of the same names")]
pub struct DeviceChange {
    pub user_principal_name: Option<String>,
    pub addressable_user_name: Option<String>,
    pub group_tag: Option<String>,
    pub display_name: Option<String>,
    pub device_account_upn: Option<String>,
    pub device_account_password: Option<String>,
    pub device_friendly_name: Option<String>,
    pub resource_name: Option<String>,
    pub userless_enrollment_status: Option<i64>,
}

impl DeviceChange {
    /// `updateDeviceProperties`, `assignUserToDevice` and `assignResourceAccountToDevice`: what is sent is set, null to empty; the rest stays.
    #[must_use]
    pub fn of_parameters(mut sent: Record<'_>) -> Self {
        let mut text = |name| match sent.take(name)? {
            Datum::Value(value) => Some(value.text()),
            _ => None,
        };
        Self {
            user_principal_name: text("userPrincipalName"),
            addressable_user_name: text("addressableUserName"),
            group_tag: text("groupTag"),
            display_name: text("displayName"),
            device_account_upn: text("deviceAccountUpn"),
            device_account_password: text("deviceAccountPassword"),
            device_friendly_name: text("deviceFriendlyName"),
            // The parameter of `assignResourceAccountToDevice` has a name of its own.
            resource_name: text("resourceAccountName").or_else(|| text("resourceName")),
            userless_enrollment_status: None,
        }
    }

    /// `unassignResourceAccountFromDevice`: the device has no account of its own any more.
    #[must_use]
    pub fn without_resource_account() -> Self {
        Self { resource_name: Some(String::new()), ..Self::without_user() }
    }

    /// `allowNextEnrollment`: the device may enroll once more without a user.
    #[must_use]
    pub fn allowing_next_enrollment() -> Self {
        Self { userless_enrollment_status: Some(ALLOWED), ..Self::default() }
    }

    /// `unassignUserFromDevice`: nobody is expected to use the device.
    #[must_use]
    pub fn without_user() -> Self {
        Self {
            user_principal_name: Some(String::new()),
            addressable_user_name: Some(String::new()),
            ..Self::default()
        }
    }
}
