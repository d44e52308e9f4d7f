//! The files that chaos.toml names: found by everybody, and small enough for the cluster.

use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;

use super::Context;
use crate::check::items;
use crate::config::experiment::Experiment;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::canonical;
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// What a ConfigMap's data may have, in bytes (Kubernetes documentation, "`ConfigMaps`"), less what surrounds it.
const MAX_EXPERIMENT_BYTES: usize = 1024 * 1024 - 4096;

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let root = Address::root(CHAOS_TOML);
    for (index, experiment) in items(context.raw, "experiments") {
        path(experiment.get("file"), root.join("experiments").join(index).join("file"), found);
    }
    for (index, app) in items(context.raw, "apps") {
        let at = root.join("apps").join(index).join("manifests");
        let manifests = app.get("manifests").and_then(Value::as_array);
        for (number, manifest) in manifests.into_iter().flatten().enumerate() {
            path(Some(manifest), at.join(number), found);
        }
    }
    found.extend(context.config.experiments.par_iter().filter_map(size).collect::<Vec<_>>());
}

/// An experiment has to fit into its ConfigMap.
fn size(experiment: &Experiment) -> Option<Diagnostic> {
    let bytes = canonical::json(&experiment.body).len();
    let message = format!(
        "experiment `{}` has {bytes} bytes as JSON, and a ConfigMap holds {MAX_EXPERIMENT_BYTES} of it",
        experiment.name
    );
    (bytes > MAX_EXPERIMENT_BYTES).then(|| {
        Diagnostic::new(Code::ExperimentTooLarge, Place::Value(experiment.body_at.clone()), message)
            .help("put large data into the image, or fetch it in a step")
    })
}

fn path(value: Option<&Value>, at: Address, found: &mut Vec<Diagnostic>) {
    if let Some(path) = value.and_then(Value::as_str)
        && Path::new(path).is_absolute()
    {
        let message = format!("`{path}` holds on this machine only");
        found.push(
            Diagnostic::new(Code::AbsolutePath, Place::Value(at), message)
                .help("write the path relative to the folder of chaos.toml"),
        );
    }
}
