//! Which keys announce a secret, judged by the words that they are made of.
//!
//! Written for keys that people choose: of environments, configuration files, annotations, custom resources. A key that
//! says something *about* a secret (`tokenUrl`, `secretName`, `passwordMinLength`) announces none.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::hints::hints;

/// How much a key announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// What stands under it is secret, also deep inside (`credentials`).
    Strong,
    /// A text right under it is secret; a mapping is the configuration of a mechanism (`session`, `auth`).
    Weak,
}

const STRONG: [&str; 12] = [
    "pw",
    "pwd",
    "passphrase",
    "passphrases",
    "passcode",
    "cred",
    "creds",
    "credential",
    "credentials",
    "dsn",
    "connectionstring",
    "sessionid",
];

/// Strong with whatever stands before them in the same word: `pgpassword`, `clientsecret`, `authtoken`.
const STRONG_ENDINGS: [&str; 12] = [
    "password",
    "passwords",
    "passwordhash",
    "passwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "apikeys",
    "masterauth",
    "primaryauth",
];

/// Words that end like a password and are none.
const ORDINARY: [&str; 7] = ["bypass", "compass", "encompass", "overpass", "surpass", "trespass", "underpass"];

const PAIRS: [(&str, &str); 7] = [
    ("connection", "string"),
    ("conn", "str"),
    ("session", "id"),
    ("secret", "id"),
    ("pass", "phrase"),
    ("amz", "signature"),
    ("goog", "signature"),
];

/// What makes a `key` one that opens something.
const OPENING: &str = "
    access account admin aes api app application auth client consumer cookie decryption deploy encrypt encryption hmac
    instrumentation integration jwt license licence master preshared priv private root rpc rsa sec secret secure server service session
    shared sign signing ssh ssl storage subscription symmetric tls token webhook";

/// What makes a `KEY` or `PAT` of the environment one that only finds, sorts or names something.
const PLAIN: &str = "
    bucket cache client column config dedup event exclude feature field file filter flag foreign group hash host id
    idempotency include index label lookup map message name object order page partition path primary public queue range
    record redis regex routing row s search shard sort store stream tag topic unique url user";

/// Secret only as the last word: `basicAuth`, but not `AUTH_TYPE`, `sessionDriver` or `cookie-domain`.
const WEAK: [&str; 13] = [
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "hmac",
    "jwt",
    "mnemonic",
    "psk",
    "session",
    "salt",
    "sig",
    "totp",
];

/// A key that begins with one of these is a switch or a number.
const SWITCHES: &str = "
    allow can disable disabled enable enabled has hide is max min no num require requires should show skip total use
    validate verify";

/// A key that ends with one of these says something about what stands before it.
const ATTRIBUTES: &str = "
    account accounts address age agent alg algorithm algorithms allowed annotation annotations at attempts audience
    audiences backend bucket budget burst by cache chars check class complexity controller count created database days
    description dir directory disabled domain driver duration email enable enabled encoder encoding endpoint endpoints
    event events exp expiration expire expires expiry factory field fields file filename files folder format group groups
    handler header headers help hint host hostname hosts hours image index interval issuer kind label labels length
    level lifetime limit loader location login manager max message method methods millis min minutes mode mount ms name
    names namespace namespaces number operator optional owner path paths pattern period placeholder policies policy port
    prefix projection provider providers proxy purpose queue quota rate realm ref reference references refresh refs regex region
    required resolver retries review reviews role roles rotation rules scope scopes seconds selector service size source
    sources state status store strategy strength suffix symbol table template timeout title ttl type types uri uris url urls usage user username users
    validity version volume volumes";

/// Returns how much a key announces; nothing for an ordinary one.
pub(super) fn weight(key: &str) -> Option<Weight> {
    // The working folder of a shell.
    if !hints(key) || matches!(key, "PWD" | "OLDPWD") {
        return None;
    }
    let words = words(key);
    let (first, last) = (words.first()?.as_str(), words.last()?.as_str());
    let is_switch = words.len() > 1 && is_in(SWITCHES, first) || words.iter().any(|word| word == "per");
    if is_switch || is_attribute_word(last) {
        return None;
    }
    if words.len() == 1 && last == "pass" {
        return Some(Weight::Weak);
    }
    let pairs = || words.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str()));
    // Names of Secrets, as in pods and in every chart.
    if pairs().any(|(one, two)| matches!((one, two), ("pull", "secret" | "secrets"))) {
        return None;
    }
    let is_strong = words.iter().any(|word| is_strong(word))
        || pairs().any(|pair| PAIRS.contains(&pair) || pair.1 == "key" && is_in(OPENING, pair.0))
        || last.ends_with("pass") && !ORDINARY.contains(&last);
    if is_strong {
        return Some(Weight::Strong);
    }
    (WEAK.contains(&last) || is_opening_variable(key, &words)).then_some(Weight::Weak)
}

/// Returns whether a name is one of a variable of the environment that holds a key or a personal access token.
fn is_opening_variable(key: &str, words: &[String]) -> bool {
    let is_variable = key.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let [.., owner, last] = words else { return false };
    is_variable && matches!(last.as_str(), "key" | "pat") && !is_in(PLAIN, owner)
}

