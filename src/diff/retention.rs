//! What stays for now although it is no longer desired: what would take more with it than itself, what another tool has taken
//! over, what a running experiment uses, and what is being deleted already.
//!
//! An experiment that loses its account in the middle cannot roll back what it has done.

mod kept;

use std::collections::BTreeMap;

use serde_json::Value;

use super::owner;
use crate::bundle::order;
use crate::kubernetes::resource::Resource;
use crate::kubernetes::{ObjectId, deletion};
use crate::plan::marks::Mark;
use crate::plan::naming;
use crate::snapshot::{RunningJob, Wishes};
pub(crate) use kept::{End, Kept};

/// The annotation of a namespace that apply has made; it comes with the namespace itself.
pub(crate) const MADE: &str = "chaosc.dev/made-by-apply";

/// What decides about it.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'s> {
    /// The bundle's name.
    pub(crate) bundle: &'s str,
    /// The bundle's namespace.
    pub(crate) own: &'s str,
    pub(crate) wishes: &'s Wishes,
    /// Whether the whole bundle goes.
    pub(crate) is_delete: bool,
    pub(crate) running: &'s [RunningJob],
    /// The fields that experiments patch.
    pub(crate) marks: &'s [Mark],
    /// Where the server keeps the kinds.
    pub(crate) resources: &'s [Resource],
}

/// What running experiments use and patch, and what may be deleted beside the rest.
pub(crate) struct Retention<'s> {
    grounds: Grounds<'s>,
    /// Kind, namespace and name, and the Job that uses it.
    used: BTreeMap<(String, Option<String>, String), &'s RunningJob>,
}

impl<'s> Retention<'s> {
    /// Finds out what the running Jobs use; `objects` are those of the bundle in the cluster.
    pub(crate) fn of<'o>(grounds: Grounds<'s>, objects: impl Iterator<Item = &'o Value>) -> Retention<'s> {
        let Grounds { own, running, .. } = grounds;
        let mut used = BTreeMap::new();
        let here = || Some(own.to_owned());
        for job in running {
            used.insert(("Job".to_owned(), here(), job.job.clone()), job);
            used.insert(("ServiceAccount".to_owned(), here(), job.account.clone()), job);
            for (kind, name) in &job.reads {
                used.insert((kind.clone(), here(), name.clone()), job);
            }
        }
        for binding in objects.filter(|_| !running.is_empty()) {
            let is_binding = binding["kind"].as_str().is_some_and(|kind| kind.ends_with("Binding"));
            let Some(job) = running.iter().find(|job| is_binding && binds(binding, own, &job.account)) else {
                continue;
            };
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let namespace = text(&binding["metadata"]["namespace"]);
            let reference = &binding["roleRef"];
            let (Some(kind), Some(name)) = (text(&binding["kind"]), text(&binding["metadata"]["name"])) else {
                continue;
            };
            let (Some(role), Some(of)) = (text(&reference["kind"]), text(&reference["name"])) else { continue };
            let home = namespace.clone().filter(|_| role == "Role");
            used.insert((role, home, of), job);
            used.insert((kind, namespace, name), job);
        }
        Retention { grounds, used }
    }

