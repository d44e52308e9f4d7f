//! What apply would do with one object, before it is known whether it may.

use serde_json::Value;

use super::change_set::Action;
use super::marked::Marked;
use super::overlay::overlay;
use super::visible::{is_same, stripped, visible};
use super::{conflict, mask, refusal};
use crate::bundle::order;
use crate::cluster::{Fault, Status};
use crate::inventory::MANAGER;
use crate::kubernetes::{immutable, managed_fields};
use crate::snapshot::{ApplyAnswer, Observed};

/// The reason of the cause where a namespace is being deleted (Kubernetes API, `core/v1 NamespaceTerminatingCause`).
const NAMESPACE_GOES: &str = "NamespaceTerminating";

/// The next step where something is being deleted.
const GOES: &str = "wait until it is gone; what it waits for stands in its `metadata.finalizers` and `status`";
/// What the API server says where somebody grants rights that they do not have; it has no type of its own
/// (apiserver, `rbacvalidation.ConfirmNoEscalation`).
const ESCALATION: &str = "attempting to grant RBAC permissions not currently held";

/// What apply would do, before it is known whether it may.
pub(super) struct Effect {
    pub(super) action: Action,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
    /// Sentences of ours.
    pub(super) reasons: Vec<String>,
    /// What the server says, which may repeat what it was sent.
    pub(super) said: Vec<String>,
    pub(super) hints: Vec<String>,
    pub(super) unverified: Option<String>,
    pub(super) conflicts: Vec<(String, String)>,
}

impl Effect {
    fn new(action: Action) -> Effect {
        Effect {
            action,
            before: None,
            after: None,
            reasons: Vec::new(),
            said: Vec::new(),
            hints: Vec::new(),
            unverified: None,
            conflicts: Vec::new(),
        }
    }
}

/// Works out what apply would do; nothing if the object is as it should be. `own` is the bundle's namespace.
pub(super) fn effect(object: &Observed, own: &str, marked: &Marked<'_>) -> Option<Effect> {
    let live = object.live.as_ref();
    if let Some(live) = live
        && let Some(since) = live.pointer("/metadata/deletionTimestamp").and_then(Value::as_str)
    {
        let mut effect = Effect::new(Action::Error);
        effect.reasons.push(format!("it is being deleted since {since}"));
        effect.hints.push(GOES.to_owned());
        return Some(effect);
    }
    match &object.answer {
        ApplyAnswer::Same => None,
        ApplyAnswer::Merged { object: merged, conflicts } => merged_effect(object, live, merged, conflicts, marked),
        ApplyAnswer::Taken | ApplyAnswer::Exact => Some(exact_effect(object, live)),
        ApplyAnswer::Unverified { problems, .. } if !problems.is_empty() => {
            let mut effect = Effect::new(Action::Error);
            effect.after = Some(stripped(&object.desired));
            let about = |(pointer, message): &(String, String)| {
                let message = mask::files::message(&object.desired, pointer, message);
                format!("{message} (at `{}`)", dotted(pointer))
            };
            effect.reasons = problems.iter().map(about).collect();
            Some(effect)
        }
        ApplyAnswer::Unverified { reason, .. } => unverified_effect(object, live, reason),
        ApplyAnswer::Refused { status, conflicts } => Some(refused_effect(object, live, status, conflicts)),
        ApplyAnswer::Unreadable(status) => Some(unreadable_effect(object, own, status)),
    }
}

/// What the server says would come out.
fn merged_effect(
    object: &Observed,
    live: Option<&Value>,
    merged: &Value,
    conflicts: &[(String, String)],
    marked: &Marked<'_>,
) -> Option<Effect> {
    let Some(live) = live else {
        let sent = stripped(&object.desired);
        let mut effect = Effect::new(Action::Create);
        effect.after = Some(visible(None, &stripped(merged), Some(&sent)));
        return Some(effect);
    };
    let sent = stripped(&object.desired);
    let before = stripped(live);
    let after = visible(Some(&before), &stripped(merged), Some(&sent));
    let mut effect = Effect::new(Action::Update);
    effect.conflicts = conflicts.to_vec();
    if before == after && conflicts.is_empty() {
        let ours = |object| managed_fields::applied_by(object, MANAGER).map(|entry| (entry.api_version, entry.fields));
        if ours(live) == ours(merged) || marked.is_taken_back(live, merged) {
            return None;
        }
        let reason = if owned(live) > owned(merged) {
            "its values stay, because others own them too; chaosc gives up fields that the bundle no longer sets"
        } else {
            "its values are right already; apply makes chaosc the owner of its fields"
        };
        effect.reasons.push(reason.to_owned());
    }
    (effect.before, effect.after) = (Some(before), Some(after));
    Some(effect)
}

/// Returns how many fields the bundle owns of an object.
fn owned(object: &Value) -> usize {
    let mut count = 0;
    if let Some(entry) = managed_fields::applied_by(object, MANAGER) {
        managed_fields::leaves(entry.fields, &mut |_| count += 1);
    }
    count
}

