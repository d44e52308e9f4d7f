//! From the steps of an experiment to its grants, by the catalogue.

use super::call::{Call, Text, Unknown};
use super::reach::{cluster_not_allowed, foreign_namespace};
use super::{Grant, Reach, Reason, arguments};
use crate::config::Config;
use crate::config::experiment::{Experiment, Provider, Step, Variables};
use crate::config::permissions::Rule;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::catalogue::{self, Flaw, Request};
use crate::source::address::Place;

/// What the steps of an experiment need.
#[derive(Default)]
pub(super) struct Steps {
    pub(super) grants: Vec<Grant>,
    /// What stands in the way of knowing or allowing it.
    pub(super) problems: Vec<Diagnostic>,
    /// Whether chaos.toml has to declare something, or does.
    pub(super) is_partial: bool,
}

/// Works out what the steps need.
pub(super) fn infer(config: &Config, experiment: &Experiment) -> Steps {
    let inference = Inference { config, experiment, variables: experiment.variables() };
    let mut steps = Steps::default();
    for step in &experiment.steps {
        inference.step(step, &mut steps);
    }
    steps
}

/// How alike two names are that differ by one slip of the finger; from 0 to 1.
const SLIP: f32 = 0.9;

struct Inference<'c> {
    config: &'c Config,
    experiment: &'c Experiment,
    variables: Variables<'c>,
}

impl Inference<'_> {
    fn step(&self, step: &Step, found: &mut Steps) {
        let Steps { grants, problems, is_partial } = found;
        let (module, function, arguments) = match &step.provider {
            Provider::Python { module, function, arguments } => (module, function, arguments),
            Provider::Process { path, .. } => {
                *is_partial = true;
                let what = format!("what the program `{path}` asks of the cluster");
                problems.extend(self.unknown(step, &what, None));
                return;
            }
            Provider::Http { .. } => return,
        };
        let Some(activity) = catalogue::find(module, function) else {
            *is_partial = true;
            let what = format!("which permissions `{}` needs", step.provider);
            problems.extend(self.unknown(step, &what, near(module, function).as_ref()));
            return;
        };
        problems.extend(arguments::problems(step, activity, arguments));
        let call = Call { step, arguments, variables: &self.variables };
        let flaw = activity.flaws.iter().find(|flaw| is_flawed(&call, flaw));
        problems.extend(flaw.map(|flaw| fails(step, flaw)));
        if flaw.is_some_and(|flaw| !flaw.asks) {
            return;
        }
        let mut cluster = Vec::new();
        for request in &activity.requests {
            if !request.only_with.iter().all(|argument| call.may_have(argument)) {
                continue;
            }
            match self.grants(&call, request) {
                Err(problem) => {
                    *is_partial = true;
                    problems.extend(problem);
                }
                Ok(needed) => {
                    for grant in &needed {
                        match &grant.reach {
                            Reach::Cluster => cluster.push((grant.resource.clone(), grant.verb.clone())),
                            Reach::Namespace(name) => {
                                let argument = request.namespace_from.as_ref().or(request.namespaces_from.as_ref());
                                problems.extend(foreign_namespace(self.config, &call, activity, argument, name));
                            }
                        }
                    }
                    grants.extend(needed);
                }
            }
        }
        if !self.config.permissions.cluster {
            problems.extend(cluster_not_allowed(step, &cluster));
        }
    }

    /// Says that a step's permissions are not known, unless chaos.toml declares them. A slip of the finger in a name of
    /// the catalogue is said all the same: Chaos Toolkit would refuse the experiment.
    fn unknown(&self, step: &Step, what: &str, near: Option<&Near>) -> Option<Diagnostic> {
        let permissions = &self.config.permissions;
        let name = &self.experiment.name;
        let is_declared = permissions.rules.iter().any(|rule| &rule.experiment == name)
            || permissions.none.iter().any(|none| &none.experiment == name);
        if is_declared && !near.is_some_and(|near| near.is_slip) {
            return None;
        }
        let message = format!("it is not known {what}, in step `{}` of experiment `{name}`", step.name);
        let leaf = match &step.provider {
            Provider::Python { .. } => near.map_or("module", |near| near.key),
            Provider::Process { .. } => "path",
            Provider::Http { .. } => "url",
        };
        let mut problem = Diagnostic::new(Code::UnknownActivity, Place::Value(step.provider_at.join(leaf)), message);
        if let Some(near) = near {
            problem = problem.help(format!("did you mean `{}`?", near.name));
        }
        if is_declared {
            return Some(problem);
        }
        Some(problem.help(format!(
            "say in chaos.toml what it needs: `[[permissions.rules]]` with `experiment = \"{name}\"`, or \
             `[[permissions.none]]` if it does not touch the cluster"
        )))
    }

    /// Works out the grants for one request of an activity; several where it is one for each of several namespaces.
    ///
    /// Fails where only the run knows what it is about: with a problem, or without one if chaos.toml declares the right.
    fn grants(&self, call: &Call<'_>, request: &Request) -> Result<Vec<Grant>, Option<Diagnostic>> {
        let needed = |argument, what| match call.text(argument) {
            Text::Left => Ok(None),
            Text::Known(text) => Ok(Some(text)),
            Text::Unknown(unknown) => Err(self.not_known(call, request, argument, what, &unknown)),
        };
        let group = match (&request.group_from, &request.api_version_from) {
            (Some(argument), _) => needed(argument, "API group")?.unwrap_or_else(|| request.group.clone()),
            (None, Some(argument)) => match needed(argument, "API group")? {
                Some(version) => version.split_once('/').map_or("", |(group, _)| group).to_owned(),
                None => request.group.clone(),
            },
            (None, None) => request.group.clone(),
        };
        let resource = match &request.resource_from {
            Some(argument) => needed(argument, "resource")?.unwrap_or_default(),
            None => request.resource.clone(),
        };
        let reaches = match (&request.namespace_from, &request.namespaces_from) {
            (Some(argument), _) => {
                let given = needed(argument, "namespace")?;
                vec![Reach::Namespace(given.or_else(|| request.namespace.clone()).unwrap_or_default())]
            }
            (None, Some(argument)) => {
                let names = call.texts(argument);
                let names = names.map_err(|unknown| self.not_known(call, request, argument, "namespace", &unknown))?;
                names.into_iter().map(Reach::Namespace).collect()
            }
            (None, None) => vec![Reach::Cluster],
        };
        let (name, breadth) = name(call, request, &resource);
        let writes = request.writes_from.as_ref().map(|argument| call.written(argument));
        let step = call.step;
        let reason = Reason {
            experiment: self.experiment.name.clone(),
            step: step.name.clone(),
            why: request.why.clone(),
            breadth,
            place: self.experiment.place(&step.at),
            at: step.at.clone(),
            writes: writes.unwrap_or_else(|| request.writes.clone()),
        };
        let grant = |reach| Grant {
            reach,
            group: group.clone(),
            resource: resource.clone(),
            name: name.clone(),
            verb: request.verb.clone(),
            reasons: vec![reason.clone()],
        };
        Ok(reaches.into_iter().map(grant).collect())
    }

    /// Says that an argument without which no grant can be made is not known, unless chaos.toml declares the right.
    fn not_known(
        &self,
        call: &Call<'_>,
        request: &Request,
        argument: &str,
        what: &str,
        unknown: &Unknown,
    ) -> Option<Diagnostic> {
        let name = &self.experiment.name;
        let holds = |list: &[String], word: &str| list.iter().any(|one| one == word || one == "*");
        let declares = |rule: &&Rule| {
            let is_resource = request.resource.is_empty() || holds(&rule.resources, &request.resource);
            &rule.experiment == name && is_resource && holds(&rule.verbs, &request.verb)
        };
        if self.config.permissions.rules.iter().any(|rule| declares(&rule)) {
            return None;
        }
        let at = call.step.provider_at.join("arguments").join(argument);
        let Unknown { why, help } = unknown;
        let step = &call.step.name;
        let message = format!("the {what} of step `{step}` is not known before the run: argument `{argument}` {why}");
        let verb = &request.verb;
        Some(Diagnostic::new(Code::UnknownTarget, Place::Value(at), message).help(help).help(format!(
            "or declare the right: `[[permissions.rules]]` with `experiment = \"{name}\"` and `verbs = [\"{verb}\"]`"
        )))
    }
}

