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
    for (include_namespace, include_volumes, expected) in
        [(false, false, ""), (true, false, "made"), (false, true, "claim volume"), (true, true, "made claim volume")]
    {
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

#[test]
fn what_is_being_deleted_is_waited_for_by_a_delete_alone() {
    let going = |kind: &str| {
        let (id, mut object) = object(kind, "v1", Some("shop"), "a");
        object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        object["metadata"]["finalizers"] = json!(["example.com/hold"]);
        (id, object)
    };
    let wishes = Wishes::default();
    for (kind, is_delete, is_kept) in [
        ("ConfigMap", false, true),
        ("ConfigMap", true, false),
        ("PersistentVolumeClaim", false, true),
        ("PersistentVolumeClaim", true, true),
    ] {
        let (id, object) = going(kind);
        let grounds = Grounds { is_delete, ..grounds(&wishes, &[]) };
        let kept = Retention::of(grounds, std::iter::empty()).why_kept(&id, &object);
        assert_eq!(kept.is_some(), is_kept, "{kind} {is_delete}");
        let told = "it is being deleted since 2026-01-01T00:00:00Z; it waits for example.com/hold";
        assert!(kept.is_none_or(|kept| kept.reason == format!("it is no longer desired, and {told}")));
    }
}
