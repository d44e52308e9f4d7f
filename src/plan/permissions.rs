//! What an experiment's account must be allowed to do, worked out from its steps, each grant with its reasons.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::catalogue::{self, Activity, Request};
use crate::config::Config;
use crate::config::experiment::{Experiment, Known, Provider, Step, Variables};
use crate::config::permissions::{Rule, WHOLE_CLUSTER};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::address::{Address, Place};

/// One permission: a verb on a resource, perhaps on one object only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where it holds.
    pub reach: Reach,
    /// The API group; the core group is empty.
    pub group: String,
    /// The resource in the plural; a subresource with a slash.
    pub resource: String,
    /// The object; `None`: any.
    pub name: Option<String>,
    /// The verb of the API.
    pub verb: String,
    /// Who needs it and what for.
    pub reasons: Vec<Reason>,
}

/// Where a grant holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// In one namespace.
    Namespace(String),
    /// In the whole cluster.
    Cluster,
}

/// Why a grant is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The experiment.
    pub experiment: String,
    /// The step, or the word for a declared rule.
    pub step: String,
    /// What it does with the permission.
    pub why: String,
    /// Where the step or the rule stands, as `file#pointer`, relative to chaos.toml.
    pub place: String,
    /// The same as an address.
    pub at: Address,
    /// The fields of the object that the step writes, as JSON pointers; of a declared rule nobody knows them.
    pub writes: Vec<String>,
}

/// What was worked out for one experiment.
#[derive(Debug, Default)]
pub struct Inferred {
    /// The grants, without repetitions.
    pub grants: Vec<Grant>,
    /// What stands in the way of knowing them all, or of allowing them.
    pub problems: Vec<Diagnostic>,
}

/// Works out what an experiment's account must be allowed to do.
pub fn infer(config: &Config, experiment: &Experiment) -> Inferred {
    let inference = Inference { config, experiment, variables: experiment.variables() };
    let mut grants = Vec::new();
    let mut problems = Vec::new();
    for step in &experiment.steps {
        inference.step(step, &mut grants, &mut problems);
    }
    for rule in config.permissions.rules.iter().filter(|rule| rule.experiment == experiment.name) {
        grants.extend(inference.declared(rule));
    }
    Inferred { grants: union(&grants), problems }
}

/// Joins grants: each permission once, with all its reasons, sorted.
pub fn union<'g>(grants: impl IntoIterator<Item = &'g Grant>) -> Vec<Grant> {
    let mut joined: Vec<Grant> = Vec::new();
    for grant in grants {
        match joined.iter_mut().find(|known| same(known, grant)) {
            Some(known) => known.reasons.extend(grant.reasons.iter().cloned()),
            None => joined.push(grant.clone()),
        }
    }
    for grant in &mut joined {
        grant.reasons.sort();
        grant.reasons.dedup();
    }
    let key = |grant: &Grant| {
        (grant.reach.clone(), grant.group.clone(), grant.resource.clone(), grant.name.clone(), grant.verb.clone())
    };
    joined.sort_by_cached_key(key);
    joined
}

fn same(a: &Grant, b: &Grant) -> bool {
    (&a.reach, &a.group, &a.resource, &a.name, &a.verb) == (&b.reach, &b.group, &b.resource, &b.name, &b.verb)
}

struct Inference<'c> {
    config: &'c Config,
    experiment: &'c Experiment,
    variables: Variables<'c>,
}

