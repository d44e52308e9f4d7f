//! The change set: what apply would do to the cluster, as values that may be shown to anybody.
//!
//! Everything in it is masked already: whatever prints it cannot print a secret.

use serde_json::Value;

use crate::kubernetes::ObjectId;

/// What apply would do, object by object, and what it would leave alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangeSet {
    /// The bundle's name.
    pub bundle: String,
    /// The bundle's namespace.
    pub namespace: String,
    /// What the bundle was compared with.
    pub compared: Compared,
    /// What the accounts of the bundle may do more or less than before; cluster-wide ones first.
    pub permissions: Vec<PermissionChange>,
    /// The schedules whose Job would start as soon as it is applied.
    pub runs: Vec<String>,
    /// One row for each object that is not simply unchanged: in the order of apply, deletions last.
    pub changes: Vec<Change>,
    /// How many objects of the bundle are as they should be.
    pub unchanged: usize,
    /// What was changed in the cluster since the last apply, by somebody else.
    pub drift: Vec<Drift>,
    /// What could not be looked at, and why; one sentence each.
    pub notes: Vec<String>,
}

/// What a bundle was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// The kubeconfig context; `None` inside a cluster.
    pub context: Option<String>,
    /// The address of the API server.
    pub server: String,
    /// The user of the kubeconfig, or the ServiceAccount of the pod.
    pub user: String,
    /// The version that the server tells, such as `v1.35.4`.
    pub version: String,
    /// What it was compared with instead of a cluster: the words for a folder or a revision.
    pub against: Option<String>,
}

/// One object's row.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The object.
    pub id: ObjectId,
    /// What apply would do.
    pub action: Action,
    /// Why, where the action alone does not tell: one sentence without a full stop.
    pub reasons: Vec<String>,
    /// The next steps, where somebody has to act.
    pub hints: Vec<String>,
    /// The line of chaos.toml or of a manifest that it comes from; `None` for what is no longer desired.
    pub origin: Option<Origin>,
    /// The object as it is, without what only the server keeps; `None` if it does not exist or is not known.
    pub before: Option<Value>,
    /// The object as it would be; `None` if it would be gone.
    pub after: Option<Value>,
    /// The fields that differ, sorted as they stand in the object.
    pub fields: Vec<FieldChange>,
    /// The fields that another field manager owns with another value.
    pub conflicts: Vec<Conflict>,
    /// Why the server could not judge the object; it was checked offline only.
    pub unverified: Option<String>,
    /// The object of another name that this one takes the place of, or that takes the place of this one: its name.
    pub counterpart: Option<String>,
    /// Whether what its author wrote is as it was at the last apply, so that the change comes from a newer chaosc.
    pub from_newer_chaosc: bool,
    /// The running experiment that the action would end, as a sentence.
    pub ends_run: Option<String>,
}

impl Change {
    /// Returns a row of which nothing is said yet: its object would be deleted.
    pub(crate) fn of(id: ObjectId) -> Change {
        Change {
            id,
            action: Action::Delete,
            reasons: Vec::new(),
            hints: Vec::new(),
            origin: None,
            before: None,
            after: None,
            fields: Vec::new(),
            conflicts: Vec::new(),
            unverified: None,
            counterpart: None,
            from_newer_chaosc: false,
            ends_run: None,
        }
    }

    /// Returns whether a change of the bundle is put off, because an experiment that patches the object is running.
    ///
    /// A finished Job is kept for good: what differs is not waited for.
    pub fn is_put_off(&self) -> bool {
        let is_job = self.id.group() == "batch" && self.id.kind == "Job";
        self.action == Action::Keep && !is_job && self.fields.iter().any(|field| field.cause == Cause::Bundle)
    }
}

/// What apply would do with one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Make it.
    Create,
    /// Change it.
    Update,
    /// Delete it and make it again, because a field that differs cannot be changed.
    Replace,
    /// Delete it: it is ours, and no longer desired.
    Delete,
    /// Leave it as it is, although it differs.
    Keep,
    /// Refuse it: other field managers own fields with other values.
    Conflict,
    /// Refuse it: it belongs to somebody else.
    Refused,
    /// Nothing: the server or a rule of ours says that it cannot be.
    Error,
}

