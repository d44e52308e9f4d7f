//! Addresses of servers and proxies: read with care, and shown without the passwords in them.

use http::Uri;

/// Reads an address with one of these schemes; `None` if it is none.
///
/// A password with `/`, `?` or `#` in it ends the host too early: what is left of it would be taken for the host.
pub(crate) fn read(text: &str, schemes: &[&str]) -> Option<Uri> {
    let address: Uri = text.parse().ok()?;
    let authority = address.authority()?;
    let (before, host) = authority.as_str().rsplit_once('@').unwrap_or(("", authority.as_str()));
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
    let is_whole = text.contains('@') != before.is_empty() && has_port == address.port_u16().is_some();
    let is_known = address.scheme_str().is_some_and(|scheme| schemes.contains(&scheme));
    (is_known && is_whole && !authority.host().is_empty()).then_some(address)
}

/// Returns the address without the user and password that may stand in it, and without a slash at its end.
pub(super) fn shown(address: &Uri) -> String {
    let scheme = address.scheme_str().unwrap_or("http");
    let authority = authority(address);
    format!("{scheme}://{authority}{}", address.path().trim_end_matches('/'))
}

/// Returns host and port, as a connection is opened to them.
pub(super) fn host_and_port(address: &Uri) -> (String, u16) {
    let port = address.port_u16().unwrap_or(match address.scheme_str() {
        Some("https") => 443,
        Some("socks5") => 1080,
        _ => 80,
    });
    let host = address.host().unwrap_or_default();
    (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port)
}

/// Returns host and port as they stand in the address.
pub(super) fn authority(address: &Uri) -> String {
    let authority = address.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::{host_and_port, read, shown};

    #[test]
    fn an_address_is_read_whole_or_not_at_all() {
        for (address, expected) in [
            ("https://api.example", true),
            ("https://api.example:6443/k8s/", true),
            ("https://me:hush@api.example", true),
            ("https://[::1]:6443", true),
            ("https://[::1]", true),
            ("https://me:hu%23sh@api.example", true),
            ("https://me:hu#sh@api.example", false),
            ("https://me:hu/sh@api.example", false),
            ("https://me:1/2@api.example", false),
            ("https://api.example:port", false),
            ("https://me:hush@", false),
            ("https://", false),
            ("api.example:6443", false),
            ("api.example", false),
            ("ftp://api.example", false),
            ("", false),
        ] {
            assert_eq!(read(address, &["http", "https"]).is_some(), expected, "{address}");
        }
    }

    #[test]
    fn nobody_reads_a_password_in_an_address() {
        for (address, expected, host, port) in [
            ("https://api.example:6443", "https://api.example:6443", "api.example", 6443),
            ("https://api.example/", "https://api.example", "api.example", 443),
            ("https://me:secret@api.example/k8s/c-1/", "https://api.example/k8s/c-1", "api.example", 443),
            ("http://me:p%40ss@proxy:3128", "http://proxy:3128", "proxy", 3128),
            ("socks5://proxy", "socks5://proxy", "proxy", 1080),
            ("https://[::1]:6443", "https://[::1]:6443", "::1", 6443),
        ] {
            let address: Uri = address.parse().unwrap();
            assert_eq!(shown(&address), expected);
            assert_eq!(host_and_port(&address), (host.to_owned(), port));
        }
    }
}
