//! The models as documents: that they survive, and that they say what Graph's own `$metadata` says.
//!
//! What is known of Graph's metadata is not part of this repository. It is looked for in the folder that `GRAPH_FACTS`
//! names, or beside the repository in `../shared/facts/api`; without it the comparison passes and says so. `METADATA_DIR`
//! names a folder that the documents are written to, for readers of other makers (`e2e/metadata`).

#![expect(clippy::unwrap_used, reason = "a failure in a helper fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use autopilot::model::Version;
use odata::model::csdl::{self, Options};
use odata::openapi::{self, About};
use roxmltree::{Document, Node};

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

/// Facts by the path of what they are about: `deviceManagement/…`, `import(…)`.
type Facts = BTreeMap<String, String>;

/// An action that was there for some months, and still has a page in both versions.
const DELETE_DEVICES: &str = "beta-2021-03-23-deleteDevices";

#[test]
fn the_models_agree_with_graph() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/facts/api");
    let folder = std::env::var("GRAPH_FACTS").map_or(beside, PathBuf::from);
    let path = folder.join("autopilot-csdl-facts.xml");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("no {}: nothing is compared", path.display());
        return;
    };
    let known = Document::parse(&text).unwrap();
    let known = |set: &str| {
        let set = known.root_element().children().find(|child| child.attribute("id") == Some(set));
        facts(set.unwrap_or_else(|| panic!("no set {set:?}")))
    };
    let mut wrong = String::new();
    for (version, sets) in [
        (Version::V1, ["v1.0-2026-08", DELETE_DEVICES, "beta-2019-07-16-upload-era"].as_slice()),
        (
            Version::Beta,
            &["beta-2026-08-composed", "beta-2021-07-13", DELETE_DEVICES, "beta-2019-07-16-upload-era"],
        ),
    ] {
        // The first set that knows of something is right about it.
        let mut expected = Facts::new();
        for set in sets.iter().rev() {
            expected.extend(known(set));
        }
        let newest = known(sets[0]);
        let ours = csdl::xml(version.model(), &Options::new(csdl::Version::V401));
        let ours = facts(Document::parse(&ours).unwrap().root_element());
        for (path, fact) in &ours {
            match expected.get(path) {
                Some(known) if known == fact => {}
                Some(known) => wrong.push_str(&format!("{version:?} {path}: {fact}; Graph: {known}\n")),
                None => wrong.push_str(&format!("{version:?} {path}: {fact}; Graph has none\n")),
            }
        }
        // What a type lacks that is there is for later.
        let lacking = newest.iter().filter(|(path, _)| {
            !ours.contains_key(*path) && path.split_once('/').is_none_or(|(ty, _)| ours.contains_key(ty))
        });
        lacking.for_each(|(path, fact)| eprintln!("{version:?} lacks {path}: {fact}"));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Names, types, whether null is allowed, numbers: what clients are generated from.
fn facts(root: Node<'_, '_>) -> Facts {
    let mut facts = Facts::new();
    for schema in root.descendants().filter(|element| element.tag_name().name() == "Schema") {
        for element in schema.children().filter(Node::is_element) {
            let kind = element.tag_name().name();
            let name = element.attribute("Name").unwrap();
            if let "Action" | "Function" = kind {
                facts.insert(signature(element, name), returned(element));
                continue;
            }
            let said = ["BaseType", "Abstract", "OpenType", "HasStream", "IsFlags"];
            facts.insert(name.to_owned(), format!("{kind}{}", attributes(element, &said)));
            for member in element.children().filter(Node::is_element) {
                // What has no known number says `?`.
                let unknown = member.attribute("Value") == Some("?");
                let kind = member.tag_name().name();
                let said = ["Name", "Value", "Type", "EntityType", "Nullable", "ContainsTarget"];
                match kind {
                    _ if unknown => {}
                    "Key" => {
                        let parts = member.children().filter(Node::is_element);
                        let parts: String = parts.map(|part| attributes(part, &["Name"])).collect();
                        facts.insert(format!("{name}/key"), parts);
                    }
                    "Annotation" => {}
                    _ => {
                        let path = format!("{name}/{}", member.attribute("Name").unwrap());
                        facts.insert(path, format!("{kind}{}", attributes(member, &said[1..])));
                    }
                }
            }
        }
    }
    facts
}

fn attributes(element: Node<'_, '_>, names: &[&str]) -> String {
    let said = names.iter().filter_map(|name| {
        // A collection says nothing about null in Graph, and nothing may be concluded from it.
        let is_collection = element.attribute("Type").is_some_and(|ty| ty.starts_with("Collection("));
        let value = element.attribute(*name).filter(|_| !(is_collection && *name == "Nullable"))?;
        Some(format!(" {name}={}", value.replace("graph.", "").replace("microsoft.", "")))
    });
    said.collect()
}

/// The name of an operation with what it is bound to.
fn signature(operation: Node<'_, '_>, name: &str) -> String {
    let first = operation.children().find(|child| child.tag_name().name() == "Parameter");
    format!("{name} on{}", attributes(first.unwrap(), &["Type"]))
}

/// Parameters without the first, and what it returns.
fn returned(operation: Node<'_, '_>) -> String {
    let parts = operation.children().filter(|child| {
        matches!(child.tag_name().name(), "Parameter" | "ReturnType")
            && child.attribute("Name") != Some("bindingParameter")
    });
    let parts = parts.map(|part| attributes(part, &["Name", "Type", "Nullable"]));
    format!("{}{}", operation.tag_name().name(), parts.collect::<String>())
}
