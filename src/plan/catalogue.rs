//! The catalogue: what each activity of the known extensions asks of the Kubernetes API.
//!
//! It is data, in `catalogue/*.toml`, read from the packages' own code; CONTRIBUTING says how an entry is added.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The pages of the catalogue: one for each package.
const PAGES: &[(&str, &str)] = &[
    ("catalogue/kubernetes.toml", include_str!("../../catalogue/kubernetes.toml")),
    ("catalogue/istio.toml", include_str!("../../catalogue/istio.toml")),
];

/// One page: a package and its activities.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    package: String,
    module: String,
    activities: Vec<Activity>,
}

/// What one activity asks of the API.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// The Python module.
    pub module: String,
    /// The functions of the module that behave so.
    pub functions: Vec<String>,
    /// The arguments that must be given.
    #[serde(default)]
    pub required: Vec<String>,
    /// The arguments that may be given.
    #[serde(default)]
    pub optional: Vec<String>,
    /// The requests it makes.
    #[serde(default)]
    pub requests: Vec<Request>,
    /// The package that brings the module; filled from the page.
    #[serde(skip)]
    pub package: String,
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
    /// The argument whose `group/version` names the group instead.
    #[serde(default)]
    pub group_from: Option<String>,
    /// The resource in the plural; a subresource with a slash.
    pub resource: String,
    /// The argument that names the namespace; left out: the request spans the cluster.
    #[serde(default)]
    pub namespace_from: Option<String>,
    /// The namespace where that argument is not given.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The argument that names the object; where it is given, the grant is for that object alone.
    #[serde(default)]
    pub name_from: Option<String>,
    /// The arguments without which the request is not made.
    #[serde(default)]
    pub only_with: Vec<String>,
    /// The fields of the object that it writes, as JSON pointers; for the verbs `patch` and `update`, and no other.
    #[serde(default)]
    pub writes: Vec<String>,
    /// What the activity does with it.
    pub why: String,
}

/// A page's activities by module and function, and the packages by the top module they bring.
struct Catalogue {
    activities: HashMap<(String, String), Activity>,
    packages: HashMap<String, String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut catalogue = Catalogue { activities: HashMap::new(), packages: HashMap::new() };
    for (name, text) in PAGES {
        let page: Page = toml::from_str(text).unwrap_or_else(|error| panic!("{name} is embedded and tested: {error}"));
        catalogue.packages.insert(page.module, page.package.clone());
        for activity in page.activities {
            for function in &activity.functions {
                let known = Activity { package: page.package.clone(), ..activity.clone() };
                catalogue.activities.insert((activity.module.clone(), function.clone()), known);
            }
        }
    }
    catalogue
});

/// Returns what a function of a module asks of the API, if the catalogue knows it.
pub fn find(module: &str, function: &str) -> Option<&'static Activity> {
    CATALOGUE.activities.get(&(module.to_owned(), function.to_owned()))
}

/// Returns the names of the known functions of a module.
pub fn functions(module: &str) -> Vec<&'static str> {
    let of_module = CATALOGUE.activities.keys().filter(|(known, _)| known == module);
    let mut names: Vec<&str> = of_module.map(|(_, function)| function.as_str()).collect();
    names.sort_unstable();
    names
}

/// Returns the package that brings a module, for the packages that the catalogue knows.
pub fn package(module: &str) -> Option<&'static str> {
    let top = module.split('.').next().unwrap_or(module);
    CATALOGUE.packages.get(top).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_names_only_its_own_arguments() {
        for ((module, function), activity) in &CATALOGUE.activities {
            for request in &activity.requests {
                let named = [&request.group_from, &request.namespace_from, &request.name_from];
                for argument in named.into_iter().flatten().chain(&request.only_with) {
                    let known = activity.required.contains(argument) || activity.optional.contains(argument);
                    assert!(known, "{module}.{function}: `{argument}` is no argument of it");
                }
                let has_default = request.namespace.is_some()
                    || request.namespace_from.as_ref().is_none_or(|argument| {
                        activity.required.contains(argument) || request.only_with.contains(argument)
                    });
                assert!(has_default, "{module}.{function}: no namespace where the argument is left out");
            }
        }
    }

    /// Otherwise the diff takes what an experiment has left for a conflict.
    #[test]
    fn every_patch_and_no_other_request_says_which_fields_it_writes() {
        for ((module, function), activity) in &CATALOGUE.activities {
            for request in &activity.requests {
                let is_written = matches!(request.verb.as_str(), "patch" | "update");
                assert_eq!(!request.writes.is_empty(), is_written, "{module}.{function}: `{}`", request.verb);
                for pointer in &request.writes {
                    let is_field = pointer.starts_with("/spec/") && !pointer.ends_with('/');
                    assert!(is_field, "{module}.{function}: `{pointer}` is no field of the object");
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
