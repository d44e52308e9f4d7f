//! Which proxy leads to a server: that of the kubeconfig, or else that of the environment, as kubectl has it.
//!
//! kube asks whether the *proxy* is in `NO_PROXY`, refuses a comma at the end of it, and sends what is meant for this
//! machine to the proxy, too; so it is told the proxy, and reads no variable itself.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::address::{host_and_port, read};
use super::error::AccessError;

/// Returns the proxy for a server; `of_kubeconfig` is the `proxy-url` of its cluster, which `NO_PROXY` has no say in.
pub(crate) fn proxy(
    of_kubeconfig: Option<&str>,
    server: &Uri,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Uri>, AccessError> {
    if let Some(address) = of_kubeconfig {
        return parse(address, "`proxy-url` of the kubeconfig").map(Some);
    }
    let either = |name: &'static str| {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        given(name).or_else(|| given(&name.to_lowercase())).map(|value| (name, value))
    };
    let name = if server.scheme_str() == Some("http") { "HTTP_PROXY" } else { "HTTPS_PROXY" };
    let Some((name, address)) = either(name) else { return Ok(None) };
    if is_this_machine(server) || is_excepted(server, &either("NO_PROXY").unwrap_or_default().1) {
        return Ok(None);
    }
    parse(address.trim(), name).map(Some)
}

fn parse(address: &str, setting: &str) -> Result<Uri, AccessError> {
    let address = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    // kube's SOCKS leaves names to the proxy, which is what the `h` asks for.
    let address = address.strip_prefix("socks5h://").map_or(address.clone(), |rest| format!("socks5://{rest}"));
    read(&address, &["http", "https", "socks5"])
        .ok_or_else(|| AccessError::InvalidProxy { setting: setting.to_owned() })
}

fn is_this_machine(server: &Uri) -> bool {
    let (host, _) = host_and_port(server);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Returns whether `NO_PROXY` names the server; hyper knows names, addresses and networks, but no ports.
fn is_excepted(server: &Uri, no_proxy: &str) -> bool {
    let (_, port) = host_and_port(server);
    let hosts: Vec<&str> = no_proxy
        .split(',')
        .map(str::trim)
        .filter_map(|entry| match entry.rsplit_once(':') {
            Some((host, of_host)) if !host.contains(':') || host.ends_with(']') => {
                (of_host.parse() == Ok(port)).then_some(host.trim_start_matches('[').trim_end_matches(']'))
            }
            _ => Some(entry),
        })
        .collect();
    // Any proxy will do: what is asked is whether it would be used.
    Matcher::builder().all("http://proxy").no(hosts.join(",")).build().intercept(server).is_none()
}

#[cfg(test)]
mod tests {
    use super::proxy;
    use crate::cluster::address::shown;

    #[test]
    fn a_proxy_is_chosen_as_kubectl_does() {
        const SERVER: &str = "https://api.example:6443";
        type Variables = &'static [(&'static str, &'static str)];
        let cases: [(Option<&str>, &str, Variables, Option<&str>); 22] = [
            (None, SERVER, &[], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1")], Some("http://p:1")),
            (None, SERVER, &[("https_proxy", "http://p:1")], Some("http://p:1")),
            (None, SERVER, &[("HTTPS_PROXY", ""), ("https_proxy", "http://p:1")], Some("http://p:1")),
            (None, SERVER, &[("HTTP_PROXY", "http://p:1")], None),
            (None, "http://api.example", &[("HTTP_PROXY", "http://p:1")], Some("http://p:1")),
            (None, SERVER, &[("HTTPS_PROXY", "p:1")], Some("http://p:1")),
            (None, SERVER, &[("HTTPS_PROXY", "socks5h://p:1")], Some("socks5://p:1")),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "example")], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", ".example")], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "other, api.example,")], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "*")], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "api.example:6443")], None),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "api.example:443")], Some("http://p:1")),
            (None, SERVER, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "p")], Some("http://p:1")),
            (None, "https://10.1.2.3", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "10.0.0.0/8")], None),
            (None, "https://[fd00::1]", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "fd00::/8")], None),
            (None, "https://127.0.0.1:6443", &[("HTTPS_PROXY", "http://p:1")], None),
            (None, "https://localhost:6443", &[("HTTPS_PROXY", "http://p:1")], None),
            (Some("http://k:2"), SERVER, &[("HTTPS_PROXY", "http://p:1")], Some("http://k:2")),
            (Some("http://k:2"), SERVER, &[("NO_PROXY", "*")], Some("http://k:2")),
            (Some("http://k:2"), "https://127.0.0.1", &[], Some("http://k:2")),
        ];
        for (of_kubeconfig, server, variables, expected) in cases {
            let variable = |name: &str| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
            };
            let found = proxy(of_kubeconfig, &server.parse().unwrap(), variable).unwrap();
            assert_eq!(found.as_ref().map(shown).as_deref(), expected, "{of_kubeconfig:?} {server} {variables:?}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_it() {
        let server = "https://api.example".parse().unwrap();
        for address in ["ftp://p", "http://me:hush#1@p", "http://", "http://me:hush@", "http:// p"] {
            let error = proxy(None, &server, |name| (name == "HTTPS_PROXY").then(|| address.to_owned())).unwrap_err();
            assert_eq!(error.to_string(), "the proxy in HTTPS_PROXY is no URL of a proxy", "{address}");
            assert!(proxy(Some(address), &server, |_| None).is_err(), "{address}");
        }
    }
}
