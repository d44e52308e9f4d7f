//! `[[apps]]`: the addresses of their checks.

use serde_json::Value;

use super::Context;
use crate::check::{is_near, items};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (index, app) in items(context.raw, "apps") {
        let at = Address::root(CHAOS_TOML).join("apps").join(index).join("checks");
        for (number, check) in items(app, "checks") {
            let at = at.join(number);
            // The schema has said what it found wrong.
            if context.is_whole(&at.pointer) {
                found.extend(address(check, &at));
            }
        }
    }
}

/// A check asks a URL over HTTP, or a port of a Service.
fn address(check: &Value, at: &Address) -> Option<Diagnostic> {
    let text = |key: &str| check.get(key).and_then(Value::as_str);
    let wrong = |key: &str, message: String, help: &str| {
        Some(Diagnostic::new(Code::InvalidUrl, Place::Value(at.join(key)), message).help(help))
    };
    match (text("url"), text("service")) {
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
            let name = service.split_once(':').map_or(service, |(name, _)| name);
            if let Some(header) = for_the_server(check) {
                let message = format!("the header `{header}` would be read by the API server, not by `{service}`");
                return wrong("headers", message, "ask by `url` where the app needs it");
            }
            let fault = crate::config::name::dns_label(name).err()?;
            let message = format!("`{service}` is no port of a Service: {}", fault.message);
            wrong("service", message, "write the Service's name and the number or name of its port, as in `go-app:80`")
        }
        (None, None) if is_near(check, &["url", "service"]) => None,
        (None, None) => {
            let message = format!("check `{}` has neither `url` nor `service`", text("name").unwrap_or_default());
            Some(
                Diagnostic::new(Code::InvalidUrl, Place::Value(at.clone()), message)
                    .help("add `url = \"http://…\"`, or `service = \"NAME:PORT\"` to ask through the API server"),
            )
        }
    }
}

/// Returns a header that the API server would take as who is asking (Kubernetes documentation, "Authenticating").
fn for_the_server(check: &Value) -> Option<&str> {
    let headers = check.get("headers").and_then(Value::as_object)?;
    headers.keys().map(String::as_str).find(|name| {
        let name = name.to_ascii_lowercase();
        name == "authorization" || name.starts_with("impersonate-")
    })
}
