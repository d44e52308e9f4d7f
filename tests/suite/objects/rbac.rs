//! Accounts, roles and bindings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{items, projects, text};

#[test]
fn each_schedule_has_an_account_of_its_own_and_a_token_only_with_rights() {
    for project in projects() {
        let accounts: BTreeSet<&str> = project.kind("ServiceAccount").map(|one| text(one, "/metadata/name")).collect();
        let mut used = BTreeSet::new();
        for account in project.kind("ServiceAccount") {
            assert_eq!(account["automountServiceAccountToken"], false, "{}", project.name);
        }
        for workload in project.workloads() {
            let account = text(workload.pod, "/serviceAccountName");
            assert!(used.insert(account), "{}: two schedules use {account}", project.name);
            let has_rights = bindings(project).any(|binding| text(binding, "/subjects/0/name") == account);
            assert_eq!(workload.pod["automountServiceAccountToken"], has_rights, "{}", project.name);
            assert_eq!(has_rights, !workload.plan.grants.is_empty(), "{}", project.name);
        }
        assert_eq!(used, accounts, "{}", project.name);
    }
}

fn bindings(project: &super::Project) -> impl Iterator<Item = &Value> {
    project.own().filter(|object| text(object, "/kind").ends_with("RoleBinding"))
}

#[test]
fn a_binding_binds_one_role_to_one_account() {
    for project in projects() {
        let mut bound = BTreeSet::new();
        for binding in bindings(project) {
            let role = text(binding, "/kind").strip_suffix("Binding").unwrap();
            let metadata = &binding["metadata"];
            assert_eq!(
                binding["roleRef"],
                json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role, "name": metadata["name"]}),
                "{}",
                project.name
            );
            let same = |one: &&Value| {
                one["metadata"]["name"] == metadata["name"]
                    && one["metadata"].get("namespace") == metadata.get("namespace")
            };
            assert_eq!(project.kind(role).filter(same).count(), 1, "{}: {metadata}", project.name);
            let subject = &binding["subjects"][0];
            assert_eq!(items(binding, "/subjects").count(), 1, "{}", project.name);
            assert_eq!(
                (text(subject, "/kind"), text(subject, "/namespace")),
                ("ServiceAccount", project.config.namespace.name.as_str())
            );
            assert!(
                project.kind("ServiceAccount").any(|one| one["metadata"]["name"] == subject["name"]),
                "{}",
                project.name
            );
            // Outside of the namespace, a copy of the bundle in another one must not take the name.
            let is_abroad = text(metadata, "/namespace") != project.config.namespace.name;
            let suffix = format!(".{}", project.config.namespace.name);
            assert_eq!(text(metadata, "/name").ends_with(&suffix), is_abroad, "{}: {metadata}", project.name);
            bound.insert((role.to_owned(), metadata["name"].to_string(), text(metadata, "/namespace").to_owned()));
        }
        for role in project.kind("Role").chain(project.kind("ClusterRole")) {
            let metadata = &role["metadata"];
            let id =
                (text(role, "/kind").to_owned(), metadata["name"].to_string(), text(metadata, "/namespace").to_owned());
            assert!(bound.remove(&id), "{}: nobody has {id:?}", project.name);
            for rule in items(role, "/rules") {
                let wildcard = |list: &str| items(rule, list).any(|one| one == "*");
                assert!(
                    !wildcard("/verbs") && !wildcard("/resources") && !wildcard("/apiGroups"),
                    "{}: {rule}",
                    project.name
                );
            }
        }
        assert!(bound.is_empty(), "{}: {bound:?} bind roles that are not there", project.name);
    }
}

#[test]
fn a_cluster_role_is_made_only_where_it_is_allowed() {
    for project in projects() {
        if project.kind("ClusterRole").next().is_some() {
            assert!(project.config.permissions.cluster, "{}", project.name);
        }
        for role in project.kind("Role") {
            let namespace = text(role, "/metadata/namespace").to_owned();
            assert!(project.config.permissions.namespaces.contains(&namespace), "{}: {namespace}", project.name);
        }
    }
}