/// Returns how much the key of a label or an annotation announces, whose owner stands before the `/`.
pub(super) fn label_weight(key: &str) -> Option<Weight> {
    // The agent's annotations hold paths in the vault; ingress-nginx' name Secrets.
    if key.starts_with("vault.hashicorp.com/") {
        return None;
    }
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    if matches!(name, "auth-secret" | "auth-tls-secret" | "proxy-ssl-secret") { None } else { weight(name) }
}

/// Returns whether the whole file of this name, a key of a ConfigMap, is secret.
///
/// What is written in a language whose keys can be judged one by one is not, unless its name says so clearly.
pub(super) fn is_secret_file(name: &str) -> bool {
    let (stem, ending) = name.rsplit_once('.').map_or((name, ""), |(stem, ending)| (stem, ending));
    match ending.to_ascii_lowercase().as_str() {
        "key" | "p12" | "pfx" | "jks" | "keystore" => true,
        "json" | "yaml" | "yml" | "toml" | "properties" | "ini" | "env" | "conf" | "cfg" | "config" | "xml" | "txt" => {
            weight(stem) == Some(Weight::Strong)
        }
        "bash" | "cer" | "crt" | "css" | "cue" | "go" | "htm" | "html" | "j2" | "java" | "js" | "jsonnet" | "lua"
        | "md" | "php" | "ps1" | "pub" | "py" | "rb" | "rego" | "sh" | "sql" | "svg" | "tmpl" | "tpl" | "ts"
        | "vcl" => false,
        _ => weight(name).is_some() || matches!(name, "id_rsa" | "id_ed25519" | "id_ecdsa"),
    }
}

/// Returns whether a key says something about what stands around it, and holds no secret by itself.
pub(super) fn is_attribute(key: &str) -> bool {
    words(key).last().is_some_and(|last| is_attribute_word(last))
}

/// Returns whether a key is one of a password, which some languages write without any sign between the two.
pub(super) fn is_password(key: &str) -> bool {
    weight(key) == Some(Weight::Strong)
        && words(key).last().is_some_and(|last| {
            ["password", "passwd", "passphrase", "pwd", "pass", "masterauth", "primaryauth"]
                .iter()
                .any(|word| last.ends_with(word))
        })
}

/// Returns whether a value is a number of tokens, as models count them.
pub(super) fn is_count(key: &str, value: &str) -> bool {
    let is_number = value.contains(|c: char| c.is_ascii_digit());
    is_number && value.chars().all(|c| c.is_ascii_digit() || "[], ".contains(c)) && counts(key)
}

/// Returns whether a number under a key may be one of tokens.
pub(super) fn counts(key: &str) -> bool {
    words(key).last().is_some_and(|last| last == "tokens")
}

/// Returns whether a text is a flag that announces a secret: `--token`.
pub(super) fn is_flag(text: &str) -> bool {
    text.starts_with('-') && text.chars().all(is_part) && weight(text).is_some()
}

/// Returns whether a flag has a password be read from the standard input: `--password-stdin`.
pub(super) fn is_read_password(flag: &str) -> bool {
    flag.strip_suffix("-stdin").is_some_and(is_flag)
}

/// Returns whether a character may stand in a key without quotes.
pub(super) fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_strong(word: &str) -> bool {
    let opens = word.strip_suffix("key").is_some_and(|owner| is_in(OPENING, owner));
    opens || STRONG.contains(&word) || STRONG_ENDINGS.iter().any(|ending| word.ends_with(ending))
}

fn is_attribute_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| ATTRIBUTES.split_ascii_whitespace().collect());
    WORDS.contains(word)
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|listed| listed == word)
}

