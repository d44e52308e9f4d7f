//! Requests and limits of the chaos pods that fit together.

use super::Context;
use crate::config::quantity::Quantity;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let resources = &context.config.pod.resources;
    let at = Address::root(CHAOS_TOML).join("pod").join("resources");
    for (name, request) in &resources.requests {
        let Some(limit) = resources.limits.get(name) else { continue };
        let (Ok(requested), Ok(limited)) = (Quantity::parse(request), Quantity::parse(limit)) else { continue };
        if requested > limited {
            found.push(
                Diagnostic::new(
                    Code::RequestAboveLimit,
                    Place::Value(at.join("requests").join(name)),
                    format!("the request for `{name}` is {request}, above its limit of {limit}"),
                )
                .label(Place::Value(at.join("limits").join(name)), "the limit")
                .help("raise the limit or lower the request: Kubernetes refuses such a pod"),
            );
        }
    }
}
