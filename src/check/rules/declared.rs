//! What chaos.toml declares of permissions: whether it is allowed, whether it says anything, and how dangerous it is.

use std::collections::BTreeSet;

use super::Context;
use super::permissions::{bounds_are_whole, namespaces_are_known};
use crate::config::experiment::Experiment;
use crate::config::permissions::{Rule, WHOLE_CLUSTER};
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::kinds;
use crate::plan::permissions::danger::{Danger, dangers};
use crate::plan::permissions::{self, Grant, declared};
use crate::source::address::{Address, Place};

/// The verbs of the API and those of RBAC alone (Kubernetes documentation, "Authorization", "Request verbs").
const VERBS: [&str; 15] = [
    "*",
    "approve",
    "attest",
    "bind",
    "create",
    "delete",
    "deletecollection",
    "escalate",
    "get",
    "impersonate",
    "list",
    "patch",
    "sign",
    "update",
    "watch",
];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for rule in &context.config.permissions.rules {
        let Some(at) = &rule.at else { continue };
        found.extend(not_allowed(context, rule, at));
        found.extend(dangerous(context, rule, at));
        let misspelt = misspelt(rule, at);
        if misspelt.is_empty() {
            found.extend(pointless(context, rule, at));
        }
        found.extend(misspelt);
    }
    none(context, found);
}

fn named<'c>(context: &'c Context<'_>, name: &str) -> Option<&'c Experiment> {
    context.config.experiments.iter().find(|experiment| experiment.name == name)
}

/// Declared rules stay within what `[permissions]` allows.
fn not_allowed(context: &Context<'_>, rule: &Rule, at: &Address) -> Option<Diagnostic> {
    let allowed = &context.config.permissions;
    let namespace = rule.namespace.as_ref().unwrap_or(&context.config.namespace.name);
    let place = Place::Value(at.join("namespace"));
    if namespace == WHOLE_CLUSTER {
        if allowed.cluster || !bounds_are_whole(context) {
            return None;
        }
        let message = "this rule needs rights in the whole cluster, because its `namespace` is `*`";
        return Some(
            Diagnostic::new(Code::ClusterNotAllowed, place, message)
                .help("name a namespace, or allow a ClusterRole with `cluster = true` under `[permissions]`"),
        );
    }
    if allowed.namespaces.contains(namespace) || !namespaces_are_known(context) {
        return None;
    }
    let message = format!("this rule is for namespace `{namespace}`, where no Role may be made");
    Some(
        Diagnostic::new(Code::NamespaceNotAllowed, place, message)
            .help(format!("add `\"{namespace}\"` to `namespaces` under `[permissions]`")),
    )
}

/// Says that with a rule the account could gain further rights.
fn dangerous(context: &Context<'_>, rule: &Rule, at: &Address) -> Option<Diagnostic> {
    let experiment = named(context, &rule.experiment)?;
    let grants = declared::grants(context.config, experiment, rule);
    let rights: BTreeSet<String> =
        grants.iter().filter(|grant| dangers(grant).contains(&Danger::Escalates)).map(right).collect();
    if rights.is_empty() {
        return None;
    }
    let rights: Vec<String> = rights.into_iter().collect();
    let message = format!("with this rule whoever takes over the pod can gain further rights: {}", rights.join("; "));
    Some(
        Diagnostic::new(Code::DangerousRule, Place::Value(at.join("verbs")), message)
            .help("name only the verbs and resources that the step needs, and the objects in `resource-names`"),
    )
}