impl Action {
    /// All actions, in the order in which summaries count them.
    pub const ALL: [Action; 8] = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
        Action::Keep,
        Action::Conflict,
        Action::Refused,
        Action::Error,
    ];

    /// Returns its word in every output.
    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace => "replace",
            Action::Delete => "delete",
            Action::Keep => "keep",
            Action::Conflict => "conflict",
            Action::Refused => "refused",
            Action::Error => "error",
        }
    }

    /// Returns whether apply would write to the cluster.
    pub fn writes(self) -> bool {
        matches!(self, Action::Create | Action::Update | Action::Replace | Action::Delete)
    }
}

/// A line of the user's files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The file as the user names it.
    pub file: String,
    /// The JSON pointer in it.
    pub pointer: String,
    /// The line, from one.
    pub line: usize,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field, such as `spec.template.spec.containers[name=chaos].image`.
    pub path: String,
    /// Its value now; `None` if it is not there.
    pub before: Option<Value>,
    /// Its value after apply; `None` if it would be gone.
    pub after: Option<Value>,
    /// Who wants it so.
    pub cause: Cause,
}

/// Who wants a field to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The bundle.
    Bundle,
    /// The server: admission, or a default that follows from another change.
    Admission,
    /// The bundle, against another field manager: `--force-conflicts` takes the field from it.
    Taken {
        /// The other manager.
        from: String,
    },
    /// The bundle, where an experiment left another value.
    Experiment,
}

/// A field that another field manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The other manager.
    pub manager: String,
}

/// A field that somebody changed in the cluster since the last apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// The object.
    pub id: ObjectId,
    /// The line that the object comes from.
    pub origin: Option<Origin>,
    /// The field.
    pub path: String,
    /// The value that the bundle gives it; `None` if the bundle says nothing about it.
    pub desired: Option<Value>,
    /// The value in the cluster; `None` if the field was removed.
    pub live: Option<Value>,
    /// The field manager that set it, where that is known.
    pub manager: Option<String>,
    /// When, as the server tells it (RFC 3339), where that is known.
    pub time: Option<String>,
    /// What happened.
    pub kind: DriftKind,
    /// Whether the difference would be gone after an apply: it writes the desired value, or makes the object anew.
    pub is_restored: bool,
}

/// What made a field differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DriftKind {
    /// Somebody changed it by hand or by another program.
    Changed,
    /// An experiment left it so.
    LeftByExperiment {
        /// The experiments that patch the field.
        experiments: Vec<String>,
    },
    /// An experiment that patches it is running.
    ExperimentRuns {
        /// The Job.
        job: String,
    },
}

/// What one account may do more or less than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermissionChange {
    /// Whether it holds in the whole cluster.
    pub is_cluster_wide: bool,
    /// Whether it is new; otherwise it is taken away.
    pub is_granted: bool,
    /// The account: `ServiceAccount/NAME`, `User/NAME` or `Group/NAME`; `everybody bound to ClusterRole/NAME` where that role
    /// aggregates the one that says so.
    pub account: String,
    /// The namespace where it holds; `None`: everywhere.
    pub namespace: Option<String>,
    /// The verbs, sorted.
    pub verbs: Vec<String>,
    /// What they are for: `pods`, `deployments.apps`, `pods/eviction`, `virtualservices.networking.istio.io/go-app`.
    pub target: String,
    /// The Role or `ClusterRole` that says so, as `KIND/NAME`.
    pub role: String,
}

impl PermissionChange {
    /// How an account is called that is whoever is bound to a role.
    pub(super) const EVERYBODY: &str = "everybody bound to ";

    /// Returns whether it is about whoever is bound to a role.
    pub(super) fn is_of_everybody(&self) -> bool {
        self.account.starts_with(Self::EVERYBODY)
    }

    /// Returns where it holds.
    pub(super) fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("in namespace `{namespace}`"),
            None if self.is_of_everybody() => "wherever they are bound".to_owned(),
            None => "in the whole cluster".to_owned(),
        }
    }
}

/// What a change set comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Apply would do nothing, and refuse nothing.
    Nothing,
    /// Apply would write, delete or refuse something.
    Changes,
    /// At least one object cannot be applied as it is.
    Errors,
}

impl ChangeSet {
    /// Returns what the change set comes to; drift that apply leaves alone is nothing.
    pub fn verdict(&self) -> Verdict {
        if self.changes.iter().any(|change| change.action == Action::Error) {
            Verdict::Errors
        } else if self.changes.iter().any(|change| change.action != Action::Keep || change.is_put_off()) {
            Verdict::Changes
        } else {
            Verdict::Nothing
        }
    }

    /// Returns how many rows have an action.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }
}
