//! The settings of the service itself, with the synchronisation that they show.

use odata::model::{Acts, EntityTypeId, Model, NavigationProperty, Operation, Type};

use super::{everything, instant, one_of, writer};

/// `windowsAutopilotSettings`, of which every tenant has one, and its `sync`.
pub(super) fn settings(model: &mut Model, entity: EntityTypeId) -> NavigationProperty {
    let status = model.add_enum(
        "windowsAutopilotSyncStatus",
        &[("unknown", 0), ("inProgress", 1), ("completed", 2), ("failed", 3)],
    );
    let settings = model.extend_entity(
        "windowsAutopilotSettings",
        entity,
        vec![
            instant("lastSyncDateTime"),
            instant("lastManualSyncTriggerDateTime"),
            one_of("syncStatus", status),
        ],
    );
    model.add_operation(Operation::action("sync", Type::Entity(settings), Vec::new(), writer()));
    let acts = Acts { insert: None, delete: None, ..everything() };
    NavigationProperty::contained_one("windowsAutopilotSettings", settings, acts)
}
