//! Which deployment profile a device is to have, and how it comes to have it.
//!
//! In: a device's tag and ids, the profiles of its tenant with their targets, its groups. Out: the profile that is
//! intended for it, and the next state of its assignment. Pure.
//! Sources: `windowsAutopilotDeploymentProfileAssignment` and `deploymentProfileAssignmentStatus` of Microsoft Graph; the
//! three membership rules that <https://learn.microsoft.com/en-us/autopilot/enrollment-autopilot> publishes for groups of
//! Autopilot devices. Of several profiles the one that was created first wins.

/// Every profile of a tenant and whom it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targeting {
    /// In the order of their creation.
    pub profiles: Vec<Targeted>,
    /// The tenant's groups.
    pub groups: Vec<Group>,
}

/// A profile and whom it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targeted {
    /// The profile's id.
    pub profile: String,
    /// Whom it is for, and whom not.
    pub targets: Vec<Target>,
}

/// One target of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `allDevicesAssignmentTarget`
    AllDevices,
    /// `groupAssignmentTarget`: the group with this id.
    Group(String),
    /// `exclusionGroupAssignmentTarget`: not for the group with this id.
    Excluded(String),
}

/// A group of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: String,
    /// Which devices are in it.
    pub members: Membership,
}

/// Which devices are in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// Every registered device: `[ZTDId]`.
    Registered,
    /// Those with this group tag: `[OrderID]:tag`.
    GroupTag(String),
    /// Those of this order: `[PurchaseOrderId]:order`.
    PurchaseOrder(String),
    /// These, by their ids.
    Devices(Vec<String>),
}

/// What of a device decides about its profile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Candidate<'d> {
    /// Its id.
    pub id: &'d str,
    /// Its group tag.
    pub group_tag: &'d str,
    /// Its purchase order.
    pub purchase_order: &'d str,
    /// The profile that the action `assign` gave it, if any.
    pub chosen: Option<&'d str>,
}

/// `deploymentProfileAssignmentStatus`, as far as a device here comes to have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The device has the profile that is intended for it, as it is now.
    InSync,
    /// It has a profile, and another or a newer form of it is intended.
    OutOfSync,
    /// No profile is intended for it.
    NotAssigned,
    /// A profile is intended for it.
    Pending,
}

/// A device's profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// How far it is.
    pub status: Status,
    /// The profile that it has.
    pub profile: Option<String>,
    /// The profile that is intended for it.
    pub intended: Option<String>,
}

impl Membership {
    /// Reads one of the three published rules, such as `(device.devicePhysicalIds -any (_ -eq "[OrderID]:Kiosk"))`;
    /// nothing for any other.
    #[must_use]
    pub fn of_rule(rule: &str) -> Option<Self> {
        let is_called = |name: &str| rule.to_ascii_lowercase().contains(name);
        if !is_called("device.devicephysicalids") {
            return None;
        }
        let literal = rule.split(['"', '\'']).nth(1)?;
        let (name, value) = literal.strip_prefix('[')?.split_once(']')?;
        let value = value.strip_prefix(':').unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "ztdid" => Some(Self::Registered),
            "orderid" => Some(Self::GroupTag(value.to_owned())),
            "purchaseorderid" => Some(Self::PurchaseOrder(value.to_owned())),
            _ => None,
        }
    }

    fn has(&self, device: &Candidate<'_>) -> bool {
        match self {
            Self::Registered => true,
            // `-eq` of a membership rule does not heed case.
            Self::GroupTag(tag) => tag.eq_ignore_ascii_case(device.group_tag),
            Self::PurchaseOrder(order) => order.eq_ignore_ascii_case(device.purchase_order),
            Self::Devices(ids) => ids.iter().any(|id| id.eq_ignore_ascii_case(device.id)),
        }
    }
}

impl Targeting {
    /// The profile that is intended for a device: the one that it was given by itself, else the first whose groups it is
    /// in, else the first that is for all devices.
    #[must_use]
    pub fn intended(&self, device: &Candidate<'_>) -> Option<&str> {
        let named = |id: &str| self.profiles.iter().find(|targeted| targeted.profile == id);
        if let Some(chosen) = device.chosen.and_then(named) {
            return Some(&chosen.profile);
        }
        let open = || self.profiles.iter().filter(|targeted| !self.excludes(targeted, device));
        let by_group = |targeted: &&Targeted| {
            targeted.targets.iter().any(|target| matches!(target, Target::Group(id) if self.has(id, device)))
        };
        let found =
            open().find(by_group).or_else(|| open().find(|one| one.targets.contains(&Target::AllDevices)));
        found.map(|targeted| targeted.profile.as_str())
    }

    fn excludes(&self, targeted: &Targeted, device: &Candidate<'_>) -> bool {
        targeted.targets.iter().any(|target| matches!(target, Target::Excluded(id) if self.has(id, device)))
    }

    /// Whether a device is in a group. A group that nobody described is that of the devices with its id as their tag:
    /// there is no directory here to ask.
    fn has(&self, group: &str, device: &Candidate<'_>) -> bool {
        match self.groups.iter().find(|known| known.id.eq_ignore_ascii_case(group)) {
            Some(known) => known.members.has(device),
            None => !group.is_empty() && group.eq_ignore_ascii_case(device.group_tag),
        }
    }
}

impl Status {
    /// The number of the enum member.
    #[must_use]
    pub fn number(self) -> i64 {
        match self {
            Self::InSync => 1,
            Self::OutOfSync => 2,
            Self::NotAssigned => 4,
            Self::Pending => 5,
        }
    }

    /// The status with a number; those that no device here comes to have count as not assigned.
    #[must_use]
    pub fn of_number(number: i64) -> Self {
        match number {
            1 => Self::InSync,
            2 => Self::OutOfSync,
            5 => Self::Pending,
            _ => Self::NotAssigned,
        }
    }
}

impl Assignment {
    /// A device without a profile.
    pub const NONE: Self = Self { status: Status::NotAssigned, profile: None, intended: None };

    /// What follows when this profile is intended for the device.
    #[must_use]
    pub fn intending(&self, intended: Option<&str>) -> Self {
        if intended == self.intended.as_deref() {
            return self.clone();
        }
        let Some(intended) = intended else { return Self::NONE };
        let status = match &self.profile {
            Some(profile) if profile == intended => Status::InSync,
            Some(_) => Status::OutOfSync,
            None => Status::Pending,
        };
        Self { status, profile: self.profile.clone(), intended: Some(intended.to_owned()) }
    }
}
