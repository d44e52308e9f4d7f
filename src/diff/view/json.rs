//! For programs: everything of a change set in one document, as `schema/diff.schema.json` describes it.

use std::iter;

use serde_json::{Map, Value, json};

use super::scalar::escaped;
use crate::diff::{
    Action, Cause, Change, ChangeSet, Compared, Conflict, Drift, DriftKind, FieldChange, Origin, PermissionChange,
    Verdict,
};
use crate::kubernetes::ObjectId;

/// The version of the document: a program that knows it finds every key that it knows.
const VERSION: u32 = 1;

/// Returns the document, piece by piece: where thousands of objects are new, it is as large as they are.
pub(super) fn json(changes: &ChangeSet) -> impl Iterator<Item = String> {
    // Sorted, as the keys below are.
    object([
        ("bundle", Member::Value(changes.bundle.as_str().into())),
        ("changes", Member::List(Box::new(changes.changes.iter().map(change)))),
        ("compared", Member::Value(compared(&changes.compared))),
        ("counts", Member::Value(counts(changes))),
        ("drift", Member::List(Box::new(changes.drift.iter().map(drift)))),
        ("namespace", Member::Value(changes.namespace.as_str().into())),
        ("notes", Member::Value(json!(changes.notes))),
        ("permissions", Member::List(Box::new(changes.permissions.iter().map(permission)))),
        ("runs", Member::Value(json!(changes.runs))),
        ("verdict", Member::Value(verdict(changes).into())),
        ("version", Member::Value(VERSION.into())),
    ])
}

/// A member of the document.
enum Member<'c> {
    /// One that is small.
    Value(Value),
    /// Items, each made when its turn comes.
    List(Box<dyn Iterator<Item = Value> + 'c>),
}

/// Writes the document's own level, which is all that nobody holds as a value.
fn object<'c, const N: usize>(members: [(&'static str, Member<'c>); N]) -> impl Iterator<Item = String> + 'c {
    let starts = iter::once("{").chain(iter::repeat(","));
    let members = members.into_iter().zip(starts).flat_map(|((key, member), start)| {
        let value: Box<dyn Iterator<Item = String> + 'c> = match member {
            Member::Value(value) => Box::new(iter::once(text(&value, "\n  "))),
            Member::List(items) => Box::new(array(items)),
        };
        iter::once(format!("{start}\n  \"{key}\": ")).chain(value)
    });
    members.chain(iter::once("\n}\n".to_owned()))
}

fn array<'c>(items: impl Iterator<Item = Value> + 'c) -> impl Iterator<Item = String> + 'c {
    let mut items = items.peekable();
    let end = if items.peek().is_some() { "\n  ]" } else { "[]" };
    let starts = iter::once("[").chain(iter::repeat(","));
    let items = items.zip(starts).map(|(item, start)| format!("{start}\n    {}", text(&item, "\n    ")));
    items.chain(iter::once(end.to_owned()))
}

/// Returns the text of a value that stands within others; no string of JSON has a line of its own.
fn text(value: &Value, line: &str) -> String {
    escaped(&format!("{value:#}")).replace('\n', line)
}

fn compared(compared: &Compared) -> Value {
    json!({
        "context": compared.context,
        "server": compared.server,
        "user": compared.user,
        "version": compared.version,
        "against": compared.against,
    })
}

fn verdict(changes: &ChangeSet) -> &'static str {
    match changes.verdict() {
        Verdict::Nothing => "nothing",
        Verdict::Changes => "changes",
        Verdict::Errors => "errors",
    }
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
        "object": identity(&change.id),
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

fn identity(id: &ObjectId) -> Value {
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
        "object": identity(&drift.id),
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
