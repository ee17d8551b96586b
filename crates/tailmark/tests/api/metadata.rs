//! What describes the service: the service document, `$metadata`, OpenAPI. For everybody.

use autopilot::model::Version;

use crate::JSON;
use crate::support::{TestApp, names};

#[tokio::test]
async fn the_service_document_says_where_to_begin() {
    let app = TestApp::start().await;
    for version in Version::ALL {
        let root = format!("/{}", version.segment());
        for url in [root.clone(), format!("{root}/"), format!("{root}?$format=json"), root.to_uppercase()] {
            let answer = app.get(&url).by_nobody().await.expect(200);
            answer.assert_common_headers();
            assert_eq!((answer.header("content-type"), answer.header("odata-version")), (JSON, "4.0"));
            let body = answer.json();
            assert_eq!(names(&body), ["@odata.context", "value"]);
            assert_eq!(body["@odata.context"], format!("{}{root}/$metadata", app.base));
            let first = &body["value"][0];
            assert_eq!((&first["name"], &first["kind"]), (&"deviceManagement".into(), &"Singleton".into()));
            assert_eq!(first["url"], "deviceManagement");
        }
        let none = app.get(&root).by_nobody().header("accept", "application/json;odata.metadata=none").await;
        assert_eq!(names(&none.expect(200).json()), ["value"]);
        app.get(&root).by_nobody().header("accept", "application/xml").await.expect(406).assert_is_error();
        app.get(&format!("{root}?$top=1")).by_nobody().await.expect(400).assert_is_error();
        for method in ["POST", "PATCH", "PUT", "DELETE"] {
            let answer = app.ask(method, &root).text("{}").await.expect(400);
            assert_eq!(answer.code(), "No method match route template");
        }
    }
}

#[tokio::test]
async fn the_model_is_described_in_xml_and_json() {
    let app = TestApp::start().await;
    for version in Version::ALL {
        let url = format!("/{}/$metadata", version.segment());
        let xml = app.get(&url).by_nobody().await.expect(200);
        assert_eq!((xml.header("content-type"), xml.header("odata-version")), ("application/xml", "4.0"));
        let read = odata::model::csdl::read(&xml.text).unwrap();
        let model = version.model();
        let names = |model: &odata::model::Model| -> Vec<String> {
            let management = model.entity(model.container.members[0].target);
            management.navigation.iter().map(|navigation| navigation.name.clone()).collect()
        };
        assert_eq!(names(&read), names(model));
        assert_eq!(read.operations.len(), model.operations.len());
        for accept in
            ["*/*", "application/xml", "text/html, application/xml;q=0.9, */*;q=0.8", "application/*"]
        {
            let answer = app.get(&url).by_nobody().header("accept", accept).await.expect(200);
            assert_eq!(answer.text, xml.text, "{accept}");
        }
        let encoded = url.replace('$', "%24");
        assert_eq!(app.get(&encoded).by_nobody().await.expect(200).text, xml.text);
        assert_eq!(app.get(&format!("{url}?$format=xml")).by_nobody().await.expect(200).text, xml.text);

        for json in [
            app.get(&format!("{url}?$format=json")).by_nobody().await.expect(200),
            app.get(&url).by_nobody().header("accept", "application/json").await.expect(200),
            app.get(&url)
                .by_nobody()
                .header("accept", "application/json, application/xml;q=0.5")
                .await
                .expect(200),
        ] {
            assert_eq!(
                (json.header("content-type"), json.header("odata-version")),
                ("application/json", "4.01")
            );
            assert_eq!(json.json()["$Version"], "4.01");
            assert!(json.json()["microsoft.graph"]["deviceManagement"].is_object());
        }
        app.get(&url).by_nobody().header("accept", "text/html").await.expect(406).assert_is_error();
        app.get(&format!("{url}?$format=atom")).by_nobody().await.expect(406).assert_is_error();
        let head = app.ask("HEAD", &url).by_nobody().await.expect(200);
        assert_eq!((head.text.as_str(), head.header("content-type")), ("", "application/xml"));
        app.post(&url, &serde_json::json!({})).await.expect(400).assert_is_error();
        app.get(&format!("{url}/more")).by_nobody().await.expect(401);
    }
}

#[tokio::test]
async fn documents_are_asked_for_again_and_not_sent_again() {
    let app = TestApp::start().await;
    for url in ["/beta/$metadata", "/v1.0/$metadata?$format=json", "/openapi.json"] {
        let first = app.get(url).by_nobody().await.expect(200);
        assert_eq!(first.header("cache-control"), "no-cache", "{url}");
        let tag = first.header("etag");
        assert!(!tag.is_empty(), "{url}");
        let again = app.get(url).by_nobody().header("if-none-match", tag).await.expect(304);
        assert_eq!((again.text.as_str(), again.header("etag")), ("", tag));
        app.get(url).by_nobody().header("if-none-match", "\"other\"").await.expect(200);
    }
    let of = |url: &'static str| app.get(url).by_nobody();
    let (beta, v1) = (of("/beta/$metadata").await, of("/v1.0/$metadata").await);
    assert_ne!(beta.header("etag"), v1.header("etag"));
}

#[tokio::test]
async fn both_versions_are_described_in_openapi() {
    let app = TestApp::start().await;
    for (url, version) in [
        ("/openapi.json", "beta"),
        ("/openapi.json?version=v1.0", "v1.0"),
        ("/openapi.json?version=beta", "beta"),
    ] {
        let answer = app.get(url).by_nobody().await.expect(200);
        assert_eq!(answer.header("content-type"), "application/json");
        let body = answer.json();
        assert!(body["openapi"].as_str().unwrap().starts_with("3.1"));
        assert_eq!(body["info"]["version"], version);
        assert_eq!(body["servers"][0]["url"], format!("{}/{version}", app.base));
        assert!(body["paths"].as_object().unwrap().len() > 5);
    }
    app.get("/openapi.json?version=v2").by_nobody().await.expect(404).assert_is_error();
    app.post("/openapi.json", &serde_json::json!({})).await.expect(400).assert_is_error();
}
