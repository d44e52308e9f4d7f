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

use std::collections::BTreeMap;

use crate::bundle::Bundle;
use crate::bundle::write::Files;
use crate::error::Error;
use crate::permissions;
use crate::plan::Plan;
use crate::plan::apart::Common;

/// Which objects are wanted as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// All of them.
    All,
    /// Those that are not in common.
    Apart,
}

/// Renders the objects of a plan.
///
/// # Errors
///
/// [`Error::Template`], which is always a fault of ours.
pub fn render(plan: &Plan) -> Result<Bundle, Error> {
    apart(plan, &Common::default(), Texts::All)
}

/// Renders what a plan does not have in common with an earlier one; of the rest, what a comparison of the two has to know:
/// the identities, the roles and their bindings, and perhaps the texts.
///
/// # Errors
///
/// As [`render`].
pub fn apart(plan: &Plan, common: &Common, texts: Texts) -> Result<Bundle, Error> {
    Ok(Bundle {
        name: plan.name.clone(),
        namespace: plan.namespace.name.clone(),
        contexts: plan.kubernetes.contexts.clone(),
        cluster_uid: plan.kubernetes.cluster_uid.clone(),
        marks: plan.marks.clone(),
        rollouts: plan.rollouts.clone(),
        manifests: manifests::manifests(plan, &environment::environment(), common, texts)?,
    })
}

/// Returns the files of the output folder: the objects, and what is only there.
///
/// # Errors
///
/// As [`render`].
pub fn files(plan: &Plan, bundle: Bundle) -> Result<Files, Error> {
    let environment = environment::environment();
    let rest = || -> Result<Files, Error> {
        let paths = bundle.paths();
        let resources: Vec<String> = paths.iter().map(|path| format!("manifests/{path}")).collect();
        let resources = BTreeMap::from([("resources", &resources)]);
        let kustomization = environment::text(&environment, "kustomization.yaml", &resources)?;
        let mut files: Files = chart::chart(plan, &bundle.manifests, &environment)?
            .into_iter()
            .map(|(path, text)| (format!("chart/{path}"), text.into_bytes()))
            .collect();
        files.insert("kustomization.yaml".to_owned(), kustomization.into_bytes());
        Ok(files)
    };
    let (rest, permissions) = rayon::join(rest, || permissions::page(plan));
    let mut files = rest?;
    files.insert("permissions.md".to_owned(), permissions.into_bytes());
    bundle.into_files(&mut files);
    Ok(files)
}