impl Inference<'_> {
    fn step(&self, step: &Step, grants: &mut Vec<Grant>, problems: &mut Vec<Diagnostic>) {
        let Provider::Python { module, function, arguments } = &step.provider else {
            if let Provider::Process { path, .. } = &step.provider {
                self.unknown(step, &format!("what the program `{path}` asks of the cluster"), None, problems);
            }
            return;
        };
        let Some(activity) = catalogue::find(module, function) else {
            let called = &step.provider;
            let near = near_function(module, function);
            self.unknown(step, &format!("which permissions `{called}` needs"), near, problems);
            return;
        };
        problems.extend(arguments_problems(step, activity, arguments));
        let mut cluster = Vec::new();
        for request in &activity.requests {
            if request.only_with.iter().all(|argument| is_given(arguments, argument)) {
                match self.grant(step, request, arguments) {
                    Ok(grant) => {
                        match &grant.reach {
                            Reach::Cluster => cluster.push(request),
                            Reach::Namespace(namespace) => {
                                problems.extend(self.foreign_namespace(step, activity, request, namespace));
                            }
                        }
                        grants.push(grant);
                    }
                    Err(problem) => problems.push(problem),
                }
            }
        }
        problems.extend(self.whole_cluster(step, &cluster));
    }

    /// Says that a step's permissions are not known, unless chaos.toml declares them.
    fn unknown(&self, step: &Step, what: &str, near: Option<String>, problems: &mut Vec<Diagnostic>) {
        let permissions = &self.config.permissions;
        let name = &self.experiment.name;
        let is_declared = permissions.rules.iter().any(|rule| &rule.experiment == name)
            || permissions.none.iter().any(|none| &none.experiment == name);
        if is_declared {
            return;
        }
        let message = format!("it is not known {what}, in step `{}` of experiment `{name}`", step.name);
        let leaf = match &step.provider {
            Provider::Python { function, .. } if near.is_some() && !function.is_empty() => "func",
            Provider::Python { .. } => "module",
            Provider::Process { .. } => "path",
            Provider::Http { .. } => "url",
        };
        let mut problem = Diagnostic::new(Code::UnknownActivity, Place::Value(step.provider_at.join(leaf)), message);
        if let Some(near) = near {
            problem = problem.help(format!("did you mean `{near}`?"));
        }
        problems.push(problem.help(format!(
            "say in chaos.toml what it needs: `[[permissions.rules]]` with `experiment = \"{name}\"`, or \
             `[[permissions.none]]` if it does not touch the cluster"
        )));
    }

    /// Works out the grant for one request of an activity.
    fn grant(&self, step: &Step, request: &Request, arguments: &Map<String, Value>) -> Result<Grant, Diagnostic> {
        let reach = match &request.namespace_from {
            None => Reach::Cluster,
            Some(argument) => match self.text(arguments, argument) {
                Argument::Left => Reach::Namespace(request.namespace.clone().unwrap_or_default()),
                Argument::Text(namespace) => Reach::Namespace(namespace),
                Argument::Unknown(why) => return Err(Self::not_known(step, argument, "namespace", &why)),
            },
        };
        let group = match &request.group_from {
            None => request.group.clone(),
            Some(argument) => match self.text(arguments, argument) {
                Argument::Left => request.group.clone(),
                Argument::Text(version) => version.split_once('/').map_or("", |(group, _)| group).to_owned(),
                Argument::Unknown(why) => return Err(Self::not_known(step, argument, "API group", &why)),
            },
        };
        // A name that only the run knows cannot narrow the grant; that is wider, but never too little.
        let name = match request.name_from.as_ref().map(|argument| self.text(arguments, argument)) {
            // An empty name is none: the activities ask `if name`, and no object is called so.
            Some(Argument::Text(name)) if !name.is_empty() => Some(name),
            _ => None,
        };
        Ok(Grant {
            reach,
            group,
            resource: request.resource.clone(),
            name,
            verb: request.verb.clone(),
            reasons: vec![Reason {
                experiment: self.experiment.name.clone(),
                step: step.name.clone(),
                why: request.why.clone(),
                place: self.experiment.place(&step.at),
                at: step.at.clone(),
                writes: request.writes.clone(),
            }],
        })
    }

    fn not_known(step: &Step, argument: &str, what: &str, unknown: &Unknown) -> Diagnostic {
        let at = step.provider_at.join("arguments").join(argument);
        let Unknown { why, help } = unknown;
        let message =
            format!("the {what} of step `{}` is not known before the run: argument `{argument}` {why}", step.name);
        Diagnostic::new(Code::UnknownTarget, Place::Value(at), message).help(help)
    }

    /// Returns the value of an argument as the step will see it.
    fn text(&self, arguments: &Map<String, Value>, argument: &str) -> Argument {
        let Some(value) = arguments.get(argument).filter(|value| !value.is_null()) else { return Argument::Left };
        match self.variables.substitute(value) {
            Known::Value(Value::String(text)) if !text.contains("${") => Argument::Text(text),
            Known::Value(Value::String(text)) => Argument::Unknown(Unknown {
                why: format!("is `{text}`, which nothing defines"),
                help: "write it out, or declare it under `configuration` of the experiment".to_owned(),
            }),
            Known::Value(_) => {
                Argument::Unknown(Unknown { why: "is no text".to_owned(), help: "put it in quotes".to_owned() })
            }
            Known::Unknown { name } => {
                let help = if self.variables.declares(&name) {
                    format!("write it out, or set `{name}` in chaos.toml, under `variables` of the experiment")
                } else {
                    "write it out, or declare it under `configuration` of the experiment".to_owned()
                };
                Argument::Unknown(Unknown { why: format!("depends on `{name}`, which only the run knows"), help })
            }
        }
    }

    /// Says that a step needs rights that no Role can give, if chaos.toml allows no others.
    fn whole_cluster(&self, step: &Step, requests: &[&Request]) -> Option<Diagnostic> {
        if requests.is_empty() || self.config.permissions.cluster {
            return None;
        }
        let mut needs: Vec<(&str, Vec<&str>)> = Vec::new();
        for request in requests {
            match needs.iter_mut().find(|(resource, _)| *resource == request.resource) {
                Some((_, verbs)) => verbs.push(&request.verb),
                None => needs.push((&request.resource, vec![&request.verb])),
            }
        }
        let needs: Vec<String> =
            needs.iter().map(|(resource, verbs)| format!("{} on `{resource}`", ticked(verbs))).collect();
        let message = format!("step `{}` needs rights in the whole cluster: {}", step.name, needs.join("; "));
        Some(
            Diagnostic::new(Code::ClusterNotAllowed, Place::Value(step.provider_at.join("func")), message)
                .help("allow a ClusterRole with `cluster = true` under `[permissions]`, or leave the step out"),
        )
    }

    /// Says that a step acts in a namespace that chaos.toml does not allow.
    fn foreign_namespace(
        &self,
        step: &Step,
        activity: &Activity,
        request: &Request,
        namespace: &str,
    ) -> Option<Diagnostic> {
        let allowed = &self.config.permissions.namespaces;
        let Provider::Python { arguments, .. } = &step.provider else { return None };
        if allowed.iter().any(|known| known == namespace) {
            return None;
        }
        let name = &step.name;
        let listed: Vec<String> =
            allowed.iter().map(String::as_str).chain([namespace]).map(|name| format!("\"{name}\"")).collect();
        let allow = format!("allow it: `namespaces = [{}]` under `[permissions]`", listed.join(", "));
        let at = step.provider_at.join("arguments");
        let wrong = |place, message| Diagnostic::new(Code::NamespaceNotAllowed, place, message);
        match request.namespace_from.as_deref() {
            Some(argument) if !is_given(arguments, argument) => {
                // Then the misspelling is the one mistake.
                if is_misspelt(activity, arguments, argument) {
                    return None;
                }
                let place =
                    if arguments.is_empty() { Place::Value(step.provider_at.join("func")) } else { Place::Key(at) };
                let message =
                    format!("step `{name}` acts in namespace `{namespace}`, because `{argument}` is not given");
                let own = &self.config.namespace.name;
                let add = format!("add `{argument}: {own}` to the arguments of `{}`", step.provider);
                Some(wrong(place, message).help(add).help(allow))
            }
            argument => {
                let at = argument.map_or_else(|| step.provider_at.join("func"), |argument| at.join(argument));
                let message = format!("step `{name}` acts in namespace `{namespace}`, where no Role may be made");
                Some(wrong(Place::Value(at), message).help(allow))
            }
        }
    }

    /// Turns a declared rule into grants.
    fn declared(&self, rule: &Rule) -> Vec<Grant> {
        let reach = match rule.namespace.as_deref() {
            Some(WHOLE_CLUSTER) => Reach::Cluster,
            Some(namespace) => Reach::Namespace(namespace.to_owned()),
            None => Reach::Namespace(self.config.namespace.name.clone()),
        };
        let names: BTreeSet<Option<&String>> = if rule.resource_names.is_empty() {
            BTreeSet::from([None])
        } else {
            rule.resource_names.iter().map(Some).collect()
        };
        let at = rule.at.clone().unwrap_or_else(|| self.experiment.at.clone());
        let reason = Reason {
            experiment: rule.experiment.clone(),
            step: "declared in chaos.toml".to_owned(),
            why: rule.reason.clone(),
            place: format!("chaos.toml#{}", at.pointer),
            at,
            writes: Vec::new(),
        };
        let mut grants = Vec::new();
        for group in &rule.api_groups {
            for resource in &rule.resources {
                for name in &names {
                    for verb in &rule.verbs {
                        grants.push(Grant {
                            reach: reach.clone(),
                            group: group.clone(),
                            resource: resource.clone(),
                            name: name.cloned(),
                            verb: verb.clone(),
                            reasons: vec![reason.clone()],
                        });
                    }
                }
            }
        }
        grants
    }
}