/// What comes out where nobody else has a say.
fn exact_effect(object: &Observed, live: Option<&Value>) -> Effect {
    let mut effect = Effect::new(Action::Create);
    effect.after = Some(stripped(&object.desired));
    if let Some(live) = live {
        let fixed = immutable::differing(live, &object.desired);
        effect.action = if fixed.is_empty() { Action::Update } else { Action::Replace };
        effect.reasons.extend(cannot_change(&fixed));
        effect.before = Some(stripped(live));
    }
    effect
}

/// What comes out by our own reckoning.
fn unverified_effect(object: &Observed, live: Option<&Value>, reason: &str) -> Option<Effect> {
    let sent = stripped(&object.desired);
    let mut effect = Effect::new(Action::Create);
    effect.unverified = Some(reason.to_owned());
    let Some(live) = live else {
        effect.after = Some(sent);
        return Some(effect);
    };
    let owned = managed_fields::applied_by(live, MANAGER).map(|entry| entry.fields);
    let before = stripped(live);
    let fixed = immutable::differing(live, &object.desired);
    let after = if fixed.is_empty() { overlay(&before, &sent, owned) } else { made_anew(live, &sent) };
    if is_same(&before, &after) {
        return None;
    }
    effect.action = if fixed.is_empty() { Action::Update } else { Action::Replace };
    effect.reasons.extend(cannot_change(&fixed));
    effect.conflicts = conflict::foreseen(live, &object.desired);
    (effect.before, effect.after) = (Some(before), Some(after));
    Some(effect)
}

/// What follows from a refusal: the object has to be made anew, or it is wrong.
fn refused_effect(object: &Observed, live: Option<&Value>, status: &Status, conflicts: &[(String, String)]) -> Effect {
    let causes: Vec<&Fault> = status.details.iter().flat_map(|details| &details.causes).collect();
    if let Some(live) = live {
        let mut fixed = immutable::differing(live, &object.desired);
        // A policy's denial names no field, whatever words it has.
        let is_said = |cause: &Fault| !cause.field.is_empty() && immutable::is_said(&cause.message);
        let is_about = |cause: &&Fault| immutable::names_one_of(&cause.field, &fixed) || is_said(cause);
        if !causes.is_empty() && causes.iter().all(is_about) {
            if fixed.is_empty() {
                fixed.extend(causes.iter().map(|cause| cause.field.clone()));
            }
            let mut effect = Effect::new(Action::Replace);
            effect.reasons.extend(cannot_change(&fixed));
            effect.before = Some(stripped(live));
            effect.after = Some(made_anew(live, &stripped(&object.desired)));
            effect.conflicts = conflicts.to_vec();
            return effect;
        }
    }
    let mut effect = Effect::new(Action::Error);
    let sent = stripped(&object.desired);
    let owned = live.and_then(|live| managed_fields::applied_by(live, MANAGER)).map(|entry| entry.fields);
    effect.before = live.map(stripped);
    effect.after = Some(effect.before.as_ref().map_or_else(|| sent.clone(), |before| overlay(before, &sent, owned)));
    if causes.iter().any(|cause| cause.reason == NAMESPACE_GOES) {
        let namespace = object.id.namespace.as_deref().unwrap_or_default();
        effect.reasons.push(format!("the namespace `{namespace}` is being deleted"));
        effect.hints.push(GOES.to_owned());
        return effect;
    }
    effect.said = refusal::reasons(status);
    if status.message.contains(ESCALATION) {
        let verb = if object.id.kind.ends_with("Binding") { "bind" } else { "escalate" };
        effect
            .hints
            .push(format!("who grants rights needs each of them, or the verb `{verb}` on `roles` or `clusterroles`"));
    }
    effect
}

/// Returns what comes of an object that is deleted and created: what anybody has written is gone, but for what is sent; what
/// nobody has written are defaults, which come again.
fn made_anew(live: &Value, sent: &Value) -> Value {
    let written = managed_fields::entries(live).filter(|entry| entry.subresource != "status");
    written.fold(overlay(&stripped(live), sent, None), |object, entry| overlay(&object, sent, Some(entry.fields)))
}

/// What follows where the object cannot be read: nobody knows.
fn unreadable_effect(object: &Observed, own: &str, status: &Status) -> Effect {
    let mut effect = Effect::new(Action::Error);
    effect.after = Some(stripped(&object.desired));
    effect.said.push(status.message.clone());
    effect.hints.push("the user needs the right to read it; `--context NAME` chooses another user".to_owned());
    if order::is_namespace(&object.id) && object.id.name == own {
        effect.hints.push(
            "where somebody else makes the namespace, `create = false` under `[namespace]` leaves it to them"
                .to_owned(),
        );
    }
    effect
}

fn cannot_change(pointers: &[String]) -> Option<String> {
    let names: Vec<String> = pointers.iter().map(|pointer| format!("`{}`", dotted(pointer))).collect();
    (!names.is_empty()).then(|| format!("{} cannot be changed, so that it has to be made anew", names.join(", ")))
}

fn dotted(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~")
}
