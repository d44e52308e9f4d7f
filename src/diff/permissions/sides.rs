//! Which Roles and bindings count: those before an apply, those after it, and those that the bundle asks for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{changes, is_rbac};
use crate::diff::change_set::{Action, Change, PermissionChange};
use crate::kubernetes::ObjectId;
use crate::snapshot::{ApplyAnswer, Snapshot};

/// The Roles and bindings of a bundle.
pub(in crate::diff) struct Sides<'s> {
    own: &'s str,
    before: Vec<&'s Value>,
    after: Vec<&'s Value>,
    /// Those after, where nobody had written to them by hand.
    wanted: Vec<&'s Value>,
}

impl<'s> Sides<'s> {
    /// Finds them; `stale` is what belongs to the bundle and is no longer desired.
    pub(in crate::diff) fn of(snapshot: &'s Snapshot, changes: &[Change], stale: &[&'s Value]) -> Sides<'s> {
        let written: BTreeSet<&ObjectId> =
            changes.iter().filter(|change| change.action.writes()).map(|change| &change.id).collect();
        let gives = |path: &str| ["rules", "subjects", "roleRef"].iter().any(|field| path.starts_with(field));
        let is_contested = |change: &&Change| {
            change.action == Action::Conflict && change.conflicts.iter().any(|conflict| gives(&conflict.path))
        };
        let contested: BTreeSet<&ObjectId> = changes.iter().filter(is_contested).map(|change| &change.id).collect();
        let before: Vec<&Value> = stale.iter().copied().filter(|object| is_rbac(object)).collect();
        let goes = |object: &&Value| ObjectId::of(object).is_ok_and(|id| written.contains(&id));
        let after: Vec<&Value> = before.iter().copied().filter(|object| !goes(object)).collect();
        let mut sides = Sides { own: &snapshot.namespace, before, wanted: after.clone(), after };
        for object in &snapshot.objects {
            let now = match &object.answer {
                ApplyAnswer::Same => Some(&object.desired),
                _ => object.live.as_ref(),
            };
            let applied = match &object.answer {
                ApplyAnswer::Merged { object: merged, .. } => merged,
                _ => &object.desired,
            };
            let after = if written.contains(&object.id) { Some(applied) } else { now };
            let wanted = if contested.contains(&object.id) { Some(applied) } else { after };
            for (side, object) in [(&mut sides.before, now), (&mut sides.after, after), (&mut sides.wanted, wanted)] {
                side.extend(object.filter(|object| is_rbac(object)));
            }
        }
        sides
    }

    /// Returns what the accounts may do more or less after an apply.
    pub(in crate::diff) fn changes(&self) -> Vec<PermissionChange> {
        self.compared(&self.before, &self.after)
    }

    /// Says what the accounts may do beyond the bundle, because a hand has changed its Roles or bindings and apply leaves them
    /// so; a sentence each.
    pub(in crate::diff) fn beyond(&self) -> Vec<String> {
        let beyond = self.compared(&self.wanted, &self.after).into_iter().filter(|change| change.is_granted);
        beyond
            .map(|change| {
                let (place, verbs) = (change.place(), change.verbs.join(", "));
                let PermissionChange { account, target, role, .. } = change;
                format!(
                    "beyond the bundle, `{account}` may {verbs} `{target}` {place}, by `{role}`: a hand has changed that, and only \
                     `--force-conflicts` takes it back",
                )
            })
            .collect()
    }

    fn compared(&self, before: &[&Value], after: &[&Value]) -> Vec<PermissionChange> {
        // Most changes leave every right as it is: then nothing has to be taken apart.
        let is_same = |(before, after): (&&Value, &&Value)| std::ptr::eq(*before, *after);
        if before.len() == after.len() && before.iter().zip(after).all(is_same) {
            return Vec::new();
        }
        changes(before, after, self.own)
    }
}
