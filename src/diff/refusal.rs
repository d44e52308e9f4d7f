//! What the server says of an object that it refuses: one line for each fault, beginning with the field.

use crate::cluster::Status;

/// How the server begins where an object does not fit its kind's schema; it gives no causes then, and the status 500
/// (apimachinery, `managedfields/internal/structuredmerge.go`).
const TYPED: &str = "failed to create typed patch object (";

/// What Go prints around a value in such a text, before and after.
const WRAPPED: [(&str, &str); 2] = [("got &value.valueUnstructured{Value:", "}"), ("got &{", "}")];

/// Returns the faults of a refusal.
pub(crate) fn reasons(status: &Status) -> Vec<String> {
    let causes: Vec<String> = status
        .details
        .iter()
        .flat_map(|details| &details.causes)
        .map(|cause| about(&cause.field, &cause.message))
        .collect();
    if !causes.is_empty() {
        return causes;
    }
    match status.message.strip_prefix(TYPED).and_then(|rest| rest.split_once("): ")) {
        Some((_, faults)) => faults
            .trim_start_matches("errors:")
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(typed)
            .collect(),
        None => vec![status.message.clone()],
    }
}

/// Reads `.spec.hosts: expected list, got &{shop}`.
fn typed(line: &str) -> String {
    let Some((field, message)) = line.split_once(": ") else { return line.to_owned() };
    let unwrapped = WRAPPED.iter().find_map(|(before, after)| {
        let (expected, value) = message.split_once(before)?;
        Some(format!("{expected}got {}", value.strip_suffix(after)?))
    });
    about(field, unwrapped.as_deref().unwrap_or(message))
}

/// Says what is wrong with a field; what follows the first line is a dump of both objects.
fn about(field: &str, message: &str) -> String {
    let message = message.lines().next().unwrap_or_default();
    match field.trim_start_matches('.') {
        "" | "<nil>" => message.to_owned(),
        field => format!("`{field}`: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Details, Fault};

    #[test]
    fn each_fault_is_a_line_that_begins_with_its_field() {
        for (message, expected) in [
            (
                "failed to create typed patch object (n/a; g/v1, Kind=K): .spec.foo: field not declared in schema",
                vec!["`spec.foo`: field not declared in schema"],
            ),
            (
                "failed to create typed patch object (n/a; g/v1, Kind=K): errors:\n  .spec.hosts: expected list, got &{shop}\n  \
                 .data.a: expected string, got &value.valueUnstructured{Value:1}",
                vec!["`spec.hosts`: expected list, got shop", "`data.a`: expected string, got 1"],
            ),
            ("admission webhook \"a\" denied it: no", vec!["admission webhook \"a\" denied it: no"]),
        ] {
            let status = Status { message: message.to_owned(), ..Status::default() };
            assert_eq!(reasons(&status), expected);
        }
    }

    #[test]
    fn causes_come_first() {
        let cause = |field: &str, message: &str| Fault {
            reason: String::new(),
            field: field.to_owned(),
            message: message.to_owned(),
        };
        let causes =
            vec![cause(".spec.a", "is wrong\n@@ -2,7 +2,7 @@"), cause("<nil>", "one of two"), cause("", "all")];
        let details = Some(Details { causes, ..Details::default() });
        let status = Status { message: "not this".to_owned(), details, ..Status::default() };
        assert_eq!(reasons(&status), ["`spec.a`: is wrong", "one of two", "all"]);
    }
}
