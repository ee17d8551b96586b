//! The paths of a service: what can be asked for where, and by whom.
//!
//! From each member of the container the walk follows contained navigation properties; what is only referred to can be
//! read one step away and is at home elsewhere. No type is entered twice on one path. What has no act has no
//! operation, and a path without operations is left out.
//! Specification: OpenAPI 3.1 §4.8.8, <https://spec.openapis.org/oas/v3.1.1.html#paths-object>.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::schemas::{list_reference, reference, value};
use super::{About, Keys, query_options, security};
use crate::model::{
    EntityTypeId, Facets, Model, NavigationProperty, Operation, OperationKind, Permission, Primitive, Type,
};

pub(super) fn paths(model: &Model, about: &About) -> Value {
    let mut walk = Walk { model, about, paths: Map::new(), ids: HashSet::new() };
    for member in &model.container.members {
        let root =
            Place { path: String::new(), id: String::new(), tag: &member.name, parameters: Vec::new() };
        walk.navigation(&root, member, &[]);
    }
    for import in &model.container.imports {
        for operation in model.unbound(&import.operation) {
            let root =
                Place { path: String::new(), id: String::new(), tag: &import.name, parameters: Vec::new() };
            walk.operation(&root, &import.name, operation);
        }
    }
    Value::Object(walk.paths)
}

struct Walk<'m> {
    model: &'m Model,
    about: &'m About,
    paths: Map<String, Value>,
    ids: HashSet<String>,
}

/// How far the walk has come.
#[derive(Clone)]
struct Place<'m> {
    path: String,
    /// What operation ids here begin with.
    id: String,
    tag: &'m str,
    /// Those of the keys in the path.
    parameters: Vec<Value>,
}

impl Place<'_> {
    fn step(&self, segment: &str, id: &str) -> Self {
        let dot = if self.id.is_empty() { "" } else { "." };
        Self { path: format!("{}{segment}", self.path), id: format!("{}{dot}{id}", self.id), ..self.clone() }
    }
}

/// What may be done at a place.
#[derive(Clone, Copy)]
struct Act<'a> {
    verb: &'a str,
    /// As operation ids end.
    name: &'a str,
    /// Nothing where it may not be done by anybody.
    permission: Option<&'a Permission>,
    body: Option<&'a Value>,
    /// Nothing where an answer has no content.
    answer: Option<&'a Value>,
}

impl<'m> Walk<'m> {
    /// `entered` are the types that the path leads through.
    fn navigation(&mut self, from: &Place<'m>, navigation: &'m NavigationProperty, entered: &[EntityTypeId]) {
        let here = from.step(&format!("/{}", navigation.name), &navigation.name);
        let name = self.model.entity_name(navigation.target);
        let acts = &navigation.acts;
        let (bare, list) = (reference(&name), list_reference(&name));
        let one = one(&bare, navigation.envelope);
        let act = |verb, name, permission, body, answer| Act { verb, name, permission, body, answer };
        let get = act("get", "get", acts.read.as_ref(), None, Some(&one));
        let update = act("patch", "update", acts.update.as_ref(), Some(&bare), Some(&one));
        let entity = Type::Entity(navigation.target);
        if !navigation.collection {
            self.add(&here, get);
            if navigation.contains_target {
                self.add(&here, update);
            }
            return self.inside(&here, navigation, &entity, entered);
        }
        self.add(&here, act("get", "list", acts.read.as_ref(), None, Some(&list)));
        if !navigation.contains_target {
            return;
        }
        self.add(&here, act("post", "create", acts.insert.as_ref(), Some(&bare), Some(&bare)));
        let collection = entity.clone().collection();
        for operation in self.model.operations_bound_to(&collection).collect::<Vec<_>>() {
            let name = format!("{}.{}", operation.namespace, operation.name);
            self.operation(&here, &name, operation);
        }
        let Some(by_key) = self.by_key(&here, navigation.target) else { return };
        self.add(&by_key, get);
        self.add(&by_key, update);
        self.add(&by_key, act("delete", "delete", acts.delete.as_ref(), None, None));
        self.inside(&by_key, navigation, &entity, entered);
    }

    /// What hangs off one entity.
    fn inside(
        &mut self,
        here: &Place<'m>,
        navigation: &'m NavigationProperty,
        ty: &Type,
        entered: &[EntityTypeId],
    ) {
        if !navigation.contains_target || entered.contains(&navigation.target) {
            return;
        }
        for operation in self.model.operations_bound_to(ty).collect::<Vec<_>>() {
            let name = format!("{}.{}", operation.namespace, operation.name);
            self.operation(here, &name, operation);
        }
        let entered = [entered, &[navigation.target]].concat();
        for next in &self.model.entity(navigation.target).navigation {
            self.navigation(here, next, &entered);
        }
    }

