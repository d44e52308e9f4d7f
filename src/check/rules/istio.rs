//! Istio's sidecars and the Pod Security Standards, which do not get along by themselves.

use super::Context;
use crate::config::{Istio, PodSecurity};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let namespace = &context.config.namespace;
    let is_injected = matches!(namespace.istio, Some(Istio::Enabled | Istio::Revision));
    let Some(level) = namespace.pod_security.filter(|level| *level > PodSecurity::Privileged) else { return };
    if is_injected && !namespace.istio_cni {
        let at = Address::root(CHAOS_TOML).join("namespace").join("pod-security");
        let message = format!("Pod Security `{}` refuses the pods that Istio injects its sidecar into", level.label());
        found.push(
            Diagnostic::new(Code::InjectionNeedsCni, Place::Value(at), message)
                .label(Place::Value(Address::root(CHAOS_TOML).join("namespace").join("istio")), "injection is on")
                .help("say `istio-cni = true` if the mesh has Istio's CNI plugin, or leave `pod-security` out"),
        );
    }
}
