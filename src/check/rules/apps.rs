//! `[[apps]]`: the addresses of their checks.

use super::Context;
use crate::config::app::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for app in &context.config.apps {
        let at = Address::root(CHAOS_TOML).join("apps").join(app.index).join("checks");
        for (index, check) in app.checks.iter().enumerate() {
            found.extend(address(check, &at.join(index)));
        }
    }
}

/// A check asks a URL over HTTP, or a port of a Service.
fn address(check: &Check, at: &Address) -> Option<Diagnostic> {
    let wrong = |key: &str, message: String, help: &str| {
        Some(Diagnostic::new(Code::InvalidUrl, Place::Value(at.join(key)), message).help(help))
    };
    match (&check.url, &check.service) {
        (Some(url), _) => {
            let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
            let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']));
            if has_host && !url.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return None;
            }
            let message = format!("`{url}` is no address to ask, expected `http://HOST/…` or `https://HOST/…`");
            wrong("url", message, "`${NAME}` in it stands for a variable of the caller's environment")
        }
        (None, Some(service)) => {
            let is_complete = service
                .split_once(':')
                .is_some_and(|(name, port)| crate::config::name::dns_label(name).is_ok() && !port.is_empty());
            if is_complete {
                return None;
            }
            let message = format!("`{service}` is no port of a Service, expected `NAME:PORT`");
            wrong("service", message, "the port is its number or its name, as in `go-app:80`")
        }
        (None, None) => {
            let message = format!("check `{}` has neither `url` nor `service`", check.name);
            Some(
                Diagnostic::new(Code::InvalidUrl, Place::Value(at.clone()), message)
                    .help("add `url = \"http://…\"`, or `service = \"NAME:PORT\"` to ask through the API server"),
            )
        }
    }
}