    /// Returns the running Job that uses an object, or is it.
    pub(crate) fn user(&self, id: &ObjectId) -> Option<&'s RunningJob> {
        let is_of = matches!(id.group(), "" | "batch" | "rbac.authorization.k8s.io");
        self.used.get(&(id.kind.clone(), id.namespace.clone(), id.name.clone())).copied().filter(|_| is_of)
    }

    /// Returns the running Job whose experiment patches an object.
    pub(crate) fn patcher(&self, id: &ObjectId) -> Option<&'s RunningJob> {
        let Grounds { running, marks, resources, .. } = self.grounds;
        let is_it = |one: &&Resource| one.api_version == id.api_version && one.kind == id.kind;
        let plural = &resources.iter().find(is_it).filter(|_| !running.is_empty())?.plural;
        let mut on = marks.iter().filter(|mark| mark.is_of(id, plural));
        on.find_map(|mark| running.iter().find(|job| job.schedule == mark.schedule))
    }

    /// Returns the Jobs of a schedule that are running.
    pub(crate) fn runs_of(&self, object: &Value) -> impl Iterator<Item = &'s RunningJob> {
        let schedule = object["metadata"]["labels"][naming::SCHEDULE].as_str().map(str::to_owned);
        self.grounds.running.iter().filter(move |job| schedule.as_deref() == Some(&job.schedule))
    }

    /// Says why an object that is no longer desired stays; nothing if it may go.
    pub(crate) fn why_kept(&self, id: &ObjectId, object: &Value) -> Option<Kept> {
        let kept = self.why_precious(id, object).or_else(|| self.why_not_ours(object)).or_else(|| self.why_used(id));
        match deletion::told(object) {
            // A delete waits until it is gone.
            Some(told) if !self.grounds.is_delete || kept.is_some() => {
                let next =
                    "whoever has set a finalizer takes it away when its work is done; there is nothing left to apply";
                Some(Kept { reason: format!("it is no longer desired, and {told}"), end: End::Waiting(next) })
            }
            _ => kept,
        }
    }

    /// Says which tool has taken over an object of the bundle's set.
    pub(crate) fn taken_over(&self, object: &Value) -> Option<String> {
        owner::taken_over(self.grounds.bundle, object)
    }

    /// More would be lost than the object itself.
    fn why_precious(&self, id: &ObjectId, object: &Value) -> Option<Kept> {
        let Grounds { own, wishes, is_delete, .. } = self.grounds;
        let would_lose = |what: &str, end| Some(Kept { reason: format!("it is no longer desired, but {what}"), end });
        let content = "what is in it would be lost";
        if order::is_namespace(id) {
            let is_made = object["metadata"]["annotations"][MADE] == "true";
            return match (id.name == own, wishes.include_namespace) {
                (false, _) => would_lose(content, End::Hand),
                (true, false) if is_delete => would_lose(content, End::Option("--include-namespace")),
                // The bundle itself lives there.
                (true, false) => would_lose(content, End::Release),
                (true, true) if is_made => None,
                (true, true) => {
                    let reason = "it was there before the bundle, so that it is not ours to delete".to_owned();
                    Some(Kept { reason, end: End::Release })
                }
            };
        }
        if order::is_definition(id) {
            return would_lose("all objects of its kind, in the whole cluster, would go with it", End::Hand);
        }
        let end = if is_delete { End::Option("--include-volumes") } else { End::Hand };
        would_lose(content, end).filter(|_| order::is_volume(id) && !wishes.include_volumes)
    }

    /// Another tool has it by now.
    fn why_not_ours(&self, object: &Value) -> Option<Kept> {
        let Grounds { wishes, is_delete, .. } = self.grounds;
        let whose = self.taken_over(object).filter(|_| !wishes.adopt)?;
        let end = if is_delete { End::Release } else { End::Option("--adopt") };
        Some(Kept { reason: format!("it is no longer desired, but {whose}"), end })
    }

    /// A running experiment uses it.
    fn why_used(&self, id: &ObjectId) -> Option<Kept> {
        let wishes = self.grounds.wishes;
        let uses = self.user(id).map(|job| ("uses", job));
        let (how, job) = uses.or_else(|| Some(("patches", self.patcher(id)?))).filter(|_| !wishes.end_runs)?;
        let reason = if id.kind == "Job" {
            format!("it is no longer desired, but it is running an experiment of `{}`", job.schedule)
        } else {
            format!(
                "it is no longer desired, but the running experiment of `{}` {how} it (Job `{}`)",
                job.schedule, job.job
            )
        };
        let next = "the first apply after the run removes it; `--end-runs` ends the run now, with its rollbacks";
        Some(Kept { reason, end: End::Waiting(next) })
    }
}

/// Returns whether a binding gives something to an account of the bundle's namespace.
fn binds(binding: &Value, own: &str, account: &str) -> bool {
    let subjects = binding["subjects"].as_array();
    subjects.into_iter().flatten().any(|subject| {
        let namespace = subject["namespace"].as_str().or(binding["metadata"]["namespace"].as_str());
        subject["kind"] == "ServiceAccount" && subject["name"] == account && namespace == Some(own)
    })
}

#[cfg(test)]
mod tests;
