//! Which Python packages the experiments need, and whether the official image brings them.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue;
use crate::config::experiment::{Experiment, Provider, Step};

/// The top modules in the image `chaostoolkit/chaostoolkit:full` (its Dockerfile in the chaostoolkit repository installs
/// the extensions for AWS, Kubernetes, Google Cloud, Prometheus, Toxiproxy, `OpenTracing`, Slack and the add-ons).
const OFFICIAL: [&str; 9] = [
    "chaosaddons",
    "chaosaws",
    "chaosgcp",
    "chaoslib",
    "chaosk8s",
    "chaosprometheus",
    "chaostracing",
    "chaosslack",
    "chaostoxi",
];

/// A step that calls a module which the official image does not bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Missing<'e> {
    /// The step.
    pub step: &'e Step,
    /// The module's first part.
    pub module: String,
    /// The package that brings it, where it is known.
    pub package: Option<&'static str>,
}

/// Returns, for each module that the official image lacks, the first step that calls it.
pub fn missing_from_official<'e>(experiments: impl Iterator<Item = &'e Experiment>) -> Vec<Missing<'e>> {
    let brought: BTreeSet<&str> = OFFICIAL.into_iter().collect();
    let mut missing = BTreeMap::new();
    for step in experiments.flat_map(|experiment| &experiment.steps) {
        let Provider::Python { module, .. } = &step.provider else { continue };
        let top = module.split('.').next().unwrap_or(module);
        if !brought.contains(top) && !is_standard_library(top) {
            missing.entry(top.to_owned()).or_insert_with(|| Missing {
                step,
                module: top.to_owned(),
                package: catalogue::package(module),
            });
        }
    }
    missing.into_values().collect()
}

/// Returns whether a module is among those of Python's own that experiments call.
fn is_standard_library(top: &str) -> bool {
    matches!(top, "builtins" | "math" | "operator" | "os" | "platform" | "random" | "socket" | "time" | "urllib")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::experiment::Settings;
    use crate::source::address::{Address, FileId};
    use serde_json::json;

    #[test]
    fn modules_that_the_official_image_lacks_are_each_named_once() {
        let modules =
            ["chaosk8s.pod.actions", "chaosistio.fault.actions", "chaosistio.fault.probes", "os.path", "mine", "time"];
        let method: Vec<_> = modules
            .iter()
            .map(|module| json!({"type": "action", "name": module, "provider": {"type": "python", "module": module, "func": "f"}}))
            .chain([json!({"type": "probe", "name": "p", "provider": {"type": "http", "url": "http://mine2"}})])
            .collect();
        let at = Address::root(FileId(0));
        let body = json!({"method": method});
        let experiment =
            Experiment::new("x".to_owned(), Settings::default(), body, at.clone(), "x.json".to_owned(), at);
        let found: Vec<(String, Option<&str>, &str)> = missing_from_official([&experiment, &experiment].into_iter())
            .into_iter()
            .map(|missing| (missing.module, missing.package, missing.step.name.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("chaosistio".to_owned(), Some("chaostoolkit-istio"), "chaosistio.fault.actions"),
                ("mine".to_owned(), None, "mine"),
            ]
        );
    }
}