/// Returns the object that a request is limited to, or why it cannot be.
///
/// A name that only the run knows cannot narrow the grant; that is wider, but never too little.
fn name(call: &Call<'_>, request: &Request, resource: &str) -> (Option<String>, Option<String>) {
    if let Some(name) = &request.name {
        return (Some(name.clone()), None);
    }
    match request.name_from.as_ref().map(|argument| (argument, call.text(argument))) {
        // An empty name is none: the activities ask `if name`, and no object is called so.
        Some((_, Text::Known(name))) if !name.is_empty() => (Some(name), None),
        Some((argument, Text::Unknown(unknown))) => {
            (None, Some(format!("argument `{argument}` {}, so no name limits it", unknown.why)))
        }
        _ => (None, Some(breadth(&request.verb, resource, request.namespaces_from.is_some()))),
    }
}

/// Says why a request without a name cannot be limited to one.
fn breadth(verb: &str, resource: &str, is_of_admission: bool) -> String {
    match verb {
        "create" if is_of_admission => "admission asks about no name".to_owned(),
        "create" if !resource.contains('/') => "the server knows no name yet when it checks a create".to_owned(),
        "list" | "watch" => "a name limits it only where the step asks by name; a label is none".to_owned(),
        _ => "which objects it is, only the run knows".to_owned(),
    }
}

fn is_flawed(call: &Call<'_>, flaw: &Flaw) -> bool {
    flaw.with.iter().all(|argument| call.has(argument))
        && !flaw.without.iter().any(|argument| call.may_have(argument))
        && flaw.with_object.as_ref().is_none_or(|argument| call.has_object(argument))
}

/// Says that a step can never succeed.
fn fails(step: &Step, flaw: &Flaw) -> Diagnostic {
    let argument = flaw.with.first().or(flaw.with_object.as_ref());
    let at = match argument {
        Some(argument) => step.provider_at.join("arguments").join(argument),
        None => step.provider_at.join("func"),
    };
    let message = format!("step `{}` can never succeed: `{}`: {}", step.name, step.provider, flaw.why);
    Diagnostic::new(Code::ActivityFails, Place::Value(at), message).help(&flaw.instead)
}

/// A name of the catalogue that may have been meant.
struct Near {
    /// The key of the provider that is wrong.
    key: &'static str,
    name: &'static str,
    is_slip: bool,
}

/// Returns the known function of a known module, or the known module, whose name is nearest.
fn near(module: &str, function: &str) -> Option<Near> {
    let functions = catalogue::functions(module);
    // Of a control there is no function: its module is called by its own protocol.
    let (key, given, names) = if functions.is_empty() || function.is_empty() {
        catalogue::package(module)?;
        ("module", module, catalogue::modules())
    } else {
        ("func", function, functions)
    };
    let close = |cutoff| similar::get_close_matches(given, &names, 1, cutoff).first().copied();
    let name = close(0.7).filter(|name| *name != given)?;
    Some(Near { key, name, is_slip: close(SLIP).is_some() })
}