/// Takes a key apart where a letter or a digit ends and at the humps of camel case; in lower case, without numbers at
/// the end.
fn words(key: &str) -> Vec<String> {
    let chars: Vec<char> = key.chars().collect();
    let mut words = vec![String::new()];
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let is_hump = c.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || before.is_some_and(char::is_uppercase) && chars.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if is_hump || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    for word in &mut words {
        word.truncate(word.trim_end_matches(|c: char| c.is_numeric()).len());
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{Weight, is_attribute, is_password, is_secret_file, label_weight, weight, words};

    #[test]
    fn keys_are_made_of_words() {
        for (key, expected) in [
            ("DB_PASSWORD", "db password"),
            ("clientSecret", "client secret"),
            ("APIKey", "api key"),
            ("spring.datasource.password", "spring datasource password"),
            ("oauth2Token", "oauth token"),
            ("--client-key-data", "client key data"),
            ("token2", "token"),
            ("s3Key", "s key"),
            ("", ""),
            ("-._", ""),
            ("Schlüssel", "schlüssel"),
        ] {
            assert_eq!(words(key).join(" "), expected, "{key}");
        }
    }

    #[test]
    fn what_people_call_their_secrets() {
        for key in "password PASSWORD db.password dbPassword DBPASSWORD PGPASSWORD MYSQL_PWD DB_PASS smtp_pass pgpass \
            LDAP_BIND_PW requirepass masterauth passwd userPasswords passwordHash passphrase pass-phrase \
            secret secrets SECRET_KEY SECRET_KEY_BASE clientSecret client_secret clientsecret APP_SECRET JWT_SECRET \
            token TOKEN tokens accessToken access_token refresh-token authtoken X-Auth-Token csrfToken TOKEN_2 \
            apikey apiKey API_KEY apikeys x-api-key X-Api-Key privateKey private_key access-key AWS_ACCESS_KEY_ID \
            AWS_SECRET_ACCESS_KEY signingKey ENCRYPTION_KEY AccountKey SharedAccessKey client-key-data tls.key sshKey \
            sshkey credentials credential db-credentials creds connectionString CONNECTION_STRING dsn SENTRY_DSN \
            session_id sessionid secret_id GITHUB_TOKEN X-Amz-Signature _authToken ssl.keystore.password"
            .split_ascii_whitespace()
        {
            assert_eq!(weight(key), Some(Weight::Strong), "{key}");
        }
        for key in "auth basicAuth _auth Authorization authorization Proxy-Authorization bearer Cookie Set-Cookie \
            GITHUB_PAT OPENAI_KEY COSIGN_KEY DATADOG_API_KEY RABBITMQ_ERLANG_COOKIE session salt PASSWORD_SALT1 pass sig"
            .split_ascii_whitespace()
        {
            assert!(weight(key).is_some(), "{key}");
        }
    }

    #[test]
    fn what_only_speaks_of_secrets_is_none() {
        for key in "secretName secretKeyRef passwordSecretRef tokenSecretName imagePullSecrets pull-secrets \
            tokenExpirationSeconds TOKEN_URL token_endpoint PASSWORD_FILE passwordFile tokenPath credentialsFile \
            passwordMinLength PASSWORD_POLICY max_tokens MAX_TOKENS tokens_per_fill TOKEN_TTL sessionTimeout \
            SESSION_DRIVER session.timeout sessionAffinity cookieDomain cookie-name AUTH_TYPE auth-url authMode \
            AUTH_METHOD AUTH_ENABLED enableAuth useToken requirePassword secretStoreRef secretVersion tokenizer \
            tokenReviews publicKey primaryKey key keys keyring cache-key routing_key monkey author authority \
            authentication authorizationPolicy passthrough bypass compass proxy_pass_header passive PWD OLDPWD \
            design signal sign conn connection connections certificate client_id name value data image passwordless \
            CHAOSTOOLKIT_IN_POD KEY PAT PUBLIC_KEY PRIMARY_KEY SORT_KEY CACHE_KEY S3_KEY NAME_PAT openaiKey PATH \
            PYTHONDONTWRITEBYTECODE app.kubernetes.io/part-of"
            .split_ascii_whitespace()
        {
            assert_eq!(weight(key), None, "{key}");
        }
        assert_eq!(weight(""), None);
    }

    #[test]
    fn the_owner_of_a_label_announces_nothing() {
        for (key, is_secret) in [
            ("shop.example/api-token", true),
            ("password", true),
            ("secret.reloader.example/reload", false),
            ("secrets-store.csi.k8s.io/used", false),
            ("nginx.ingress.kubernetes.io/auth-secret", false),
            ("nginx.ingress.kubernetes.io/auth-url", false),
            ("nginx.ingress.kubernetes.io/session-cookie-name", false),
            ("vault.hashicorp.com/agent-inject-secret-token", false),
            ("eks.amazonaws.com/token-expiration", false),
            ("cert-manager.io/private-key-algorithm", false),
        ] {
            assert_eq!(label_weight(key).is_some(), is_secret, "{key}");
        }
    }

    #[test]
    fn files_are_secret_by_their_name_and_language() {
        for (name, is_secret) in [
            ("password", true),
            ("db.password", true),
            ("auth", true),
            ("credentials.json", true),
            ("secrets.yaml", true),
            ("token.txt", true),
            ("tls.key", true),
            ("server.key", true),
            ("store.p12", true),
            ("id_rsa", true),
            (".htpasswd", true),
            ("auth.conf", false),
            ("session.json", false),
            ("password-reset.html", false),
            ("tokens.css", false),
            ("secrets.py", false),
            ("id_rsa.pub", false),
            ("ca.crt", false),
            ("experiment.json", false),
            ("run.json", false),
            ("application.properties", false),
            ("TOKEN_URL", false),
        ] {
            assert_eq!(is_secret_file(name), is_secret, "{name}");
        }
    }

    #[test]
    fn attributes_and_passwords() {
        for key in ["name", "secretName", "mountPath", "userName", "type"] {
            assert!(is_attribute(key), "{key}");
        }
        for key in ["value", "key", "data", ""] {
            assert!(!is_attribute(key), "{key}");
        }
        for (key, is_it) in [("PASSWORD", true), ("requirepass", true), ("masterauth", true), ("token", false)] {
            assert_eq!(is_password(key), is_it, "{key}");
        }
    }
}
