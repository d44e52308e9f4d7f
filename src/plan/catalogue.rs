//! The catalogue: what each activity of the known extensions asks of the Kubernetes API.
//!
//! It is data, in `catalogue/*.toml`, derived from the packages' own code and proven by recording what the real packages
//! ask of a real API server; CONTRIBUTING says how an entry is added.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

/// The pages of the catalogue: one for each package.
const PAGES: &[(&str, &str)] = &[
    ("catalogue/kubernetes.toml", include_str!("../../catalogue/kubernetes.toml")),
    ("catalogue/chaos-mesh.toml", include_str!("../../catalogue/chaos-mesh.toml")),
    ("catalogue/istio.toml", include_str!("../../catalogue/istio.toml")),
];

/// One page: a package and its activities, or some of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    package: String,
    /// The top module that the package brings.
    module: String,
    activities: Vec<Activity>,
}

/// What one activity asks of the API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Activity {
    /// The functions that behave so, each with its module; a function that another module imports has several names.
    pub functions: Vec<String>,
    /// The arguments that must be given.
    #[serde(default)]
    pub required: Vec<String>,
    /// The arguments that may be given.
    #[serde(default)]
    pub optional: Vec<String>,
    /// How the output of an action tells that it had an effect; probes have none.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// The requests it makes.
    #[serde(default)]
    pub requests: Vec<Request>,
    /// When it can never succeed.
    #[serde(default)]
    pub flaws: Vec<Flaw>,
}

/// How the output of an action tells that it had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// A list of what was acted upon: it is not empty.
    List,
    /// An answer of the API server: its `status` is below 400.
    Status,
    /// A list of commands that were run: it is not empty, and each `exit_code` is 0.
    Exit,
    /// The object as the API server has it: it is no `Status` that says `Failure`.
    Object,
    /// Nothing: no exception is success.
    None,
}

/// One request of an activity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Request {
    /// The verb of the API (not of HTTP).
    pub verb: String,
    /// The API group; the core group is empty.
    #[serde(default)]
    pub group: String,
    /// The argument that names the group instead.
    #[serde(default)]
    pub group_from: Option<String>,
    /// The argument whose `group/version` names the group instead.
    #[serde(default)]
    pub api_version_from: Option<String>,
    /// The resource in the plural; a subresource with a slash.
    #[serde(default)]
    pub resource: String,
    /// The argument that names the resource instead.
    #[serde(default)]
    pub resource_from: Option<String>,
    /// The argument that names the namespace; left out, and no `namespaces-from`: the request spans the cluster.
    #[serde(default)]
    pub namespace_from: Option<String>,
    /// The namespace where that argument is not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The argument that names several namespaces, as a list or with commas between them; a request for each.
    #[serde(default)]
    pub namespaces_from: Option<String>,
    /// The object that is always meant.
    #[serde(default)]
    pub name: Option<String>,
    /// The argument that names the object; where it is given, the grant is for that object alone.
    #[serde(default)]
    pub name_from: Option<String>,
    /// The arguments without which the request is not made; given means what Python takes for true.
    #[serde(default)]
    pub only_with: Vec<String>,
    /// The fields of the object that it writes, as JSON pointers; for the verbs `patch` and `update`, and no other.
    #[serde(default)]
    pub writes: Vec<String>,
    /// The argument that is the patch, instead: an object that is merged, or a list of operations (RFC 6902).
    #[serde(default)]
    pub writes_from: Option<String>,
    /// What the activity does with it.
    pub why: String,
}

/// A call that can never succeed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Flaw {
    /// The arguments that must be given for it.
    #[serde(default)]
    pub with: Vec<String>,
    /// The arguments that must not be given for it.
    #[serde(default)]
    pub without: Vec<String>,
    /// The argument that must be an object for it.
    #[serde(default)]
    pub with_object: Option<String>,
    /// Whether it asks the server for anything before it fails; if not, no right is needed.
    #[serde(default = "yes")]
    pub asks: bool,
    /// Why it fails.
    pub why: String,
    /// What to do instead.
    pub instead: String,
}

fn yes() -> bool {
    true
}

/// All activities by module and function, and the packages by the top module they bring.
struct Catalogue {
    activities: HashMap<&'static str, &'static Activity>,
    modules: HashSet<&'static str>,
    packages: HashMap<&'static str, &'static str>,
}

