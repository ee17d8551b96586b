//! `DELETE windowsAutopilotDeviceIdentities/{id}`

use crate::coverage::Route;
use crate::support::{TestApp, hashed};
use crate::{DEVICES, IMPORTED, ROOTS};

pub const ROUTES: &[Route] = &[Route::delete("windowsAutopilotDeviceIdentities/{device}")];

/// The device goes, its import record stays, and the machine can be imported anew.
#[tokio::test]
async fn frees_the_machine() {
    let app = TestApp::start().await;
    for root in ROOTS {
        let import = async || {
            let id = app.post(&format!("{root}/{IMPORTED}"), &hashed(root)).await.expect(201).id();
            app.settled().await;
            app.get(&format!("{root}/{IMPORTED}/{id}")).await.expect(200).json()
        };
        let record = import().await;
        let id = record["state"]["deviceRegistrationId"].as_str().unwrap().to_owned();
        let url = format!("{root}/{DEVICES}/{id}");

        let deleted = app.delete(&url).await.expect(204);
        assert_eq!((deleted.text.as_str(), deleted.header("content-type")), ("", ""));
        deleted.assert_common_headers();
        app.get(&url).await.expect(404);
        let again = app.delete(&url).await.expect(400);
        assert_eq!(again.phrase(), "ZtdDeviceDeletionInProgess", "{again:?}");
        let kept = app.get(&format!("{root}/{IMPORTED}/{}", record["id"].as_str().unwrap())).await;
        assert_eq!(kept.expect(200).json()["state"], record["state"], "a final state never changes");

        let again = import().await;
        assert_eq!(again["state"]["deviceImportStatus"], "complete");
        assert_ne!(again["state"]["deviceRegistrationId"], id);
        app.delete(&format!("{root}/{DEVICES}/{}", again["state"]["deviceRegistrationId"].as_str().unwrap()))
            .await
            .expect(204);
    }
}
