//! What all outputs for people say alike: sentences without colours, names in backticks.

use serde_json::Value;

use super::emphasis::shorten;
use super::entries::Entry;
use super::scalar::scalar;
use crate::diff::{Action, ChangeSet, Compared, Drift, DriftKind, Origin, PermissionChange, Verdict};
use crate::kubernetes::ObjectId;

/// What is kept of either end of a long value that is shown within a sentence.
const KEPT_OF_VALUE: usize = 40;

/// Returns which bundle was compared with what.
pub(super) fn compared(changes: &ChangeSet) -> String {
    compared_with(&changes.bundle, &changes.namespace, &changes.compared)
}

/// Returns which bundle was compared with what.
pub(crate) fn compared_with(bundle: &str, namespace: &str, compared: &Compared) -> String {
    let Compared { context, server, user, version, against } = compared;
    let mut text = format!("`{bundle}` in namespace `{namespace}`");
    if let Some(against) = against {
        text.push_str(&format!(", compared with {against}"));
        return text;
    }
    let kubernetes = format!("Kubernetes {version}");
    let details: Vec<&str> = [(server, server), (version, &kubernetes)]
        .iter()
        .filter(|(is, _)| !is.is_empty())
        .map(|(_, it)| it.as_str())
        .collect();
    match context {
        Some(context) => text.push_str(&format!(", compared with context `{context}`")),
        None if details.is_empty() => return text,
        None => text.push_str(", compared with the cluster around it"),
    }
    if !details.is_empty() {
        text.push_str(&format!(" ({})", details.join(", ")));
    }
    if !user.is_empty() {
        text.push_str(&format!(" as `{user}`"));
    }
    text
}

/// Returns what the whole comes to, with numbers.
pub(super) fn count(changes: &ChangeSet) -> String {
    let mut parts: Vec<String> = Vec::new();
    for action in Action::ALL {
        let number = changes.count(action);
        if number > 0 {
            parts.push(format!("{number} {}", counted(action, number)));
        }
    }
    let mut text = if changes.verdict() == Verdict::Nothing {
        let is = match changes.unchanged {
            0 if parts.is_empty() => "no objects".to_owned(),
            0 => String::new(),
            1 => "1 object is as it should be".to_owned(),
            many => format!("{many} objects are as they should be"),
        };
        parts.extend(Some(is).filter(|is| !is.is_empty()));
        format!("no changes; {}", parts.join(", "))
    } else {
        if changes.unchanged > 0 {
            parts.push(format!("{} unchanged", changes.unchanged));
        }
        parts.join(", ")
    };
    let unverified = changes.changes.iter().filter(|change| change.unverified.is_some()).count();
    if unverified > 0 {
        text.push_str(&format!("; {unverified} unverified"));
    }
    match changes.drift.len() {
        0 => {}
        1 => text.push_str("; 1 field drifted"),
        many => text.push_str(&format!("; {many} fields drifted")),
    }
    text
}

fn counted(action: Action, number: usize) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to update",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Keep => "kept",
        Action::Conflict if number == 1 => "conflict",
        Action::Conflict => "conflicts",
        Action::Refused => "refused",
        Action::Error if number == 1 => "error",
        Action::Error => "errors",
    }
}

/// Returns the sign of an action.
pub(super) fn sign(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Update => "~",
        Action::Replace => "-/+",
        Action::Delete => "-",
        Action::Keep => "=",
        Action::Conflict | Action::Refused | Action::Error => "!",
    }
}

/// Returns the name of an entry's object, and of the one whose place it takes.
pub(super) fn name(entry: &Entry<'_>) -> String {
    match entry.replaced {
        None => entry.change.id.to_string(),
        Some(old) => format!("{} -> {}", old.id, entry.change.id.name),
    }
}

/// Returns an object's namespace, unless it is the bundle's own or none.
pub(super) fn foreign_namespace<'c>(id: &'c ObjectId, changes: &ChangeSet) -> Option<&'c str> {
    id.namespace.as_deref().filter(|namespace| *namespace != changes.namespace)
}

/// Returns a name with its object's namespace, as [`foreign_namespace`] has it.
pub(super) fn in_place(name: &str, id: &ObjectId, changes: &ChangeSet) -> String {
    match foreign_namespace(id, changes) {
        None => name.to_owned(),
        Some(namespace) => format!("{name} in namespace {namespace}"),
    }
}

/// Returns `FILE:LINE`.
pub(super) fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.file, origin.line)
}

/// The permissions that one account gains or loses.
pub(super) struct Account<'c> {
    /// The account.
    pub(super) name: &'c str,
    /// Whether they hold in the whole cluster.
    pub(super) is_cluster_wide: bool,
    /// The changes: what is new first.
    pub(super) changes: Vec<&'c PermissionChange>,
}

/// Groups permission changes by account, cluster-wide ones first.
pub(super) fn accounts(changes: &[PermissionChange]) -> Vec<Account<'_>> {
    let mut sorted: Vec<&PermissionChange> = changes.iter().collect();
    sorted.sort_by_key(|change| (!change.is_cluster_wide, &change.account, !change.is_granted));
    let same = |a: &&PermissionChange, b: &&PermissionChange| {
        (a.is_cluster_wide, &a.account) == (b.is_cluster_wide, &b.account)
    };
    sorted
        .chunk_by(same)
        .map(|changes| Account {
            name: &changes[0].account,
            is_cluster_wide: changes[0].is_cluster_wide,
            changes: changes.to_vec(),
        })
        .collect()
}

/// Returns `may now` or `may no longer`.
pub(super) fn may(change: &PermissionChange) -> &'static str {
    if change.is_granted { "may now" } else { "may no longer" }
}

