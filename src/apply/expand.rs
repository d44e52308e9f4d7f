//! Variables of the caller's environment in the addresses of checks: `${NAME}`.

/// Why a text cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gap {
    /// The variable is not set, or is empty.
    Missing(String),
    /// Behind `${` stands no name that ends in `}`.
    Malformed,
}

/// Fills the variables in; what they hold is not looked at again.
///
/// A name is that of a shell: letters, digits and `_`, no digit first (POSIX, "Base Definitions", 3.216).
pub(super) fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Gap> {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind.split_once('}').ok_or(Gap::Malformed)?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(is_word) {
            return Err(Gap::Malformed);
        }
        // An empty one would leave an address that means something else.
        let value = variable(name).filter(|value| !value.is_empty()).ok_or_else(|| Gap::Missing(name.to_owned()))?;
        result.push_str(before);
        result.push_str(&value);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::{Gap, expand};

    #[test]
    fn variables_are_filled_in_once() {
        let variable = |name: &str| match name {
            "HOST" => Some("10.0.0.1:80".to_owned()),
            "_P2" => Some("${HOST}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("http://shop/", Ok("http://shop/")),
            ("http://${HOST}?to=http://${HOST}", Ok("http://10.0.0.1:80?to=http://10.0.0.1:80")),
            ("${_P2}", Ok("${HOST}")),
            ("$HOST $ {HOST} }", Ok("$HOST $ {HOST} }")),
            ("http://${NONE}/${HOST}", Err(Gap::Missing("NONE".to_owned()))),
            ("http://${EMPTY}/", Err(Gap::Missing("EMPTY".to_owned()))),
            ("http://${HOST", Err(Gap::Malformed)),
            ("http://${}", Err(Gap::Malformed)),
            ("http://${HOST:-x}", Err(Gap::Malformed)),
            ("http://${2}", Err(Gap::Malformed)),
        ] {
            assert_eq!(expand(text, &variable), expected.map(str::to_owned), "{text}");
        }
    }
}
