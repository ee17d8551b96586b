//! New ids, made in one place: GUIDs that ascend with time (UUID version 7, RFC 9562 §5.7), so that lists in the
//! order of ids are in the order of creation.

use uuid::Uuid;

/// A new id, greater than any that this process made before.
#[must_use]
pub fn next() -> String {
    Uuid::now_v7().hyphenated().to_string()
}
