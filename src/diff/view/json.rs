//! For programs: everything of a change set in one document, as `schema/diff.schema.json` describes it.

use serde_json::{Map, Value, json};

use super::scalar::escaped;
use crate::diff::{
    Action, Cause, Change, ChangeSet, Conflict, Drift, DriftKind, FieldChange, Origin, PermissionChange, Verdict,
};
use crate::kubernetes::ObjectId;

/// The version of the document: a program that knows it finds every key that it knows.
const VERSION: u32 = 1;

/// Returns the document.
pub(super) fn json(changes: &ChangeSet) -> String {
    escaped(&format!("{:#}\n", document(changes)))
}

fn document(changes: &ChangeSet) -> Value {
    let compared = &changes.compared;
    json!({
        "version": VERSION,
        "bundle": changes.bundle,
        "namespace": changes.namespace,
        "compared": {
            "context": compared.context,
            "server": compared.server,
            "user": compared.user,
            "version": compared.version,
            "against": compared.against,
        },
        "verdict": match changes.verdict() {
            Verdict::Nothing => "nothing",
            Verdict::Changes => "changes",
            Verdict::Errors => "errors",
        },
        "counts": counts(changes),
        "permissions": list(&changes.permissions, permission),
        "runs": changes.runs,
        "changes": list(&changes.changes, change),
        "drift": list(&changes.drift, drift),
        "notes": changes.notes,
    })
}

fn list<T>(items: &[T], one: impl Fn(&T) -> Value) -> Value {
    items.iter().map(one).collect()
}

fn counts(changes: &ChangeSet) -> Value {
    let mut counts: Map<String, Value> =
        Action::ALL.iter().map(|action| (action.word().to_owned(), changes.count(*action).into())).collect();
    counts.insert("unchanged".into(), changes.unchanged.into());
    counts.into()
}

fn permission(change: &PermissionChange) -> Value {
    json!({
        "cluster-wide": change.is_cluster_wide,
        "granted": change.is_granted,
        "account": change.account,
        "namespace": change.namespace,
        "verbs": change.verbs,
        "target": change.target,
        "role": change.role,
    })
}

fn change(change: &Change) -> Value {
    json!({
        "object": object(&change.id),
        "action": change.action.word(),
        "reasons": change.reasons,
        "hints": change.hints,
        "origin": origin(change.origin.as_ref()),
        "before": change.before,
        "after": change.after,
        "fields": list(&change.fields, field),
        "conflicts": list(&change.conflicts, conflict),
        "unverified": change.unverified,
        "counterpart": change.counterpart,
        "from-newer-chaosc": change.from_newer_chaosc,
        "ends-run": change.ends_run,
    })
}

fn object(id: &ObjectId) -> Value {
    json!({"api-version": id.api_version, "kind": id.kind, "namespace": id.namespace, "name": id.name})
}

fn origin(origin: Option<&Origin>) -> Value {
    origin.map_or(Value::Null, |origin| json!({"file": origin.file, "pointer": origin.pointer, "line": origin.line}))
}

/// Values that are not there have no key: `null` is a value.
fn field(field: &FieldChange) -> Value {
    let cause = match &field.cause {
        Cause::Bundle => json!({"kind": "bundle"}),
        Cause::Admission => json!({"kind": "admission"}),
        Cause::Taken { from } => json!({"kind": "taken", "from": from}),
        Cause::Experiment => json!({"kind": "experiment"}),
    };
    let document = json!({"path": field.path, "cause": cause});
    with(document, [("before", field.before.as_ref()), ("after", field.after.as_ref())])
}

fn conflict(conflict: &Conflict) -> Value {
    json!({"path": conflict.path, "manager": conflict.manager})
}

fn drift(drift: &Drift) -> Value {
    let kind = match &drift.kind {
        DriftKind::Changed => json!({"kind": "changed"}),
        DriftKind::LeftByExperiment { experiments } => {
            json!({"kind": "left-by-experiment", "experiments": experiments})
        }
        DriftKind::ExperimentRuns { job } => json!({"kind": "experiment-runs", "job": job}),
    };
    let document = json!({
        "object": object(&drift.id),
        "origin": origin(drift.origin.as_ref()),
        "path": drift.path,
        "manager": drift.manager,
        "time": drift.time,
        "cause": kind,
        "restored": drift.is_restored,
    });
    with(document, [("desired", drift.desired.as_ref()), ("live", drift.live.as_ref())])
}

fn with<const N: usize>(mut document: Value, values: [(&str, Option<&Value>); N]) -> Value {
    for (key, value) in values {
        if let Some(value) = value {
            document[key] = value.clone();
        }
    }
    document
}
