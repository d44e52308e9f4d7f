//! A first look at a text: most have nothing in them that could announce a secret.

/// Returns whether a text has the beginning of any word that announces a secret, or of the flag `-u user:password`.
///
/// Most texts have none, so everything else is asked only after this.
pub(super) fn hints(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        let words: &[&str] = match byte.to_ascii_lowercase() {
            b'p' => &["pass", "pw", "psk"],
            b's' => &["secret", "session", "salt", "sig", "smbclient", "sqlcmd"],
            b't' => &["token", "totp"],
            b'c' => &["cred", "cookie", "conn", "curl", "cqlsh"],
            b'k' => &["key"],
            b'a' => &["auth"],
            b'g' => &["goog-signature"],
            b'h' => &["hmac", "http -a"],
            b'j' => &["jwt"],
            b'b' => &["bearer"],
            b'd' => &["dsn"],
            b'-' => &["-u"],
            b'_' => &["_pat"],
            // Programs whose arguments are known.
            b'l' => &["login", "ldap"],
            b'o' => &["openssl"],
            b'r' => &["redis-cli", "rabbitmqctl"],
            b'u' => &["useradd"],
            b'v' => &["valkey-cli", "vault"],
            b'm' => &["mysql", "mariadb", "mnemonic", "mongo", "mc "],
            _ => return false,
        };
        let rest = &bytes[at..];
        words.iter().any(|word| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes()))
    })
}
