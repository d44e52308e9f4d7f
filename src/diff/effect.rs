//! What apply would do with one object, before it is known whether it may.

use serde_json::Value;

use super::change_set::Action;
use super::marked::Marked;
use super::overlay::overlay;
use super::visible::{stripped, visible};
use super::{conflict, mask, refusal, service};
use crate::bundle::order;
use crate::cluster::{Fault, Status};
use crate::inventory::MANAGER;
use crate::kubernetes::managed_fields::{self, Entry, Segment, Share};
use crate::kubernetes::{deletion, immutable};
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
    if let Some(going) = live.and_then(deletion::told) {
        let mut effect = Effect::new(Action::Error);
        effect.reasons.push(going);
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
    let mut after = visible(Some(&before), &stripped(merged), Some(&sent));
    service::without_examples(&before, &sent, &mut after);
    let mut effect = Effect::new(Action::Update);
    effect.conflicts = conflicts.to_vec();
    if before == after && conflicts.is_empty() {
        if marked.is_taken_back(live, merged) {
            return None;
        }
        effect.reasons.push(handover(live, merged)?);
    }
    (effect.before, effect.after) = (Some(before), Some(after));
    Some(effect)
}

/// Says what changes where no value does: whose the fields are; nothing if not even that.
fn handover(live: &Value, merged: &Value) -> Option<String> {
    let (now, then) = (managed_fields::applied_by(live, MANAGER), managed_fields::applied_by(merged, MANAGER));
    let (Some(now), Some(then)) = (now, then) else {
        then?;
        return Some("its values are right already; apply makes chaosc the owner of its fields".to_owned());
    };
    if now.api_version != then.api_version {
        return Some(format!("its values stay; the bundle writes it in `{}` now", then.api_version));
    }
    if now.fields == then.fields {
        return None;
    }
    let (has, gets) = (now.leaves(), then.leaves());
    let given_up: Vec<&Vec<Segment<'_>>> = has.iter().filter(|one| !gets.contains(one)).collect();
    let others: Vec<Entry<'_>> =
        managed_fields::entries(merged).filter(|entry| !std::ptr::eq(entry.fields, then.fields)).collect();
    let is_owned = |steps: &&Vec<Segment<'_>>| others.iter().any(|entry| managed_fields::owns(entry.fields, steps));
    let why = match (given_up.iter().any(&is_owned), given_up.iter().all(is_owned)) {
        _ if given_up.is_empty() => {
            return Some("its values are right already; apply makes chaosc the owner of all its fields".to_owned());
        }
        (_, true) => "others own them too",
        (false, _) => "they are what the server sets by itself",
        _ => "others own them too, or they are what the server sets by itself",
    };
    Some(format!("its values stay, because {why}; chaosc gives up fields that the bundle no longer sets"))
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
    let before = stripped(live);
    let fixed = immutable::differing(live, &object.desired);
    let owned = Share::applied_by(live, MANAGER);
    let after = if fixed.is_empty() { overlay(&before, &sent, owned.as_ref()) } else { made_anew(live, &sent) };
    if before == after {
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
        let mut fixed = unchangeable(live, &object.desired);
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
    let owned = live.and_then(|live| Share::applied_by(live, MANAGER));
    effect.before = live.map(stripped);
    let after = effect.before.as_ref().map(|before| overlay(before, &sent, owned.as_ref()));
    effect.after = Some(after.unwrap_or_else(|| sent.clone()));
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

/// Returns the fields of which the bundle wants to change one that cannot be changed, or no longer wants it.
pub(super) fn unchangeable(live: &Value, desired: &Value) -> Vec<String> {
    let mut found = immutable::differing(live, desired);
    let given_up = immutable::given_up(live, desired, MANAGER);
    found.extend(given_up.into_iter().filter(|pointer| !found.contains(pointer)).collect::<Vec<_>>());
    found
}

/// Returns what comes of an object that is deleted and created: what anybody has written is gone, but for what is sent; what
/// nobody has written are defaults, which come again.
fn made_anew(live: &Value, sent: &Value) -> Value {
    let mut left = stripped(live);
    service::give_back(&mut left);
    let written = managed_fields::entries(live).filter(|entry| entry.subresource != "status");
    written
        .fold(overlay(&left, sent, None), |object, entry| overlay(&object, sent, Some(&Share::of(entry.fields, &[]))))
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
