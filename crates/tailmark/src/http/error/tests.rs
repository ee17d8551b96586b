//! What the error door writes to the log.

use super::*;
use crate::telemetry::caught::log_of;

fn asked() -> Asked {
    Asked {
        method: Method::POST,
        path: "/beta/deviceManagement".to_owned(),
        correlation: Arc::new(Correlation { request_id: "1".to_owned(), client_request_id: "2".to_owned() }),
        base: "http://127.0.0.1:4280".to_owned(),
        challenge: String::new(),
        profile: &odata::profile::GRAPH,
        version: Version::V4,
        config: Arc::default(),
        verdict: Arc::default(),
        is_cross_origin: false,
    }
}

#[test]
fn the_log_has_what_the_store_failed_and_not_what_clients_got_wrong() {
    let told = |error: store::Error| {
        let mut status = StatusCode::OK;
        let log = log_of(|| status = Error::Store(error).respond(&asked()).status());
        (status.as_u16(), log.contains("ERROR") && log.contains("the store failed a request"))
    };
    assert_eq!(told(store::Error::Conflict("The upload is final")), (409, false));
    assert_eq!(told(store::Error::NotFound), (404, false));
    assert_eq!(told(store::Error::ConditionNotMet), (412, false));
    assert_eq!(told(store::Error::Full), (507, true));
    assert_eq!(told(store::Error::Busy), (503, true));
    assert_eq!(told(store::Error::Inconsistent("a column is null".to_owned())), (500, true));
    assert_eq!(told(store::Error::Panicked), (500, true));
}
