//! Windows Autopilot device identities: what they are and how they get in.
//!
//! The story in one page. A person has a **hash file** ([`csv`]): a line for each device, with its serial number and
//! its *hardware hash*, which is no digest but a report on the machine ([`hardware_identifier`]). [`check`] says what
//! is wrong with each line before anything is sent. What is sent becomes an **imported device**
//! ([`imported_device`]), alone or in an **upload** ([`upload`]). The rule of [`registration`] decides what becomes of
//! it: a registered **device** ([`device`]), or a [`rejection`] with its published code. [`model`] declares all of
//! them as Microsoft Graph does, with who may do what.
//!
//! Around it stand **deployment profiles** ([`deployment_profile`]), which find their devices by tag, group or id
//! ([`assignment`]), and the **corporate identifiers** of devices that enroll in other ways ([`corporate_identifier`]).
//!
//! Nothing here does I/O, reads a clock or makes up an id: times and ids are arguments.

pub mod assignment;
pub mod check;
pub mod corporate_identifier;
pub mod csv;
pub mod deployment_profile;
pub mod device;
pub mod device_record;
pub mod fault;
pub mod hardware_identifier;
pub mod import_status;
pub mod imported_device;
pub mod model;
pub mod problem;
pub mod registration;
pub mod rejection;
pub mod upload;