static DATA: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| {
        toml::from_str(text).unwrap_or_else(|error| panic!("{name} is embedded and tested: {error}"))
    };
    PAGES.iter().map(read).collect()
});

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut activities = HashMap::new();
    let mut modules = HashSet::new();
    let mut packages = HashMap::new();
    for page in DATA.iter() {
        packages.insert(page.module.as_str(), page.package.as_str());
        for activity in &page.activities {
            for function in &activity.functions {
                activities.insert(function.as_str(), activity);
                modules.extend(function.rsplit_once('.').map(|(module, _)| module));
            }
        }
    }
    Catalogue { activities, modules, packages }
});

/// Returns what a function of a module asks of the API, if the catalogue knows it.
pub fn find(module: &str, function: &str) -> Option<&'static Activity> {
    CATALOGUE.activities.get(format!("{module}.{function}").as_str()).copied()
}

/// Returns every function that the catalogue knows, with its module.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Activity)> {
    CATALOGUE.activities.iter().map(|(function, activity)| (*function, *activity))
}

/// Returns the names of the functions of a module; empty if the catalogue does not know it.
pub fn functions(module: &str) -> Vec<&'static str> {
    let of_module = CATALOGUE.activities.keys().filter_map(|function| function.rsplit_once('.'));
    let mut names: Vec<&str> = of_module.filter(|(known, _)| *known == module).map(|(_, function)| function).collect();
    names.sort_unstable();
    names
}

/// Returns the modules, sorted.
pub fn modules() -> Vec<&'static str> {
    let mut modules: Vec<&str> = CATALOGUE.modules.iter().copied().collect();
    modules.sort_unstable();
    modules
}

/// Returns the package that brings a module, for the packages that the catalogue knows.
pub fn package(module: &str) -> Option<&'static str> {
    let top = module.split('.').next().unwrap_or(module);
    CATALOGUE.packages.get(top).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_stands_once() {
        let mut seen = HashSet::new();
        for function in DATA.iter().flat_map(|page| &page.activities).flat_map(|activity| &activity.functions) {
            assert!(seen.insert(function), "{function} stands twice");
        }
    }

    #[test]
    fn every_entry_names_only_its_own_arguments() {
        for (function, activity) in all() {
            let is_known =
                |argument: &String| activity.required.contains(argument) || activity.optional.contains(argument);
            for request in &activity.requests {
                let named = [
                    &request.group_from,
                    &request.api_version_from,
                    &request.resource_from,
                    &request.namespace_from,
                    &request.namespaces_from,
                    &request.name_from,
                    &request.writes_from,
                ];
                for argument in named.into_iter().flatten().chain(&request.only_with) {
                    assert!(is_known(argument), "{function}: `{argument}` is no argument of it");
                }
                let has_default = request.namespace.is_some()
                    || request.namespace_from.as_ref().is_none_or(|argument| {
                        activity.required.contains(argument) || request.only_with.contains(argument)
                    });
                assert!(has_default, "{function}: no namespace where the argument is left out");
                let has_resource = request.resource.is_empty() == request.resource_from.is_some();
                assert!(has_resource, "{function}: `{}` of one resource", request.verb);
            }
            for flaw in &activity.flaws {
                for argument in flaw.with.iter().chain(&flaw.without).chain(&flaw.with_object) {
                    assert!(is_known(argument), "{function}: `{argument}` is no argument of it");
                }
            }
        }
    }

    /// Otherwise the diff takes what an experiment has left for a conflict.
    #[test]
    fn every_patch_and_no_other_request_says_which_fields_it_writes() {
        for (function, activity) in all() {
            for request in &activity.requests {
                let is_written = matches!(request.verb.as_str(), "patch" | "update");
                let is_said = !request.writes.is_empty() || request.writes_from.is_some();
                assert_eq!(is_said, is_written, "{function}: `{}`", request.verb);
                for pointer in &request.writes {
                    let is_field = pointer.starts_with("/spec/") && !pointer.ends_with('/');
                    assert!(is_field, "{function}: `{pointer}` is no field of the object");
                }
            }
        }
    }

    #[test]
    fn a_module_leads_to_its_package() {
        assert_eq!(package("chaosk8s.pod.actions"), Some("chaostoolkit-kubernetes"));
        assert_eq!(package("chaosistio.fault.actions"), Some("chaostoolkit-istio"));
        assert_eq!(package("mychaos"), None);
    }
}