    /// One entity of a collection; nothing where entities have no key.
    fn by_key(&self, from: &Place<'m>, id: EntityTypeId) -> Option<Place<'m>> {
        let ty = self.model.entity(id);
        let mut place = from.clone();
        let mut parts = Vec::new();
        for property in ty.key_properties() {
            let mut name = format!("{}-{}", ty.name, property.name);
            while place.parameters.iter().any(|parameter| parameter["name"] == *name) {
                name.push('_');
            }
            let is_text = matches!(property.ty, Type::Primitive(Primitive::String) | Type::Enum(_));
            parts.push(match self.about.keys {
                Keys::Parentheses if is_text => (property.name.as_str(), format!("'{{{name}}}'")),
                _ => (property.name.as_str(), format!("{{{name}}}")),
            });
            let schema = value(self.model, &property.ty, false, &property.facets);
            place.parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        let key = match (self.about.keys, parts.as_slice()) {
            (_, []) => return None,
            (Keys::Segments, parts) => parts.iter().map(|(_, part)| format!("/{part}")).collect(),
            (Keys::Parentheses, [(_, part)]) => format!("({part})"),
            (Keys::Parentheses, parts) => {
                let named: Vec<String> = parts.iter().map(|(name, part)| format!("{name}={part}")).collect();
                format!("({})", named.join(","))
            }
        };
        place.path.push_str(&key);
        Some(place)
    }

    /// A path that ends in an operation.
    fn operation(&mut self, from: &Place<'m>, name: &str, operation: &Operation) {
        let is_action = operation.kind == OperationKind::Action;
        let mut here = from.step(&format!("/{name}"), &operation.name);
        let declared = |parameter: &crate::model::Parameter| {
            let schema = value(self.model, &parameter.ty, parameter.nullable, &parameter.facets);
            (parameter.name.clone(), schema)
        };
        let declared: Map<String, Value> = operation.parameters.iter().map(declared).collect();
        let body =
            (is_action && !declared.is_empty()).then(|| json!({ "type": "object", "properties": declared }));
        if !is_action {
            let parts: Vec<String> = declared.keys().map(|name| format!("{name}={{{name}}}")).collect();
            here.path.push_str(&format!("({})", parts.join(",")));
            let parameters = declared.into_iter().map(|(name, schema)| {
                json!({
                    "name": name, "in": "path", "required": true, "schema": schema,
                    "description": "As a literal: texts in single quotes",
                })
            });
            here.parameters.extend(parameters);
        }
        let answer = operation.returns.as_ref().map(|returns| match returns {
            Type::Entity(id) => reference(&self.model.entity_name(*id)),
            Type::Collection(element) if matches!(**element, Type::Entity(_)) => {
                list_reference(&self.model.type_name(element))
            }
            ty => {
                let answer = value(self.model, ty, operation.returns_nullable, &Facets::default());
                json!({ "type": "object", "properties": { "@odata.context": { "type": "string" }, "value": answer } })
            }
        });
        let verb = if is_action { "post" } else { "get" };
        let (permission, body, answer) = (Some(&operation.permission), body.as_ref(), answer.as_ref());
        self.add(&here, Act { verb, name: "call", permission, body, answer });
    }

    fn add(&mut self, here: &Place<'m>, act: Act<'_>) {
        let Some(permission) = act.permission else { return };
        let mut id = format!("{}.{}", here.id, act.name);
        while !self.ids.insert(id.clone()) {
            id.push('_');
        }
        let mut described = Map::new();
        described.insert("operationId".to_owned(), json!(id));
        described.insert("tags".to_owned(), json!([here.tag]));
        if matches!(act.name, "get" | "list") {
            let options: Vec<Value> = query_options(self.about, act.name == "list").collect();
            described.insert("parameters".to_owned(), Value::Array(options));
        }
        if let Some(body) = act.body {
            described.insert("requestBody".to_owned(), json!({ "required": true, "content": content(body) }));
        }
        described.insert("responses".to_owned(), responses(&act));
        if let Some(security) = security(permission) {
            described.insert("security".to_owned(), security);
        }
        let path = self.paths.entry(here.path.clone()).or_insert_with(|| match here.parameters.as_slice() {
            [] => json!({}),
            parameters => json!({ "parameters": parameters }),
        });
        if let Value::Object(path) = path {
            path.insert(act.verb.to_owned(), Value::Object(described));
        }
    }
}

fn responses(act: &Act<'_>) -> Value {
    let mut responses = Map::new();
    if let Some(answer) = act.answer {
        let status = if act.name == "create" { "201" } else { "200" };
        responses.insert(status.to_owned(), json!({ "description": "Done", "content": content(answer) }));
    }
    // Whether an update is answered with the entity is the client's wish.
    if act.answer.is_none() || act.name == "update" {
        responses.insert("204".to_owned(), json!({ "description": "Done" }));
    }
    for class in ["4XX", "5XX"] {
        responses.insert(class.to_owned(), json!({ "$ref": "#/components/responses/error" }));
    }
    Value::Object(responses)
}

/// The answer with one entity.
fn one(bare: &Value, envelope: bool) -> Value {
    if !envelope {
        return bare.clone();
    }
    let enveloped = json!({ "type": "object", "properties": { "value": bare }, "required": ["value"] });
    json!({ "anyOf": [bare, enveloped] })
}

fn content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}
