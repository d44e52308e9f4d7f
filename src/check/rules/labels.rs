//! Labels that chaosc sets itself, because they say what an object is and how it runs.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// For each table: the keys that are ours, a `/` at the end meaning every key of the domain, and what to do instead.
const OURS: &[(&[&str], &str, &str)] = &[
    (&["pod", "labels"], "app.kubernetes.io/", "choose a domain of your own"),
    (&["pod", "labels"], "chaosc.dev/", "choose a domain of your own"),
    (&["pod", "labels"], "sidecar.istio.io/inject", "leave it out: chaos pods run without Istio's sidecar"),
    (&["namespace", "labels"], "app.kubernetes.io/", "choose a domain of your own"),
    (&["namespace", "labels"], "chaosc.dev/", "choose a domain of your own"),
    (&["namespace", "labels"], "applyset.kubernetes.io/", "leave it out: apply sets it to say whose the object is"),
    (&["namespace", "labels"], "istio-injection", "say `istio = \"enabled\"` or `\"disabled\"` under `[namespace]`"),
    (&["namespace", "labels"], "istio.io/rev", "say `istio = \"revision\"` and `istio-revision` under `[namespace]`"),
    (&["namespace", "labels"], "pod-security.kubernetes.io/enforce", "say `pod-security` under `[namespace]`"),
];

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for (path, ours, instead) in OURS {
        let at = path.iter().fold(Address::root(CHAOS_TOML), |at, segment| at.join(segment));
        let Some(labels) = context.raw.pointer(&at.pointer).and_then(serde_json::Value::as_object) else { continue };
        for key in labels.keys().filter(|key| *key == ours || ours.ends_with('/') && key.starts_with(ours)) {
            let message = format!("chaosc sets the label `{key}` itself");
            found.push(Diagnostic::new(Code::OwnLabel, Place::Key(at.join(key)), message).help(*instead));
        }
    }
}
