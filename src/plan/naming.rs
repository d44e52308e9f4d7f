//! The names of objects, and how long they may be.
//!
//! The middle part is always there, so that adding a schedule renames nothing. Nothing is ever cut: too long a name is
//! an error in `check`.

/// The part between the bundle's name and the rest.
const MIDDLE: &str = "-chaos-";

/// The label of everything that belongs to one schedule.
pub const SCHEDULE: &str = "chaosc.dev/schedule";

/// Longest name of a `CronJob`: its Jobs append eleven characters to it and are limited to 63
/// (Kubernetes documentation, "CronJob limitations").
pub const MAX_CRON_JOB: usize = 52;

/// Longest name of a Job whose pods carry it as a label.
pub const MAX_JOB: usize = 63;

/// Characters that [`hashed`] appends.
pub const HASH_SUFFIX: usize = 11;

/// Longest value of a label.
pub const MAX_LABEL: usize = 63;

/// Returns the label that the objects of a bundle have in common. It differs from the app's own, so that a selector for
/// the app finds no chaos pod.
pub fn instance(bundle: &str) -> String {
    format!("{bundle}-chaos")
}

/// Returns the name of a schedule's objects.
pub fn workload(bundle: &str, schedule: &str) -> String {
    format!("{bundle}{MIDDLE}{schedule}")
}

/// Returns the name of a schedule's objects outside of the bundle's namespace, where a copy of the bundle in another
/// namespace of the cluster has objects too. No name of a bundle or a schedule has a dot.
pub fn abroad(workload: &str, namespace: &str) -> String {
    format!("{workload}.{namespace}")
}

/// Returns a name that ends in a hash of the object's content.
pub fn hashed(bundle: &str, part: &str, hash: &str) -> String {
    format!("{bundle}{MIDDLE}{part}-{hash}")
}

/// Returns a name without the hash that [`hashed`] put at its end; the whole name where there is none.
pub fn unhashed(name: &str) -> &str {
    parted(name).0
}

/// Returns a name without the hash that [`hashed`] put at its end, and the hash; an empty one where there is none.
pub fn parted(name: &str) -> (&str, &str) {
    let is_hash = |text: &str| {
        text.len() + 1 == HASH_SUFFIX && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
    };
    name.rsplit_once('-').filter(|(_, hash)| is_hash(hash)).unwrap_or((name, ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::hash;

    #[test]
    fn names_are_put_together_and_never_cut() {
        assert_eq!(workload("shop", "nightly"), "shop-chaos-nightly");
        assert_eq!(abroad("shop-chaos-nightly", "staging"), "shop-chaos-nightly.staging");
        assert_eq!(hashed("shop", "kill", "0123456789"), "shop-chaos-kill-0123456789");
        assert_eq!(workload(&"a".repeat(100), "b").len(), 100 + MIDDLE.len() + 1);
    }

    #[test]
    fn hashes_are_told_from_words() {
        for (name, expected) in [
            ("shop-chaos-kill-0123456789", "shop-chaos-kill"),
            ("shop-chaos-kill-01234567zz", "shop-chaos-kill-01234567zz"),
            ("shop-chaos-kill", "shop-chaos-kill"),
            ("0123456789", "0123456789"),
            ("", ""),
        ] {
            assert_eq!(unhashed(name), expected);
        }
        assert_eq!(unhashed(&hashed("a", "b", &hash::short(&["x"]))), "a-chaos-b");
    }

    #[test]
    fn the_room_for_a_hash_is_what_a_hash_takes() {
        assert_eq!(hashed("a", "b", &hash::short(&[""])).len(), workload("a", "b").len() + HASH_SUFFIX);
    }
}
