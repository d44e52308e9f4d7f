//! Which fields differ, and who wants each to change.

use serde_json::Value;

use super::change_set::{Cause, FieldChange};
use super::conflict::{covers, server_spelling};
use super::marked::Marked;
use super::path::{Path, Step};
use super::visible::is_same;
use super::{drift, fields, inner, service};
use crate::inventory::MANAGER;
use crate::kubernetes::managed_fields;
use crate::snapshot::{ApplyAnswer, Observed};

/// Compares the two sides field by field, and says who wants each change. `sent` and both sides are without secrets.
pub(super) fn fields_of(
    object: &Observed,
    sent: &Value,
    sides: (Option<&Value>, Option<&Value>),
    conflicts: &[(String, String)],
    marked: &Marked<'_>,
) -> Vec<(Path, FieldChange)> {
    let told = |path: Path, before: Option<Value>, after: Option<Value>, cause: Cause| {
        let field = FieldChange { path: path.to_string(), before, after, cause };
        (path, field)
    };
    match sides {
        (Some(before), Some(whole)) => fields::fields(before, whole)
            .into_iter()
            .map(|(path, before, after)| {
                let cause = cause(object, (sent, whole), &path, after.as_ref(), conflicts, marked);
                told(path, before, after, cause)
            })
            .collect(),
        // A new object: what admission makes of it.
        (None, Some(after)) if matches!(object.answer, ApplyAnswer::Merged { .. }) => fields::fields(sent, after)
            .into_iter()
            .filter(|(_, sent, after)| {
                !sent.as_ref().zip(after.as_ref()).is_some_and(|(sent, after)| is_same(sent, after))
            })
            .map(|(path, _, after)| told(path, None, after, Cause::Admission))
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns who wants a field of an object that exists to change; what was sent, and the whole of what comes out.
fn cause(
    object: &Observed,
    (sent, whole): (&Value, &Value),
    path: &Path,
    after: Option<&Value>,
    conflicts: &[(String, String)],
    marked: &Marked<'_>,
) -> Cause {
    let spelled = server_spelling(path);
    let conflict = conflicts.iter().find(|(field, _)| covers(field, &spelled) || covers(&spelled, field));
    if let Some((_, manager)) = conflict {
        if !is_left_by_experiment(&spelled, manager, marked) {
            return Cause::Taken { from: manager.clone() };
        }
        return if marked.is_given_back() { Cause::Bundle } else { Cause::Experiment };
    }
    // No server has said what comes out, or the list that the field is in comes out as it was sent. Of an item without a key the
    // number says nothing: another item has it where one before it has gone.
    let comes_out = |list: Path| {
        let (sent, out) = (inner::follow(&list, sent), inner::follow(&list, whole));
        sent.zip(out).is_some_and(|(sent, out)| is_same(&sent, &out))
    };
    if matches!(object.answer, ApplyAnswer::Exact | ApplyAnswer::Refused { .. })
        || path.list_by_number().is_some_and(comes_out)
    {
        return Cause::Bundle;
    }
    if service::follows(&object.desired, path) && inner::follow(path, sent).is_none() {
        return Cause::Bundle;
    }
    let was_ours = || {
        let entry = object.live.as_ref().and_then(|live| managed_fields::applied_by(live, MANAGER));
        entry.is_some_and(|entry| managed_fields::touches(entry.fields, &drift::pointer(path)))
    };
    match (inner::follow(path, sent).as_deref(), after) {
        (Some(sent), Some(after)) if is_other_value(sent, after) => Cause::Admission,
        (Some(_), Some(_)) => Cause::Bundle,
        (None, None) if was_ours() => Cause::Bundle,
        // Given up, it falls back to its default. Only where names alone lead is it certain that the very field was ours.
        (None, Some(_)) if path.0.iter().all(|step| matches!(step, Step::Field(_))) && was_ours() => Cause::Bundle,
        _ => Cause::Admission,
    }
}

/// Returns whether an experiment of the bundle patches a field and its client owns it.
pub(super) fn is_left_by_experiment(field: &str, manager: &str, marked: &Marked<'_>) -> bool {
    let pointer = field.split('[').next().unwrap_or_default().replace('.', "/");
    !marked.experiments(&pointer, manager).is_empty()
}

/// Returns whether a plain value is not the one that was sent; of a hidden one nobody can tell.
fn is_other_value(sent: &Value, after: &Value) -> bool {
    let is_plain = |value: &Value| !value.is_object() && !value.is_array() && !super::mask::is_mark(value);
    is_plain(sent) && is_plain(after) && !is_same(sent, after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_plain_values_tell_that_admission_took_another() {
        for (sent, after, expected) in [
            (json!("registry.example/a"), json!("mirror.example/a"), true),
            (json!("1000m"), json!("1"), false),
            (json!(1), json!(1), false),
            // The order of items, and what is in them, is told by their own fields.
            (json!([{"name": "a"}]), json!(["a"]), false),
            (json!({}), json!({"a": 1}), false),
        ] {
            assert_eq!(is_other_value(&sent, &after), expected, "{sent} {after}");
        }
    }
}
