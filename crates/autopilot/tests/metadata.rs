//! The models as documents: that they survive. `METADATA_DIR` names a folder that the documents are written to, for
//! readers of other makers (`e2e/metadata`). What Graph's own `$metadata` says is compared in
//! `crates/tailmark/tests/api/facts.rs`.

use std::fs;
use std::path::Path;

use autopilot::model::Version;
use odata::model::csdl::{self, Options};
use odata::openapi::{self, About};

fn options(version: csdl::Version) -> Options {
    Options::new(version).with_acts().with_permissions()
}

#[test]
fn the_models_survive() {
    for version in Version::ALL {
        let model = version.model();
        for csdl_version in [csdl::Version::V40, csdl::Version::V401] {
            let written = csdl::xml(model, &options(csdl_version));
            let read = csdl::read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
            // What CSDL has no words for.
            let told = format!("{model:#?}")
                .replace("always_typed: true", "always_typed: false")
                .replace("envelope: true", "envelope: false")
                .replace("searchable: true", "searchable: false")
                .replace("returned: OnRequest", "returned: Always");
            assert_eq!(format!("{read:#?}"), told);
            assert_eq!(csdl::xml(&read, &options(csdl_version)), written);
        }
    }
}

#[test]
fn documents_for_other_readers() {
    let Ok(folder) = std::env::var("METADATA_DIR") else {
        eprintln!("METADATA_DIR names no folder to write to");
        return;
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder).unwrap();
    for version in Version::ALL {
        let (model, name) = (version.model(), version.segment());
        let write =
            |ending: &str, text: &str| fs::write(folder.join(format!("{name}.{ending}")), text).unwrap();
        write("4.0.xml", &csdl::xml(model, &Options::new(csdl::Version::V40)));
        write("xml", &csdl::xml(model, &options(csdl::Version::V401)));
        write("csdl.json", &csdl::json(model, &options(csdl::Version::V401)).to_string());
        let about = About {
            servers: vec![format!("https://localhost/{name}")],
            token_url: Some("https://localhost/token".to_owned()),
            ..About::new("Windows Autopilot", name)
        };
        write("openapi.json", &openapi::document(model, &about).to_string());
    }
}
