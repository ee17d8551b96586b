//! `$metadata` against what Microsoft publishes: names, types, nullability, numbers.
//!
//! `facts.xml` holds v1.0 and beta of August 2026, the audit log's part of both as far as it has sources, beta's uploads of July 2019, and `deleteDevices` of March 2021.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};

use crate::support::TestApp;

const FACTS: &str = include_str!("facts.xml");

/// Of v1.0, beyond what its metadata says: uploads, and an action that has a page.
const V1_ONLY_HERE: &[&str] = &[
    "autopilotDeviceStream(",
    "deleteDevices(",
    "deletedWindowsAutopilotDeviceState",
    "deviceManagement.importedWindowsAutopilotDeviceIdentityUploads",
    "windowsAutopilotDeviceDeletionState.",
];

/// Of beta: members whose numbers are published nowhere, and the way to device configuration.
const NOWHERE: &[&str] = &[
    "activeDirectoryWindowsAutopilotDeploymentProfile.domainJoinConfiguration",
    "platform.tvOS",
    "platform.unknownFutureValue",
    "platform.visionOS",
    "windowsAutopilotProfileAssignmentDetailedStatus.surfaceHub2SProfileNotSupported",
    "windowsAutopilotProfileAssignmentDetailedStatus.unknownFutureValue",
];

/// What one schema declares: `type.member` and what is said of it.
type Facts = BTreeMap<String, String>;

fn facts<'a, 'i: 'a>(schemas: impl Iterator<Item = Node<'a, 'i>>) -> Facts {
    let mut facts = Facts::new();
    for element in schemas.flat_map(|schema| schema.children()).filter(Node::is_element) {
        let name = element.attribute("Name").unwrap_or_default();
        let said = |node: &Node<'_, '_>, names: &[&str]| -> String {
            let said =
                names.iter().filter_map(|name| Some(format!("{name}={}", full(node.attribute(*name)?))));
            said.collect::<Vec<_>>().join(" ")
        };
        match element.tag_name().name() {
            "EnumType" => {
                for member in element.children().filter(|child| is_called(child, "Member")) {
                    let value = member.attribute("Value").unwrap_or_default();
                    facts.insert(
                        format!("{name}.{}", member.attribute("Name").unwrap_or_default()),
                        value.to_owned(),
                    );
                }
            }
            "EntityType" | "ComplexType" => {
                facts.insert(name.to_owned(), said(&element, &["BaseType", "Abstract"]));
                for member in element.children().filter(Node::is_element) {
                    let kind = member.tag_name().name();
                    if matches!(kind, "Property" | "NavigationProperty") {
                        let mut text = said(&member, &["Type", "ContainsTarget"]);
                        // Whether a navigation property may be null is said here and not there.
                        if kind == "Property"
                            && !member.attribute("Type").unwrap_or_default().starts_with("Coll")
                        {
                            let nullable = member.attribute("Nullable").unwrap_or("true");
                            text.push_str(&format!(" Nullable={nullable}"));
                        }
                        let member = member.attribute("Name").unwrap_or_default();
                        facts.insert(format!("{name}.{member}"), text);
                    }
                }
            }
            "Action" | "Function" => {
                for part in element.children().filter(Node::is_element) {
                    if part.tag_name().name() == "Annotation" {
                        continue;
                    }
                    let part_name = part.attribute("Name").unwrap_or("returns");
                    // What an operation is bound to has a name of no meaning, but an order.
                    let part_name = if part.prev_sibling_element().is_none() { "binding" } else { part_name };
                    facts.insert(format!("{name}({part_name})"), said(&part, &["Type"]));
                }
            }
            _ => {}
        }
    }
    facts
}

/// The alias is written as the namespace.
fn full(text: &str) -> String {
    text.replace("(graph.", "(microsoft.graph.").replacen(
        "graph.",
        "microsoft.graph.",
        usize::from(text.starts_with("graph.")),
    )
}

/// What a set of schemas declares.
fn published(document: &Document<'_>, sets: &[&str]) -> Facts {
    let sets = document.descendants().filter(|node| {
        is_called(node, "SchemaSet") && sets.contains(&node.attribute("id").unwrap_or_default())
    });
    facts(sets.flat_map(|set| set.children()).filter(|node| is_called(node, "Schema")))
}

fn is_called(node: &Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

fn differences(published: &Facts, served: &Facts) -> (Vec<String>, Vec<String>) {
    let names = |facts: &Facts| facts.keys().cloned().collect::<BTreeSet<_>>();
    let missing = names(published).difference(&names(served)).cloned().collect();
    let differing = published.iter().filter_map(|(name, said)| {
        let here = served.get(name)?;
        // A number that nobody published cannot differ.
        (here != said && said != "?").then(|| format!("{name}: {said:?} is published, {here:?} is served"))
    });
    (missing, differing.collect())
}

async fn served(version: &str) -> Facts {
    let app = TestApp::start().await;
    let xml = app.get(&format!("/{version}/$metadata")).by_nobody().await.expect(200).text;
    let document = Document::parse(&xml).unwrap();
    facts(document.descendants().filter(|node| is_called(node, "Schema")))
}

#[tokio::test]
async fn v1_is_as_it_is_published() {
    let document = Document::parse(FACTS).unwrap();
    let published = published(&document, &["v1.0-2026-08", "v1.0-auditing"]);
    assert!(published.len() > 100, "{published:?}");
    let served = served("v1.0").await;
    let (missing, differing) = differences(&published, &served);
    assert!(missing.is_empty() && differing.is_empty(), "missing {missing:#?}, differing {differing:#?}");
    // Uploads were documented for v1.0 and never routed; deleteDevices has a page. Everything else is as it is published.
    assert_eq!(beyond(&published, &served, V1_ONLY_HERE), Vec::<&String>::new());
}

#[tokio::test]
async fn beta_is_as_it_is_published() {
    let document = Document::parse(FACTS).unwrap();
    let sets = [
        "beta-2026-08-composed",
        "beta-2021-03-23-deleteDevices",
        "beta-2019-07-16-upload-era",
        "beta-auditing",
    ];
    let published = published(&document, &sets);
    assert!(published.len() > 250, "{published:?}");
    let served = served("beta").await;
    let (missing, differing) = differences(&published, &served);
    assert!(differing.is_empty(), "{differing:#?}");
    assert_eq!(missing, NOWHERE);
    assert_eq!(beyond(&published, &served, &[]), Vec::<&String>::new());
}

/// What is served and not published, apart from what begins like one of these.
fn beyond<'s>(published: &Facts, served: &'s Facts, known: &[&str]) -> Vec<&'s String> {
    let is_known = |name: &String| known.iter().any(|known| name.starts_with(known));
    served.keys().filter(|name| !published.contains_key(*name) && !is_known(name)).collect()
}
