//! A description of a service in OpenAPI 3.1, for tools that do not read CSDL.
//!
//! In go a model and what only the service knows about itself, out comes the document. Everything in it follows from
//! the model: paths from what stands at the service root and from contained entities, as far as there are acts for
//! them; schemas from the types; scopes from the permissions. CSDL says more, and is what clients of OData read.
//! Specification: OpenAPI 3.1, <https://spec.openapis.org/oas/v3.1.1.html>; the mapping follows OData to OpenAPI
//! Mapping 1.0, <https://docs.oasis-open.org/odata/odata-openapi/v1.0/>.

mod paths;
mod schemas;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::{Acts, Model, Permission};

/// How the key of an entity is written in paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// `/people/{person-id}`
    Segments,
    /// `/people('{person-id}')`
    Parentheses,
}

/// What a service says about itself that its model does not.
#[derive(Clone, Debug)]
pub struct About {
    /// What the service is called.
    pub title: String,
    /// The version of what is described.
    pub version: String,
    /// One or more paragraphs about it.
    pub description: Option<String>,
    /// Addresses of the service root.
    pub servers: Vec<String>,
    /// How keys are written.
    pub keys: Keys,
    /// Where an application gets its token by client credentials; without it any bearer token is described.
    pub token_url: Option<String>,
    /// Where a user signs in, and gets a code that is good for a token.
    pub authorization_url: Option<String>,
    /// The system query options that lists understand, with `$`.
    pub query_options: Vec<String>,
}

impl About {
    /// A service with key segments and all query options.
    #[must_use]
    pub fn new(title: &str, version: &str) -> Self {
        Self {
            title: title.to_owned(),
            version: version.to_owned(),
            description: None,
            servers: Vec::new(),
            keys: Keys::Segments,
            token_url: None,
            authorization_url: None,
            query_options: QUERY_OPTIONS.iter().map(|(name, ..)| (*name).to_owned()).collect(),
        }
    }
}

/// Query options: name, type, whether one entity understands it as well, what it does.
const QUERY_OPTIONS: [(&str, &str, bool, &str); 8] = [
    ("$filter", "string", false, "Only entities for which the expression is true"),
    ("$search", "string", false, "Only entities that match the search expression"),
    ("$orderby", "array", false, "Expressions to order by, each with asc or desc"),
    ("$top", "integer", false, "At most this many entities"),
    ("$skip", "integer", false, "Leaves out this many entities at the beginning"),
    ("$count", "boolean", false, "With the number of all entities"),
    ("$select", "array", true, "Only these properties"),
    ("$expand", "array", true, "With the entities behind these navigation properties"),
];

/// The name of the security scheme.
const SCHEME: &str = "token";

/// The service as OpenAPI 3.1.
#[must_use]
pub fn document(model: &Model, about: &About) -> Value {
    let mut info = Map::new();
    info.insert("title".to_owned(), json!(about.title));
    info.insert("version".to_owned(), json!(about.version));
    if let Some(description) = &about.description {
        info.insert("description".to_owned(), json!(description));
    }
    let servers: Vec<Value> = about.servers.iter().map(|url| json!({ "url": url })).collect();
    let names = model.container.members.iter().map(|member| &member.name);
    let names = names.chain(model.container.imports.iter().map(|import| &import.name));
    let tags: Vec<Value> = names.map(|name| json!({ "name": name })).collect();
    json!({
        "openapi": "3.1.0",
        "info": info,
        "servers": if servers.is_empty() { vec![json!({ "url": "/" })] } else { servers },
        "tags": tags,
        "paths": paths::paths(model, about),
        "components": {
            "schemas": schemas::schemas(model),
            "parameters": parameters(about),
            "responses": {
                "error": {
                    "description": "What is wrong",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/error" } } },
                },
            },
            "securitySchemes": { SCHEME: security_scheme(model, about) },
        },
    })
}

/// The query options that a list, or one entity, understands.
fn query_options(about: &About, of_list: bool) -> impl Iterator<Item = Value> {
    let all = QUERY_OPTIONS.iter().filter(move |(name, _, of_one, _)| {
        about.query_options.iter().any(|option| option == name) && (of_list || *of_one)
    });
    all.map(
        |(name, ..)| json!({ "$ref": format!("#/components/parameters/{}", &name.trim_start_matches('$')) }),
    )
}

fn parameters(about: &About) -> Value {
    let known =
        QUERY_OPTIONS.iter().filter(|(name, ..)| about.query_options.iter().any(|option| option == name));
    let parameters = known.map(|(name, ty, _, what)| {
        let schema = match *ty {
            "array" => json!({ "type": "array", "items": { "type": "string" } }),
            "integer" => json!({ "type": "integer", "minimum": 0 }),
            ty => json!({ "type": ty }),
        };
        let parameter =
            json!({ "name": name, "in": "query", "description": what, "explode": false, "schema": schema });
        (name.trim_start_matches('$').to_owned(), parameter)
    });
    Value::Object(parameters.collect())
}

fn security_scheme(model: &Model, about: &About) -> Value {
    let mut scopes = BTreeSet::new();
    let mut add = |permission: &Permission| scopes.extend(names(permission));
    let types = model.entity_types().flat_map(|ty| &ty.navigation);
    for navigation in model.container.members.iter().chain(types) {
        let Acts { read, insert, update, delete } = &navigation.acts;
        [read, insert, update, delete].into_iter().flatten().for_each(&mut add);
    }
    model.operations.iter().for_each(|operation| add(&operation.permission));
    let scopes: Map<String, Value> = scopes.into_iter().map(|name| (name.clone(), json!(name))).collect();
    let mut flows = Map::new();
    if let Some(token_url) = &about.token_url {
        flows.insert("clientCredentials".to_owned(), json!({ "tokenUrl": token_url, "scopes": scopes }));
        if let Some(url) = &about.authorization_url {
            let flow = json!({ "authorizationUrl": url, "tokenUrl": token_url, "scopes": scopes });
            flows.insert("authorizationCode".to_owned(), flow);
        }
    }
    if flows.is_empty() {
        return json!({ "type": "http", "scheme": "bearer", "bearerFormat": "JWT" });
    }
    json!({ "type": "oauth2", "flows": flows })
}

/// The scopes and roles of a permission, each once, from least to most privileged.
fn names(permission: &Permission) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in permission.delegated.iter().chain(&permission.application) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Any one of the names suffices.
fn security(permission: &Permission) -> Option<Value> {
    let names = names(permission);
    let any: Vec<Value> = names.into_iter().map(|name| json!({ SCHEME: [name] })).collect();
    (!any.is_empty()).then_some(Value::Array(any))
}
