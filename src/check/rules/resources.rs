//! Requests and limits of the chaos pods that fit together.

use super::Context;
use crate::config::quantity::Quantity;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// The resources that Kubernetes itself knows; all others have a domain in their name.
const KNOWN: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let resources = &context.config.pod.resources;
    let at = Address::root(CHAOS_TOML).join("pod").join("resources");
    for (list, names) in [("requests", &resources.requests), ("limits", &resources.limits)] {
        let is_known = |name: &str| KNOWN.contains(&name) || name.contains('/') || name.starts_with("hugepages-");
        for name in names.keys().filter(|name| !is_known(name)) {
            let message = format!("Kubernetes has no resource `{name}`");
            let near = similar::get_close_matches(name.as_str(), &KNOWN, 1, 0.5);
            let help = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "known are `cpu`, `memory` and `ephemeral-storage`; others are `DOMAIN/NAME`".to_owned(),
            };
            let place = Place::Key(at.join(list).join(name));
            found.push(Diagnostic::new(Code::InvalidValue, place, message).help(help));
        }
    }
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
                .help(if context.raw.pointer(&at.join("requests").join(name).pointer).is_some() {
                    "raise the limit or lower the request: Kubernetes refuses such a pod".to_owned()
                } else {
                    format!("{request} is the default: raise the limit, or give a request under `requests`")
                }),
            );
        }
    }
}