/// Says that a rule names a verb, a group or a resource that nobody has.
fn misspelt(rule: &Rule, at: &Address) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let wrong = |key: &str, index: usize, message: String| {
        Diagnostic::new(Code::PointlessRule, Place::Value(at.join(key).join(index)), message)
    };
    for (index, verb) in rule.verbs.iter().enumerate() {
        // A server may know verbs of its own; only what is nearly a known one is a mistake.
        let near = similar::get_close_matches(verb.as_str(), &VERBS, 1, 0.6).first().copied();
        if let Some(near) = near.filter(|near| *near != verb.as_str()) {
            let message = format!("no request has the verb `{verb}`");
            found.push(wrong("verbs", index, message).help(format!("did you mean `{near}`?")));
        }
    }
    for (index, given) in rule.resources.iter().enumerate() {
        let resource = given.split('/').next().unwrap_or_default();
        let is_of = |group: &String| is_resource(group, resource);
        if resource == "*" || rule.verbs == ["impersonate"] || rule.api_groups.iter().any(is_of) {
            continue;
        }
        let homes: BTreeSet<&str> =
            kinds::all().iter().filter(|kind| kind.plural == resource).map(kinds::Builtin::group).collect();
        let groups = rule.api_groups.iter().map(|group| format!("`{}`", if group.is_empty() { "\"\"" } else { group }));
        let groups: Vec<String> = groups.collect();
        let message = format!("there is no resource `{resource}` in the API group {}", groups.join(", "));
        let problem = wrong("resources", index, message);
        found.push(if let Some(home) = homes.first() {
            problem.help(format!("it belongs to the group `{home}`: add it to `api-groups`"))
        } else {
            let in_groups =
                kinds::all().iter().filter(|kind| rule.api_groups.iter().any(|group| group == kind.group()));
            let names: Vec<&str> = in_groups.map(|kind| kind.plural).collect();
            match similar::get_close_matches(resource, &names, 1, 0.6).first() {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => problem.help("RBAC knows resources by their plural, as `kubectl api-resources` lists them"),
            }
        });
    }
    found
}

/// Returns whether a group may have a resource: of groups that are not built in, nobody knows.
fn is_resource(group: &str, resource: &str) -> bool {
    let mut kinds = kinds::all().iter().filter(|kind| kind.group() == group).peekable();
    group == "*" || kinds.peek().is_none() || kinds.any(|kind| kind.plural == resource)
}

/// Says that a rule gives nothing that the steps do not have, or nothing that they could use.
fn pointless(context: &Context<'_>, rule: &Rule, at: &Address) -> Option<Diagnostic> {
    let experiment = named(context, &rule.experiment)?;
    if context.is_faulty(&experiment.body_at) {
        return None;
    }
    let (inferred, is_all) = permissions::of_steps(context.config, experiment);
    let is_inferred = |grant: &Grant| {
        inferred.iter().any(|known| {
            let same = (&known.reach, &known.group, &known.resource, &known.verb)
                == (&grant.reach, &grant.group, &grant.resource, &grant.verb);
            same && (known.name.is_none() || known.name == grant.name)
        })
    };
    let grants = declared::grants(context.config, experiment, rule);
    let beside: BTreeSet<String> = grants.iter().filter(|grant| !is_inferred(grant)).map(right).collect();
    let name = &rule.experiment;
    let message = if beside.is_empty() {
        format!("the steps of experiment `{name}` are known to need this, so the rule adds nothing")
    } else if !is_all {
        return None;
    } else {
        let beside: Vec<String> = beside.into_iter().collect();
        format!("every step of experiment `{name}` is known, and none needs {}", beside.join(" or "))
    };
    Some(Diagnostic::new(Code::PointlessRule, Place::Value(at.join("experiment")), message).help("remove it"))
}

/// Writes a right for a sentence.
fn right(grant: &Grant) -> String {
    format!("`{}` on `{}`", grant.verb, grant.resource)
}

/// `[[permissions.none]]` says something only about steps that the catalogue does not know.
fn none(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for none in &context.config.permissions.none {
        let (Some(at), Some(experiment)) = (&none.at, named(context, &none.experiment)) else { continue };
        let (_, is_all) = permissions::of_steps(context.config, experiment);
        if is_all && !context.is_faulty(&experiment.body_at) {
            found.push(
                Diagnostic::new(
                    Code::PointlessRule,
                    Place::Value(at.join("experiment")),
                    format!("every step of experiment `{}` is known, so this says nothing", none.experiment),
                )
                .help("remove it"),
            );
        }
    }
}