enum Argument {
    /// It is not given.
    Left,
    /// It is this text.
    Text(String),
    /// It is not known.
    Unknown(Unknown),
}

/// Why an argument is not known before the run, and what to do.
struct Unknown {
    why: String,
    help: String,
}

fn is_given(arguments: &Map<String, Value>, argument: &str) -> bool {
    arguments.get(argument).is_some_and(|value| !value.is_null())
}

/// Returns the known function of a module whose name is nearest.
fn near_function(module: &str, function: &str) -> Option<String> {
    let names = catalogue::functions(module);
    similar::get_close_matches(function, &names, 1, 0.7).first().map(|near| (*near).to_owned())
}

/// Arguments that Chaos Toolkit itself hands to every function that has them (chaoslib.provider.python).
const INJECTED: [&str; 2] = ["configuration", "secrets"];

/// Says which arguments an activity does not have, and which it misses.
fn arguments_problems(step: &Step, activity: &Activity, arguments: &Map<String, Value>) -> Vec<Diagnostic> {
    let at = step.provider_at.join("arguments");
    let called = &step.provider;
    let mut problems = Vec::new();
    for argument in unknown_arguments(activity, arguments) {
        let message = format!("`{called}` has no argument `{argument}`");
        let problem = Diagnostic::new(Code::UnknownArgument, Place::Key(at.join(argument)), message);
        problems.push(match meant(activity, argument) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None => problem.help(format!("its arguments are {}", ticked(&known_arguments(activity)))),
        });
    }
    for missing in activity.required.iter().filter(|name| !arguments.contains_key(name.as_str())) {
        if is_misspelt(activity, arguments, missing) {
            continue;
        }
        let place =
            if arguments.is_empty() { Place::Value(step.provider_at.join("func")) } else { Place::Key(at.clone()) };
        let message = format!("`{called}` is called without its argument `{missing}`");
        problems.push(
            Diagnostic::new(Code::MissingArgument, place, message).help(format!(
                "add `{missing}` to its arguments: Chaos Toolkit refuses to run the experiment without it"
            )),
        );
    }
    problems
}

