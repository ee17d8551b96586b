//! `Tailmark-Verdict`: whether the real service would have taken a request, and if not, why.
//!
//! `accepted`, `refused` (the error says why), `refused; reason="…"` (answered here all the same), or `unknown` (what is
//! not done here, the real service may do). For people who test a client against Tailmark and go to the real service
//! afterwards.

use autopilot::model::Version;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Response};
use odata::query::{Ending, Resource, Step};
use odata::syntax::SystemOption;
use odata::syntax::ast::Options;

use super::Exchange;

static HEADER: HeaderName = HeaderName::from_static("tailmark-verdict");

/// Options of OData that no resource of Intune answers.
const UNANSWERED: &[SystemOption] =
    &[SystemOption::Apply, SystemOption::Compute, SystemOption::Index, SystemOption::Schemaversion];

impl Exchange {
    /// Notes why the real service would not take this request, if that is known.
    pub fn judge(&self, resource: &Resource<'_>, options: &Options) {
        if let Some(reason) = reason(self.version, &self.method, resource, options) {
            let _ = self.verdict.set(reason);
        }
    }
}

fn reason(
    version: Version,
    method: &Method,
    resource: &Resource<'_>,
    options: &Options,
) -> Option<&'static str> {
    let ways = || resource.steps.iter().filter_map(Step::navigation).map(|way| way.name.as_str());
    let has = |option: SystemOption| options.given.iter().any(|given| given.option == option);
    if ways().any(|way| way == "importedWindowsAutopilotDeviceIdentityUploads") {
        return Some(match version {
            Version::Beta => "beta has not routed uploads since July 2019",
            Version::V1 => "v1.0 never routed uploads",
        });
    }
    if let Ending::Operation(operation) = &resource.ending
        && operation.name == "deleteDevices"
    {
        return Some("deleteDevices is documented, and in no metadata since June 2021");
    }
    let last = ways().next_back().unwrap_or_default();
    let is_identity =
        matches!(last, "importedWindowsAutopilotDeviceIdentities" | "windowsAutopilotDeviceIdentities");
    if *method == Method::PATCH && is_identity {
        return Some("PATCH of identities is not routed");
    }
    if last == "windowsAutopilotDeploymentProfiles"
        && (has(SystemOption::Filter) || has(SystemOption::Search))
    {
        return Some("no property of deployment profiles supports $filter or $search");
    }
    UNANSWERED
        .iter()
        .any(|option| has(*option))
        .then_some("Microsoft Graph does not answer this query option here")
}

/// Says it in an answer.
pub fn tell(response: &mut Response<Body>, reason: Option<&str>) {
    let status = response.status();
    let verdict = match reason {
        Some(reason) if !status.is_server_error() => {
            HeaderValue::try_from(format!("refused; reason=\"{reason}\""))
        }
        _ if status.as_u16() == 501 => Ok(HeaderValue::from_static("unknown")),
        _ if status.is_server_error() => return,
        _ if status.is_client_error() => Ok(HeaderValue::from_static("refused")),
        _ => Ok(HeaderValue::from_static("accepted")),
    };
    if let Ok(verdict) = verdict {
        response.headers_mut().entry(&HEADER).or_insert(verdict);
    }
}