/// Returns the sentence of a permission change, without its account.
pub(super) fn permission(change: &PermissionChange) -> String {
    let verbs = match change.verbs.join(", ") {
        all if all == "*" => "use every verb on".to_owned(),
        verbs => verbs,
    };
    format!("{} {verbs} `{}` {}, by `{}`", may(change), change.target, change.place(), change.role)
}

/// Returns the value of a field in a sentence.
pub(super) fn value(value: &Value) -> String {
    shorten(&scalar(value), KEPT_OF_VALUE)
}

/// Returns the value that a field has in the cluster.
pub(super) fn live(drift: &Drift) -> String {
    drift.live.as_ref().map_or_else(|| gone(drift).to_owned(), |live| format!("live {}", value(live)))
}

/// Returns the value that the bundle gives a field.
pub(super) fn desired(drift: &Drift) -> String {
    drift.desired.as_ref().map_or_else(|| undesired(drift).to_owned(), |desired| format!("desired {}", value(desired)))
}

/// Says what the bundle wants, where it names no value.
pub(super) fn undesired(drift: &Drift) -> &'static str {
    if drift.path.is_empty() { "in the bundle" } else { "not in the bundle" }
}

/// Returns the field that drifted.
pub(super) fn field(drift: &Drift) -> &str {
    if drift.path.is_empty() { "the object" } else { &drift.path }
}

/// Says that nothing is left of what drifted.
pub(super) fn gone(drift: &Drift) -> &'static str {
    if drift.path.is_empty() { "deleted" } else { "removed" }
}

/// Returns who changed a field, when, and what that was, as far as it is known.
pub(super) fn circumstances(drift: &Drift) -> String {
    let mut parts = Vec::new();
    match &drift.kind {
        DriftKind::Changed => {}
        DriftKind::LeftByExperiment { experiments } => {
            parts.push(format!("left by {}", experiments_named(experiments)));
        }
        DriftKind::ExperimentRuns { job } => parts.push(format!("Job `{job}` is running")),
    }
    match (&drift.manager, &drift.time) {
        (Some(manager), Some(time)) => parts.push(format!("by `{manager}` at {time}")),
        (Some(manager), None) => parts.push(format!("by `{manager}`")),
        (None, Some(time)) => parts.push(format!("at {time}")),
        (None, None) => {}
    }
    parts.join(", ")
}

fn experiments_named(experiments: &[String]) -> String {
    let names: Vec<String> = experiments.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "an experiment".to_owned(),
        [one] => format!("experiment {one}"),
        many => format!("one of the experiments {}", many.join(", ")),
    }
}

/// Returns what apply does about a drifted field.
pub(super) fn fate(drift: &Drift) -> &'static str {
    match (&drift.kind, drift.is_restored) {
        (_, true) if drift.desired.is_none() && !drift.path.is_empty() => "apply takes it away",
        (_, true) => "apply restores it",
        (DriftKind::ExperimentRuns { .. }, false) => "apply leaves it while that runs",
        (_, false) => "apply leaves it",
    }
}

#[cfg(test)]
mod tests {
    use super::{accounts, compared, count, permission};
    use crate::diff::{ChangeSet, Compared, PermissionChange};

    #[test]
    fn the_first_line_says_what_is_known() {
        let changes = |context: Option<&str>, server: &str, user: &str, version: &str| ChangeSet {
            bundle: "shop".into(),
            namespace: "eu".into(),
            compared: Compared {
                context: context.map(str::to_owned),
                server: server.into(),
                user: user.into(),
                version: version.into(),
                against: None,
            },
            ..ChangeSet::default()
        };
        for (changes, expected) in [
            (
                changes(Some("kind"), "https://a", "me", "v1.35.4"),
                "`shop` in namespace `eu`, compared with context `kind` (https://a, Kubernetes v1.35.4) as `me`",
            ),
            (
                changes(None, "https://a", "system:serviceaccount:a:b", ""),
                "`shop` in namespace `eu`, compared with the cluster around it (https://a) as `system:serviceaccount:a:b`",
            ),
            (changes(Some("kind"), "", "", ""), "`shop` in namespace `eu`, compared with context `kind`"),
            // Compared with files.
            (changes(None, "", "", ""), "`shop` in namespace `eu`"),
        ] {
            assert_eq!(compared(&changes), expected);
        }
    }

    #[test]
    fn nothing_is_counted_in_words() {
        for (unchanged, expected) in [
            (0, "no changes; no objects"),
            (1, "no changes; 1 object is as it should be"),
            (43, "no changes; 43 objects are as they should be"),
        ] {
            assert_eq!(count(&ChangeSet { unchanged, ..ChangeSet::default() }), expected);
        }
    }

    #[test]
    fn what_holds_in_the_whole_cluster_comes_first_and_what_is_new_before_what_is_gone() {
        let change = |account: &str, is_cluster_wide, is_granted| PermissionChange {
            is_cluster_wide,
            is_granted,
            account: account.into(),
            namespace: (!is_cluster_wide).then(|| "eu".into()),
            verbs: vec!["get".into(), "list".into()],
            target: "pods".into(),
            role: "Role/a".into(),
        };
        let changes =
            [change("a", false, false), change("a", false, true), change("b", true, false), change("a", true, true)];
        let told: Vec<String> = accounts(&changes)
            .iter()
            .flat_map(|account| account.changes.iter().map(|one| format!("{} {}", account.name, permission(one))))
            .collect();
        assert_eq!(
            told,
            [
                "a may now get, list `pods` in the whole cluster, by `Role/a`",
                "b may no longer get, list `pods` in the whole cluster, by `Role/a`",
                "a may now get, list `pods` in namespace `eu`, by `Role/a`",
                "a may no longer get, list `pods` in namespace `eu`, by `Role/a`",
            ]
        );
    }
}
