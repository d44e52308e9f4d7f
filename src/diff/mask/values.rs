//! Values that are no secret wherever they stand.

/// Where programs keep their files; what begins with one of these is the path of a secret and not the secret.
const FOLDERS: [&str; 15] = [
    "/app/",
    "/config/",
    "/dev/",
    "/etc/",
    "/home/",
    "/mnt/",
    "/opt/",
    "/root/",
    "/run/",
    "/secrets/",
    "/srv/",
    "/tmp/",
    "/usr/",
    "/var/",
    "/vault/",
];

/// Returns whether a value is no secret even where one belongs: nothing, a switch, a mark, a path, or a reference to
/// what stands elsewhere.
pub(super) fn is_harmless(value: &str) -> bool {
    let value = value.trim();
    // A tag or an anchor of YAML before a mark.
    let value = match value.split_once(' ') {
        Some((property, rest)) if property.starts_with(['!', '&']) && mark_length(rest) > 0 => rest,
        _ => value,
    };
    let words = ["true", "false", "yes", "no", "on", "off", "null", "none", "nil", "enabled", "disabled", "\\"];
    let is_hidden = |c: char| value.chars().all(|other| other == c);
    value.is_empty()
        || words.iter().any(|word| value.eq_ignore_ascii_case(word))
        || mark_length(value) == value.len()
        || is_hidden('*')
        || is_path(value)
        || is_reference(value)
}

/// Returns the length of the mark that a text begins with; zero without one.
pub(super) fn mark_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("(secret") else { return 0 };
    let number = rest.strip_prefix(' ').filter(|number| number.starts_with(|c: char| c.is_ascii_digit()));
    let rest = number.map_or(rest, |number| number.trim_start_matches(|c: char| c.is_ascii_digit()));
    if rest.starts_with(')') { text.len() - rest.len() + 1 } else { 0 }
}

/// Returns whether a mark stands anywhere in a text.
pub(super) fn holds_mark(text: &str) -> bool {
    text.match_indices('(').any(|(at, _)| mark_length(&text[at..]) > 0)
}

fn is_path(value: &str) -> bool {
    let value = value.strip_prefix("file://").unwrap_or(value);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    FOLDERS.iter().any(|folder| value.starts_with(folder)) && value.chars().all(is_plain)
}

/// Returns whether a value is `$(NAME)`, `${NAME}`, `$NAME` or `{{ name }}` as a whole, without a default in it.
fn is_reference(value: &str) -> bool {
    let between = |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    // Without brackets, a password may well begin with the dollar.
    let is_variable = |name: &str| {
        name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !name.starts_with('_')
    };
    // `$1`, an argument of a script.
    let is_argument = |name: &str| matches!(name.len(), 1 | 2) && name.bytes().all(|byte| byte.is_ascii_digit());
    // `$(cat /run/secrets/token)`
    let is_read = |command: &str| {
        let file = command.strip_prefix("cat ").or_else(|| command.strip_prefix('<'));
        file.is_some_and(|file| is_path(file.trim()))
    };
    between("$(", ")").or(between("${", "}")).is_some_and(is_name)
        || between("$(", ")").is_some_and(is_read)
        || value.strip_prefix('$').is_some_and(is_argument)
        || value.strip_prefix('$').is_some_and(is_variable)
        || between("{{", "}}").is_some_and(|inside| !inside.contains(['"', '\'', '`', '{', '}']))
}

#[cfg(test)]
mod tests {
    use super::{is_harmless, mark_length};

    #[test]
    fn references_paths_and_switches_are_harmless() {
        for value in [
            "",
            " ",
            "true",
            "False",
            "none",
            "***",
            "(secret 3)",
            "(secret)",
            "$(DB_PASSWORD)",
            "${db.password}",
            "$DB_PASSWORD",
            "$1",
            "$(cat /run/secrets/token)",
            "{{ .Values.password }}",
            "{{password}}",
            "/etc/tls/tls.key",
            "/run/secrets/token",
            "\\",
            "file:///var/run/secrets/token",
        ] {
            assert!(is_harmless(value), "{value}");
        }
        for value in [
            "hunter2",
            "0",
            "$ecret",
            "$A",
            "${PASSWORD:-hunter2}",
            "$(echo hunter2)",
            "{{ \"hunter2\" }}",
            "{{ a }}hunter2{{ b }}",
            "${A-hunter2}",
            "(secret )",
            "/abc/def",
            "/etc/../+x==",
            "(secret 3) x",
            "(secret x)",
            "(secret 3",
            "x",
        ] {
            assert!(!is_harmless(value), "{value}");
        }
        assert_eq!(mark_length("(secret 12) and more"), 11);
    }
}
