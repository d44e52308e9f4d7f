//! What the server says of fields that cannot be changed.

/// Fields that the server's refusals call by another name than its API does.
const CALLED: &[(&str, &str)] = &[
    ("/spec/clusterIPs", "/spec/clusterIP"),
    ("/spec/persistentvolumesource", "/spec"),
    ("/spec/attachedRequired", "/spec/attachRequired"),
    ("/volumeMode", "/spec/volumeMode"),
];

/// What refusals say of fields that cannot change, of which the rules above need not know (apimachinery,
/// `validation.FieldImmutableErrorMsg`; Kubernetes documentation, "Common Expression Language", "transition rules").
const SAID: [&str; 4] = ["immutable", "may not change once set", "may not be changed once set", "self == oldSelf"];

/// Returns whether the server says in a refusal that a field cannot change.
pub fn is_said(message: &str) -> bool {
    SAID.iter().any(|said| message.contains(said))
}

/// Returns whether a field that the server names in a refusal lies in or around one of the fields.
///
/// The server writes `spec.template` or `.roleRef`, and `spec` where it lists what alone may change.
pub fn names_one_of(field: &str, pointers: &[String]) -> bool {
    let named = format!("/{}", field.trim_start_matches('.').replace('.', "/"));
    let named = named.split('[').next().unwrap_or_default();
    let meant = CALLED.iter().filter(|(called, _)| *called == named).map(|(_, meant)| *meant);
    let named: Vec<&str> = meant.chain([named]).collect();
    let is_near = |pointer: &String| named.iter().any(|named| is_within(pointer, named) || is_within(named, pointer));
    pointers.iter().any(is_near)
}

fn is_within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_a_field_in_it_or_around_it() {
        let pointers = ["/spec/template".to_owned(), "/spec/clusterIP".to_owned()];
        for (field, expected) in [
            ("spec.clusterIPs[0]", true),
            ("spec.template", true),
            ("spec", true),
            (".spec.template.spec.containers[0].image", true),
            ("spec.templates", false),
            ("metadata", false),
        ] {
            assert_eq!(names_one_of(field, &pointers), expected, "{field}");
        }
    }
}
