//! What is said of a model's elements in the words of the OASIS vocabularies, for either form of CSDL.
//!
//! In goes an element of the model, out come annotations with a value that XML and JSON each write in their way.
//! Terms: Core and Capabilities, <https://oasis-tcs.github.io/odata-vocabularies/>.

use super::{APPLICATION, CAPABILITIES, CORE, Conformance, DELEGATED, Options};
use crate::model::{Acts, EntityType, NavigationProperty, Operation, Permission, Property};

/// A term and what it is given.
pub(super) struct Annotation {
    /// With its namespace.
    pub term: String,
    pub value: Expression,
}

/// The value of an annotation, CSDL 4.01 §14.3 and §14.4.
pub(super) enum Expression {
    Bool(bool),
    String(String),
    /// The full name of an enum type and one of its members.
    Member(String, String),
    /// The path of a property.
    Property(String),
    Collection(Vec<Expression>),
    Record(Vec<(&'static str, Expression)>),
}

/// Where a navigation property stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a type.
    Type,
    /// In the container.
    Container,
}

fn core(term: &str, value: Expression) -> Annotation {
    Annotation { term: format!("{CORE}.{term}"), value }
}

fn capability(term: &str, value: Expression) -> Annotation {
    Annotation { term: format!("{CAPABILITIES}.{term}"), value }
}

fn string(text: &str) -> Expression {
    Expression::String(text.to_owned())
}

pub(super) fn of_property(property: &Property) -> Vec<Annotation> {
    property.computed.then(|| core("Computed", Expression::Bool(true))).into_iter().collect()
}

pub(super) fn of_entity_type(ty: &EntityType, base: Option<&EntityType>) -> Vec<Annotation> {
    let inherited = base.map_or(0, |base| base.alternate_keys.len());
    let keys: Vec<Expression> = ty.alternate_keys.iter().skip(inherited).map(|key| alternate(key)).collect();
    if keys.is_empty() {
        return Vec::new();
    }
    vec![core("AlternateKeys", Expression::Collection(keys))]
}

fn alternate(key: &[String]) -> Expression {
    let part = |name: &String| {
        Expression::Record(vec![("Name", Expression::Property(name.clone())), ("Alias", string(name))])
    };
    Expression::Record(vec![("Key", Expression::Collection(key.iter().map(part).collect()))])
}

/// The acts that are missing, and who may do the others.
pub(super) fn of_navigation(
    navigation: &NavigationProperty,
    place: Place,
    options: &Options,
) -> Vec<Annotation> {
    let Acts { read, insert, update, delete } = &navigation.acts;
    // A singleton comes and goes with the service; a navigation property to one is not inserted into.
    let to_one = !navigation.collection;
    let acts = [
        (true, "ReadRestrictions", "Readable", read),
        (!to_one, "InsertRestrictions", "Insertable", insert),
        (true, "UpdateRestrictions", "Updatable", update),
        (!to_one || place == Place::Type, "DeleteRestrictions", "Deletable", delete),
    ];
    let acts = acts.into_iter().filter(|(applies, ..)| *applies);
    let restrictions = acts.filter_map(|(_, term, able, act)| {
        let mut members = Vec::new();
        if options.acts && act.is_none() {
            members.push((able, Expression::Bool(false)));
        }
        members.extend(act.as_ref().and_then(|permission| permissions(permission, options)));
        (!members.is_empty()).then(|| capability(term, Expression::Record(members)))
    });
    restrictions.collect()
}

pub(super) fn of_operation(operation: &Operation, options: &Options) -> Vec<Annotation> {
    let members = permissions(&operation.permission, options);
    let restrictions = |member| vec![capability("OperationRestrictions", Expression::Record(vec![member]))];
    members.map_or_else(Vec::new, restrictions)
}

fn permissions(permission: &Permission, options: &Options) -> Option<(&'static str, Expression)> {
    let schemes = [(DELEGATED, &permission.delegated), (APPLICATION, &permission.application)];
    let schemes = schemes.into_iter().filter(|(_, names)| options.permissions && !names.is_empty());
    let schemes = schemes.map(|(scheme, names)| {
        let scopes = names.iter().map(|name| Expression::Record(vec![("Scope", string(name))])).collect();
        Expression::Record(vec![("SchemeName", string(scheme)), ("Scopes", Expression::Collection(scopes))])
    });
    let schemes: Vec<Expression> = schemes.collect();
    (!schemes.is_empty()).then_some(("Permissions", Expression::Collection(schemes)))
}

/// What holds for the service as a whole.
pub(super) fn of_container(options: &Options) -> Vec<Annotation> {
    let mut all = Vec::new();
    if let Some(versions) = &options.protocol {
        all.push(core("ODataVersions", string(versions)));
    }
    if let Some(level) = options.conformance {
        let member = match level {
            Conformance::Minimal => "Minimal",
            Conformance::Intermediate => "Intermediate",
            Conformance::Advanced => "Advanced",
        };
        let ty = format!("{CAPABILITIES}.ConformanceLevelType");
        all.push(capability("ConformanceLevel", Expression::Member(ty, member.to_owned())));
    }
    all.extend(options.supports.iter().map(|term| capability(term, Expression::Bool(true))));
    if !options.filter_functions.is_empty() {
        let names = options.filter_functions.iter().map(|name| string(name)).collect();
        all.push(capability("FilterFunctions", Expression::Collection(names)));
    }
    all
}
