//! What each schedule's account may do: which step needs it, why it cannot be narrower, how dangerous it is, and what a
//! cluster says of it.

pub mod excess;
pub mod live;

mod human;
mod json;
mod markdown;
mod words;

pub use markdown::page;

use crate::observe::origins::Origins;
use crate::plan::Plan;
use crate::source::Source;
use live::Live;

/// How permissions are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Each grant with the lines that need it, the dangerous ones first, for people
    Human,
    /// One JSON document; docs/permissions.md describes it
    Json,
    /// What stands in out/permissions.md, for a pull request
    Markdown,
}

/// Finds the lines of everything that needs a grant.
pub fn origins(plan: &Plan, source: &Source) -> Origins {
    let grants = plan.workloads.iter().flat_map(|workload| &workload.grants);
    Origins::at(grants.flat_map(|grant| &grant.reasons).map(|reason| reason.at.clone()), source)
}

/// Returns the text of all grants in one format, with ANSI colours where the format has them.
pub fn view(plan: &Plan, origins: &Origins, format: Format) -> String {
    match format {
        Format::Human => human::human(plan, origins),
        Format::Json => json::json(plan, origins, None),
        Format::Markdown => page(plan),
    }
}

/// Returns the same of what a cluster says: what is missing, what is too much, and what is not known.
pub fn view_live(plan: &Plan, origins: &Origins, live: &Live, format: Format) -> String {
    match format {
        Format::Human => live::human::human(plan, origins, live),
        Format::Json => json::json(plan, origins, Some(live)),
        Format::Markdown => live::markdown::markdown(plan, live),
    }
}
