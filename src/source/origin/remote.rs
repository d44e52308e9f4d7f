//! The address of a remote repository, so far as it says which repository it is.

use std::net::Ipv6Addr;

/// Hosts that take ssh under another name than https, by their own documentation.
const OTHER_NAMES: [(&str, &str); 4] = [
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
    ("ssh.dev.azure.com", "dev.azure.com"),
];

/// Returns whether an address says by itself that it is one: by a scheme of git's, or a user before a host.
pub(super) fn is_whole(url: &str) -> bool {
    const SCHEMES: [&str; 6] = ["http", "https", "ssh", "git", "git+ssh", "file"];
    match url.split_once("://") {
        Some((scheme, _)) => SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)),
        None => scp_like(url).is_some_and(|(authority, _)| authority.contains('@')),
    }
}

/// Returns `HOST/OWNER/REPO` of a remote's URL; nothing for a path on this machine, for an address that only a transport
/// of its own understands (`ext::…`), and for what git could not use either.
pub(super) fn normal(url: &str) -> Option<String> {
    let url = url.trim();
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+'));
    if url.contains(char::is_control) || url.split_once("::").is_some_and(|(transport, _)| is_word(transport)) {
        return None;
    }
    let (authority, path) = match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => return None,
        // With an unescaped `/` in a password, git takes its beginning for the host; the rest of it is then in the path.
        Some((_, rest)) => rest.split_once('/').filter(|(_, path)| !path.contains('@'))?,
        None => scp_like(url)?,
    };
    // What follows a `?` or `#` may be a token, wherever it stands.
    if authority.contains(['?', '#']) {
        return None;
    }
    let host = host(authority)?;
    let segments = segments(path)?;
    let named = OTHER_NAMES.iter().find(|(other, _)| *other == host);
    let host = named.map_or(host.as_str(), |(_, name)| name);
    let segments = match segments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // Azure DevOps: `git@ssh.dev.azure.com:v3/ORG/PROJECT/REPO`, `https://dev.azure.com/ORG/PROJECT/_git/REPO`.
        ["v3", organisation, project, repository] if host == "dev.azure.com" => {
            format!("{organisation}/{project}/_git/{repository}")
        }
        _ => segments.join("/"),
    };
    Some(format!("{host}/{segments}"))
}

/// Takes `[user@]host:path` apart, which is how ssh names a file; git takes it for a path where a `/` comes first.
fn scp_like(url: &str) -> Option<(&str, &str)> {
    let after_brackets = url.find(']').map_or(0, |bracket| bracket + 1);
    let colon = after_brackets + url[after_brackets..].find(':')?;
    let (authority, path) = (&url[..colon], &url[colon + 1..]);
    // One letter is a drive of Windows.
    let is_local = authority.contains('/') || authority.len() < 2;
    (!is_local).then_some((authority, path))
}

/// Returns the host of `user:password@host:port`, in lower case.
fn host(authority: &str) -> Option<String> {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(bracketed) = host.strip_prefix('[').or(authority.strip_prefix('[')) {
        let (inside, port) = bracketed.split_once(']')?;
        if let Ok(address) = inside.parse::<Ipv6Addr>() {
            return is_port(port).then(|| format!("[{address}]"));
        }
        // ssh also takes `[user@host:port]:path`.
        return if port.is_empty() && !inside.contains('[') { self::host(inside) } else { None };
    }
    let (name, port) = host.split_at(host.find(':').unwrap_or(host.len()));
    let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'));
    (is_name && is_port(port)).then_some(name)
}

/// Returns whether what follows a host is nothing, or a colon and a number.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns the segments of a path without query, empty segments and `.git`; nothing if there are none.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(decoded(name)),
        }
    }
    let last = segments.pop()?;
    segments.extend(Some(last.strip_suffix(".git").unwrap_or(&last).to_owned()).filter(|name| !name.is_empty()));
    (!segments.is_empty()).then_some(segments)
}

