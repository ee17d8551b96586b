//! What `$compute` and `$apply` made: values with names of their own.

use super::{Writer, close, text};
use crate::json::MetadataLevel;
use crate::json::value::is_evident;
use crate::model::{Primitive, Type};
use crate::query::Computed;
use crate::value::Value;

impl Writer<'_> {
    /// Computed values; those behind a common name are members of one object.
    pub(super) fn computed(&self, out: &mut Vec<u8>, names: &[Computed<'_>], values: &[Option<Value>]) {
        let all: Vec<(&[String], &Computed<'_>, &Value)> = names
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some((name.path.as_slice(), name, value.as_ref()?)))
            .collect();
        self.computed_below(out, &all);
    }

    pub(super) fn computed_below(&self, out: &mut Vec<u8>, all: &[(&[String], &Computed<'_>, &Value)]) {
        let mut done: Vec<&String> = Vec::new();
        for (path, computed, value) in all {
            let Some((first, rest)) = path.split_first() else { continue };
            if done.contains(&first) {
                continue;
            }
            done.push(first);
            if rest.is_empty() {
                let ty = computed.expr.ty.clone().unwrap_or(Type::Primitive(Primitive::String));
                let level = self.writing.metadata;
                if **value != Value::Null && level != MetadataLevel::None && !is_evident(&ty) {
                    self.annotate_type(out, first, &ty);
                }
                text(out, first);
                out.push(b':');
                self.value(out, value, &ty, None);
            } else {
                let below: Vec<_> = all
                    .iter()
                    .filter_map(|(path, computed, value)| match path.split_first() {
                        Some((name, rest)) if name == first => Some((rest, *computed, *value)),
                        _ => None,
                    })
                    .collect();
                text(out, first);
                out.extend_from_slice(b":{");
                self.computed_below(out, &below);
                close(out, b'}');
            }
            out.push(b',');
        }
    }
}
