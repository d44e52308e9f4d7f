//! What stays for now although it is no longer desired: what would lose more than itself, and what a running experiment uses.
//!
//! An experiment that loses its account in the middle cannot roll back what it has done.

mod kept;

use std::collections::BTreeMap;

use serde_json::Value;

use super::owner;
use crate::bundle::order;
use crate::kubernetes::ObjectId;
use crate::kubernetes::resource::Resource;
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
        let kept = self.why_precious(id, object).or_else(|| self.why_not_ours(object));
        kept.or_else(|| self.why_used(id))
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
mod tests {
    use super::*;
    use serde_json::json;

    fn object(kind: &str, version: &str, namespace: Option<&str>, name: &str) -> (ObjectId, Value) {
        let object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace}});
        (ObjectId::of(&object).unwrap(), object)
    }

    fn grounds<'s>(wishes: &'s Wishes, running: &'s [RunningJob]) -> Grounds<'s> {
        Grounds { bundle: "shop", own: "shop", wishes, is_delete: false, running, marks: &[], resources: &[] }
    }

    #[test]
    fn what_a_running_experiment_uses_stays() {
        const RBAC: &str = "rbac.authorization.k8s.io/v1";
        let binding = json!({
            "apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "other"},
            "roleRef": {"kind": "Role", "name": "r"},
            "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "shop"}],
        });
        let job = RunningJob {
            schedule: "kill".to_owned(),
            job: "kill-1".to_owned(),
            account: "a".to_owned(),
            reads: vec![("ConfigMap".to_owned(), "m".to_owned())],
        };
        let jobs = [job];
        for (end_runs, expected) in [(false, true), (true, false)] {
            let wishes = Wishes { end_runs, ..Wishes::default() };
            let retention = Retention::of(grounds(&wishes, &jobs), [&binding].into_iter());
            for (kind, version, namespace, name, is_used) in [
                ("Job", "batch/v1", Some("shop"), "kill-1", true),
                ("ServiceAccount", "v1", Some("shop"), "a", true),
                ("ServiceAccount", "v1", Some("shop"), "b", false),
                ("ConfigMap", "v1", Some("shop"), "m", true),
                ("ConfigMap", "v1", Some("other"), "m", false),
                ("Role", RBAC, Some("other"), "r", true),
                ("Role", RBAC, Some("shop"), "r", false),
                ("RoleBinding", RBAC, Some("other"), "b", true),
            ] {
                let (id, object) = object(kind, version, namespace, name);
                assert_eq!(retention.why_kept(&id, &object).is_some(), expected && is_used, "{id} {end_runs}");
            }
        }
    }

    #[test]
    fn what_a_running_experiment_patches_stays() {
        let mark = |name: Option<&str>| Mark {
            group: "apps".to_owned(),
            resource: "deployments".to_owned(),
            namespace: Some("shop".to_owned()),
            name: name.map(str::to_owned),
            pointer: "/spec/replicas".to_owned(),
            experiment: "few".to_owned(),
            schedule: "few".to_owned(),
        };
        let run = |schedule: &str| RunningJob { schedule: schedule.to_owned(), ..RunningJob::default() };
        let resources: Vec<Resource> = Resource::built_in("apps/v1", "Deployment").into_iter().collect();
        let (id, object) = object("Deployment", "apps/v1", Some("shop"), "web");
        for (mark, running, end_runs, expected) in [
            (mark(Some("web")), run("few"), false, true),
            (mark(None), run("few"), false, true),
            (mark(Some("api")), run("few"), false, false),
            (mark(Some("web")), run("other"), false, false),
            (mark(Some("web")), run("few"), true, false),
        ] {
            let wishes = Wishes { end_runs, ..Wishes::default() };
            let (marks, running) = ([mark], [running]);
            let grounds = Grounds { marks: &marks, resources: &resources, ..grounds(&wishes, &running) };
            let kept = Retention::of(grounds, std::iter::empty()).why_kept(&id, &object);
            assert_eq!(kept.is_some(), expected, "{marks:?} {running:?} {end_runs}");
            assert!(kept.is_none_or(|kept| kept.reason.contains("`few` patches it")));
        }
    }

    #[test]
    fn what_would_lose_more_than_itself_goes_only_when_asked_for() {
        let claim = object("PersistentVolumeClaim", "v1", Some("shop"), "data");
        let volume = object("PersistentVolume", "v1", None, "data");
        let kind = object("CustomResourceDefinition", "apiextensions.k8s.io/v1", None, "things.example");
        let (shop, other) = (object("Namespace", "v1", None, "shop"), object("Namespace", "v1", None, "other"));
        let mut made = shop.clone();
        made.1["metadata"]["annotations"] = json!({ (MADE): "true" });
        for (include_namespace, include_volumes, expected) in [
            (false, false, ""),
            (true, false, "made"),
            (false, true, "claim volume"),
            (true, true, "made claim volume"),
        ] {
            let wishes = Wishes { include_namespace, include_volumes, ..Wishes::default() };
            let retention = Retention::of(grounds(&wishes, &[]), std::iter::empty());
            for ((id, object), name) in [
                (&claim, "claim"),
                (&volume, "volume"),
                (&kind, "kind"),
                (&shop, "shop"),
                (&other, "other"),
                (&made, "made"),
            ] {
                let goes = expected.split(' ').any(|one| one == name);
                assert_eq!(retention.why_kept(id, object).is_none(), goes, "{name} of {expected}");
            }
        }
    }

    #[test]
    fn what_stays_says_who_deletes_it_and_how_it_is_given_up() {
        let wishes = Wishes::default();
        for ((id, object), is_delete, expected) in [
            (
                object("CustomResourceDefinition", "apiextensions.k8s.io/v1", None, "a"),
                false,
                Some("`kubectl delete customresourcedefinition a`"),
            ),
            (
                object("CustomResourceDefinition", "apiextensions.k8s.io/v1", None, "a"),
                true,
                Some("`kubectl delete customresourcedefinition a`"),
            ),
            (object("PersistentVolume", "v1", None, "a"), false, Some("`kubectl delete persistentvolume a`")),
            (
                object("PersistentVolumeClaim", "v1", Some("shop"), "a"),
                false,
                Some("`kubectl delete persistentvolumeclaim a -n shop`"),
            ),
            (object("PersistentVolumeClaim", "v1", Some("shop"), "a"), true, Some("`--include-volumes`")),
            (object("Namespace", "v1", None, "other"), true, Some("`kubectl delete namespace other`")),
            (object("Namespace", "v1", None, "shop"), true, Some("`--include-namespace`")),
            (object("Namespace", "v1", None, "shop"), false, None),
        ] {
            let grounds = Grounds { is_delete, ..grounds(&wishes, &[]) };
            let kept = Retention::of(grounds, std::iter::empty()).why_kept(&id, &object).unwrap();
            let mut hints = kept.hints(&id);
            assert!(hints.pop().unwrap().ends_with("applyset.kubernetes.io/part-of-` gives it up"), "{id}");
            let expected: Vec<String> = expected.iter().map(|by| format!("{by} deletes it")).collect();
            assert_eq!(hints, expected, "{id} {is_delete}");
        }
    }

    #[test]
    fn what_another_tool_has_taken_over_goes_only_when_it_is_adopted() {
        let (id, mut object) = object("ConfigMap", "v1", Some("shop"), "a");
        object["metadata"]["annotations"] =
            json!({"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "b"});
        for (adopt, is_delete, expected) in
            [(false, false, Some(End::Option("--adopt"))), (false, true, Some(End::Release)), (true, false, None)]
        {
            let wishes = Wishes { adopt, ..Wishes::default() };
            let grounds = Grounds { is_delete, ..grounds(&wishes, &[]) };
            let kept = Retention::of(grounds, std::iter::empty()).why_kept(&id, &object);
            assert_eq!(kept.as_ref().map(|kept| kept.end), expected);
            let whose = "it is no longer desired, but it belongs to the Helm release `web` in namespace `b`";
            assert!(kept.is_none_or(|kept| kept.reason == whose));
        }
    }
}
