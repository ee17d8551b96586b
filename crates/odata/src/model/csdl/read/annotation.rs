//! What annotations say that the model has a field for.
//!
//! In goes an element and the name by which annotations elsewhere may target it, out comes what is said, or what
//! silence means. Annotations with a qualifier are for somebody else.
//! Terms: Core and Capabilities, <https://oasis-tcs.github.io/odata-vocabularies/>.

use super::names::Names;
use super::{Element, elements};
use crate::model::csdl::{APPLICATION, CAPABILITIES, CORE, DELEGATED};
use crate::model::{Acts, Permission};

impl<'a> Names<'a> {
    fn annotation(&self, element: Element<'a>, target: &str, term: &str) -> Option<Element<'a>> {
        let apart = self.annotations.get(target).into_iter().flatten().copied();
        let mut all = std::iter::once(element).chain(apart).flat_map(|parent| elements(parent, "Annotation"));
        all.find(|annotation| {
            annotation.attribute("Qualifier").is_none()
                && annotation.attribute("Term").is_some_and(|name| self.full_name(name) == term)
        })
    }

    /// Whether the service decides about a property.
    pub fn is_computed(&self, element: Element<'a>, target: &str) -> bool {
        let computed = self.annotation(element, target, &format!("{CORE}.Computed"));
        let permissions = self.annotation(element, target, &format!("{CORE}.Permissions"));
        let permissions = permissions.and_then(|annotation| value(annotation, &["EnumMember"]));
        computed.is_some_and(|annotation| value(annotation, &["Bool"]) != Some("false"))
            || permissions.is_some_and(|members| members.trim().ends_with("Permission/Read"))
    }

    /// The alternate keys that are made of the type's own properties.
    pub fn alternate_keys(&self, element: Element<'a>, target: &str) -> Vec<Vec<String>> {
        let annotation = self.annotation(element, target, &format!("{CORE}.AlternateKeys"));
        let keys = annotation.into_iter().flat_map(records);
        let keys = keys.filter_map(|key| {
            let parts = records(member(key, "Key")?);
            let parts: Option<Vec<String>> = parts
                .map(|part| {
                    let name = member(part, "Name")?;
                    let name = value(name, &["PropertyPath", "Path", "ModelElementPath", "String"])?.trim();
                    (!name.contains('/')).then(|| name.to_owned())
                })
                .collect();
            parts.filter(|parts| !parts.is_empty())
        });
        keys.collect()
    }

    /// What may be done, and by whom. What is not denied is allowed.
    pub fn acts(&self, element: Element<'a>, target: &str) -> Acts {
        let act = |term: &str, able: &str| {
            let annotation = self.annotation(element, target, &format!("{CAPABILITIES}.{term}"));
            let record = annotation.and_then(|annotation| elements(annotation, "Record").next());
            let denied = record.and_then(|record| value(member(record, able)?, &["Bool"])) == Some("false");
            (!denied).then(|| record.map(permission).unwrap_or_default())
        };
        Acts {
            read: act("ReadRestrictions", "Readable"),
            insert: act("InsertRestrictions", "Insertable"),
            update: act("UpdateRestrictions", "Updatable"),
            delete: act("DeleteRestrictions", "Deletable"),
        }
    }

    /// Who may call an operation.
    pub fn callers(&self, element: Element<'a>) -> Permission {
        let annotation = self.annotation(element, "", &format!("{CAPABILITIES}.OperationRestrictions"));
        let record = annotation.and_then(|annotation| elements(annotation, "Record").next());
        record.map(permission).unwrap_or_default()
    }
}

/// The member `Permissions` of a record.
fn permission(record: Element<'_>) -> Permission {
    let mut permission = Permission::default();
    for scheme in member(record, "Permissions").into_iter().flat_map(records) {
        let names = match member(scheme, "SchemeName").and_then(|name| value(name, &["String"])) {
            Some(DELEGATED) => &mut permission.delegated,
            Some(APPLICATION) => &mut permission.application,
            _ => continue,
        };
        let scopes = member(scheme, "Scopes").into_iter().flat_map(records);
        let scopes = scopes.filter_map(|scope| value(member(scope, "Scope")?, &["String"]));
        names.extend(scopes.map(str::to_owned));
    }
    permission
}

/// The value that an element has as an attribute, or as the text of a child.
fn value<'a>(element: Element<'a>, names: &[&'static str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let child = || elements(element, name).next().and_then(|child| child.text());
        element.attribute(*name).or_else(child)
    })
}

/// The member of a record.
fn member<'a>(record: Element<'a>, name: &str) -> Option<Element<'a>> {
    elements(record, "PropertyValue").find(|value| value.attribute("Property") == Some(name))
}

/// The records of a value that is a collection of records.
fn records(element: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    elements(element, "Collection").flat_map(|collection| elements(collection, "Record"))
}
