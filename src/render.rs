//! Rendering: from the plan to the texts of the bundle.
//!
//! The templates under `templates/` hold no decisions; what they print is decided here or in the plan. Every document
//! is read back by the reader for manifests before it leaves this stage.
//!
//! The chart comes from the same templates ([`crate::bundle::document`]), so that it cannot fall behind the bundle. What Helm
//! makes of it is not known here; the tests hold it against the bundle.

mod chart;
mod context;
mod environment;
mod manifests;

use crate::bundle::Bundle;
use crate::error::Error;
use crate::permissions;
use crate::plan::Plan;

/// Renders a plan.
///
/// # Errors
///
/// [`Error::Template`], which is always a fault of ours.
pub fn render(plan: &Plan) -> Result<Bundle, Error> {
    let environment = environment::environment();
    let (manifests, permissions) = rayon::join(|| manifests::manifests(plan, &environment), || permissions::page(plan));
    let manifests = manifests?;
    let paths: Vec<String> = crate::bundle::paths(&manifests, &plan.namespace.name);
    let resources: Vec<String> = paths.iter().map(|path| format!("manifests/{path}")).collect();
    let kustomization = environment::text(
        &environment,
        "kustomization.yaml",
        &std::collections::BTreeMap::from([("resources", &resources)]),
    )?;
    let chart = chart::chart(plan, &manifests, &environment)?;
    Ok(Bundle {
        name: plan.name.clone(),
        namespace: plan.namespace.name.clone(),
        contexts: plan.kubernetes.contexts.clone(),
        cluster_uid: plan.kubernetes.cluster_uid.clone(),
        marks: plan.marks.clone(),
        rollouts: plan.rollouts.clone(),
        manifests,
        paths,
        kustomization,
        permissions,
        chart,
    })
}
