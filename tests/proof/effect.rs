//! How an output tells whether an action had an effect.

use chaosc::plan::catalogue::Effect;
use serde_json::Value;

/// Returns whether an output says that the action had an effect; `None`: it says nothing.
pub(crate) fn is_effective(effect: Option<Effect>, output: &Value) -> Option<bool> {
    match effect {
        None | Some(Effect::None) => None,
        Some(Effect::List) => Some(output.as_array().is_some_and(|items| !items.is_empty())),
        Some(Effect::Status) => Some(output["status"].as_u64().is_some_and(|status| status < 400)),
        Some(Effect::Exit) => Some(
            output
                .as_array()
                .is_some_and(|runs| !runs.is_empty() && runs.iter().all(|run| run["exit_code"].as_i64() == Some(0))),
        ),
        Some(Effect::Object) => {
            Some(output.is_object() && !(output["kind"] == "Status" && output["status"] == "Failure"))
        }
    }
}