/// Returns a segment with `%20` and its like undone, but for what would no longer be one segment of text.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = match rest {
            [b'%', high, low, ..] => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match code.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) if byte >= b' ' && !matches!(byte, b'/' | b'%' | 0x7f) => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn every_way_to_the_same_repository_gives_the_same_text() {
        for url in [
            "https://github.com/owner/repo",
            "https://github.com/owner/repo.git",
            "https://github.com/owner/repo.git/",
            "https://github.com/owner/repo//",
            "https://GitHub.com./owner/repo",
            "HTTPS://github.com:443/owner/repo",
            "http://github.com/owner/./repo",
            "https://somebody@github.com/owner/repo",
            "https://x-access-token:tok-123@github.com/owner/repo.git",
            "https://tok-123@github.com/owner/repo.git",
            "https://some%40body:tok%2F123@github.com/owner/repo.git",
            "https://some@body:tok-123@github.com/owner/repo.git",
            "https://:tok-123@github.com/owner/repo.git",
            "https://x:tok::12[3@github.com/owner/repo.git",
            "https://github.com/owner/repo.git?private_token=tok-123",
            "https://github.com/owner/repo?private_token=tok/123#tok-123",
            "https://github.com/owner/repo#tok-123",
            "https://github.com/owner/re%70o.git",
            "git@github.com:owner/repo.git",
            "git@github.com:/owner/repo.git",
            "github.com:owner/repo",
            "ssh://git@github.com/owner/repo.git",
            "ssh://git@github.com:2222/owner/repo.git",
            "ssh://git@ssh.github.com:443/owner/repo.git",
            "git+ssh://git@github.com/owner/repo",
            "[git@github.com:2222]:owner/repo.git",
            "git://github.com/owner/repo.git",
            "git://github.com:9418/owner/repo.git",
            " https://github.com/owner/repo \n",
        ] {
            assert_eq!(normal(url).as_deref(), Some("github.com/owner/repo"), "{url}");
        }
    }

    #[test]
    fn the_whole_path_counts() {
        for (url, expected) in [
            ("https://gitlab.example/group/sub/group/repo.git", "gitlab.example/group/sub/group/repo"),
            ("git@gitlab.example:group/sub/group/repo.git", "gitlab.example/group/sub/group/repo"),
            ("https://gitlab-ci-token:tok@gitlab.example/g/r.git", "gitlab.example/g/r"),
            ("https://host/repo", "host/repo"),
            ("host:repo.git", "host/repo"),
            ("https://host/Owner/Repo", "host/Owner/Repo"),
            ("https://host/owner/repo.github", "host/owner/repo.github"),
            ("https://host/srv/repo/.git", "host/srv/repo"),
            ("ssh://host/~user/repo", "host/~user/repo"),
            ("host:~user/repo", "host/~user/repo"),
            ("git@host:owner@team/repo", "host/owner@team/repo"),
            ("https://host/owner%40team/repo", "host/owner@team/repo"),
            ("https://host/a/../owner/repo", "host/owner/repo"),
            ("https://host/owner/my%20repo", "host/owner/my repo"),
            ("https://host/owner/100%25%2F%0a%zz", "host/owner/100%25%2F%0a%zz"),
            ("https://host/owner/%ff", "host/owner/%ff"),
            ("https://host/owner/r%C3%A9po", "host/owner/répo"),
            ("https://bücher.example/owner/repo", "bücher.example/owner/repo"),
            ("https://10.0.0.7:8443/owner/repo", "10.0.0.7/owner/repo"),
            ("https://[2001:DB8::1]:8443/owner/repo", "[2001:db8::1]/owner/repo"),
            ("ssh://git@[2001:db8:0::1]/owner/repo", "[2001:db8::1]/owner/repo"),
            ("git@[2001:db8::1]:owner/repo", "[2001:db8::1]/owner/repo"),
            ("https://dev.azure.com/org/My%20Project/_git/repo", "dev.azure.com/org/My Project/_git/repo"),
            ("https://org@dev.azure.com/org/My%20Project/_git/repo", "dev.azure.com/org/My Project/_git/repo"),
            ("git@ssh.dev.azure.com:v3/org/My%20Project/repo", "dev.azure.com/org/My Project/_git/repo"),
        ] {
            assert_eq!(normal(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn what_is_on_this_machine_or_unusable_is_no_origin() {
        for url in [
            "",
            " ",
            "/srv/git/repo.git",
            "/srv/git/with:colon",
            "./repo",
            "../repo.git",
            "~/repo",
            "repo",
            "folder/with:colon",
            "file:///srv/git/repo.git",
            "FILE://host/srv/repo",
            "C:\\repo",
            "c:/repo",
            "https://",
            "https://github.com",
            "https://github.com/",
            "https://github.com/.git",
            "https:///owner/repo",
            "ext::ssh -i key host %S repo",
            "codecommit::eu-central-1://repo",
            "https://a\nb/owner/repo",
            "https://a b/owner/repo",
            "https://host:port/owner/repo",
            "https://[2001:db8::1/owner/repo",
            "https://[2001:db8::x]/owner/repo",
            "[[[:a",
            "@:a",
            "https://host/..",
            // A password that is not escaped; git takes none of these for what was meant.
            "https://user:tok/123@host/owner/repo",
            "https://user:1/23@host/owner/repo",
            "https://user:tok?123@host/owner/repo",
            "https://user:tok#123@host/owner/repo",
            "https://tok/123@host/owner/repo",
            "https://tok/1?23@host/owner/repo",
            "https://user:t@ok/123@host/owner/repo",
            "ssh://user@tok/123@host/owner/repo",
        ] {
            assert_eq!(normal(url), None, "{url}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        let pieces = ["[", "]", ":", "/", "@", "a", "::", "://", "%", "é", "?", "#", ".git", "..", "1"];
        for n in 0..pieces.len().pow(4) {
            let url: String = (0..4).map(|place| pieces[n / pieces.len().pow(place) % pieces.len()]).collect();
            if let Some(found) = normal(&url) {
                let (host, path) = found.split_once('/').unwrap_or_default();
                assert!(!host.is_empty() && !path.is_empty(), "{url}: {found}");
            }
        }
    }
}