fn known_arguments(activity: &Activity) -> Vec<&str> {
    activity.required.iter().chain(&activity.optional).map(String::as_str).collect()
}

fn unknown_arguments<'a>(activity: &Activity, arguments: &'a Map<String, Value>) -> Vec<&'a str> {
    let known = known_arguments(activity);
    let given = arguments.keys().map(String::as_str);
    given.filter(|name| !known.contains(name) && !INJECTED.contains(name)).collect()
}

/// Returns the argument that was most likely meant by one that the activity does not have.
fn meant<'a>(activity: &'a Activity, argument: &str) -> Option<&'a str> {
    let known = known_arguments(activity);
    // What kubectl and Kubernetes call `namespace`, Chaos Toolkit calls `ns`.
    if argument == "namespace"
        && let Some(ns) = known.iter().copied().find(|name| *name == "ns")
    {
        return Some(ns);
    }
    similar::get_close_matches(argument, &known, 1, 0.6).first().copied()
}

/// Returns whether an argument is there under a name that the activity does not have.
fn is_misspelt(activity: &Activity, arguments: &Map<String, Value>, argument: &str) -> bool {
    unknown_arguments(activity, arguments).into_iter().any(|given| meant(activity, given) == Some(argument))
}

fn ticked(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value)] // The tables are easier to read without references.
mod tests;
