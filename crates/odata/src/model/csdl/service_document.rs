//! The service document: what stands at the service root, for clients that start there.
//!
//! Specification: OData JSON Format 4.01 §5, <https://docs.oasis-open.org/odata/odata-json-format/v4.01/>.

use serde_json::{Value, json};

use crate::model::{Model, OperationKind};

/// The service document of a model.
///
/// `service_root` has no slash at its end; `prefix` is what the protocol's version puts before the names of control
/// information: `odata.` in 4.0, nothing in 4.01.
#[must_use]
pub fn service_document(model: &Model, service_root: &str, prefix: &str) -> Value {
    let container = &model.container;
    let element = |name: &str, kind: &str| json!({ "name": name, "kind": kind, "url": name });
    let members = container.members.iter().filter(|member| !container.unlisted.contains(&member.name));
    let members = members
        .map(|member| element(&member.name, if member.collection { "EntitySet" } else { "Singleton" }));
    let functions = container.imports.iter().filter(|import| {
        import.listed
            && model
                .unbound(&import.operation)
                .any(|operation| operation.kind == OperationKind::Function && operation.parameters.is_empty())
    });
    let functions = functions.map(|import| element(&import.name, "FunctionImport"));
    let value: Vec<Value> = members.chain(functions).collect();
    json!({ format!("@{prefix}context"): format!("{service_root}/$metadata"), "value": value })
}
