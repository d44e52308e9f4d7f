//! Where a step acts: whether chaos.toml allows it.

use super::arguments::is_misspelt;
use super::call::Call;
use super::ticked;
use crate::config::Config;
use crate::config::experiment::Step;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::catalogue::Activity;
use crate::source::address::Place;

/// Says that a step needs rights that no Role can give: resources and verbs.
pub(super) fn cluster_not_allowed(step: &Step, rights: &[(String, String)]) -> Option<Diagnostic> {
    if rights.is_empty() {
        return None;
    }
    let mut needs: Vec<(&str, Vec<&str>)> = Vec::new();
    for (resource, verb) in rights {
        match needs.iter_mut().find(|(known, _)| known == resource) {
            Some((_, verbs)) => verbs.push(verb),
            None => needs.push((resource, vec![verb])),
        }
    }
    let needs: Vec<String> =
        needs.iter().map(|(resource, verbs)| format!("{} on `{resource}`", ticked(verbs))).collect();
    let message = format!("step `{}` needs rights in the whole cluster: {}", step.name, needs.join("; "));
    Some(
        Diagnostic::new(Code::ClusterNotAllowed, Place::Value(step.provider_at.join("func")), message)
            .help("allow a ClusterRole with `cluster = true` under `[permissions]`, or leave the step out"),
    )
}

/// Says that a step acts in a namespace, named by an argument, that chaos.toml does not allow.
pub(super) fn foreign_namespace(
    config: &Config,
    call: &Call<'_>,
    activity: &Activity,
    argument: Option<&String>,
    namespace: &str,
) -> Option<Diagnostic> {
    let allowed = &config.permissions.namespaces;
    if allowed.iter().any(|known| known == namespace) {
        return None;
    }
    let step = call.step;
    let name = &step.name;
    let listed: Vec<String> =
        allowed.iter().map(String::as_str).chain([namespace]).map(|name| format!("\"{name}\"")).collect();
    let allow = format!("allow it: `namespaces = [{}]` under `[permissions]`", listed.join(", "));
    let at = step.provider_at.join("arguments");
    let wrong = |place, message| Diagnostic::new(Code::NamespaceNotAllowed, place, message);
    match argument {
        Some(argument) if !call.is_given(argument) => {
            // Then the misspelling is the one mistake.
            if is_misspelt(activity, call.arguments, argument) {
                return None;
            }
            let place =
                if call.arguments.is_empty() { Place::Value(step.provider_at.join("func")) } else { Place::Key(at) };
            let message = format!("step `{name}` acts in namespace `{namespace}`, because `{argument}` is not given");
            let own = &config.namespace.name;
            let add = format!("add `{argument}: {own}` to the arguments of `{}`", step.provider);
            Some(wrong(place, message).help(add).help(allow))
        }
        argument => {
            let at = argument.map_or_else(|| step.provider_at.join("func"), |argument| at.join(argument));
            let message = format!("step `{name}` acts in namespace `{namespace}`, where no Role may be made");
            Some(wrong(Place::Value(at), message).help(allow))
        }
    }
}
