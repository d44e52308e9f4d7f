//! The kubeconfig: where it is, what its files say together, and which context of it is meant.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kube::config::{AuthInfo, Cluster, Kubeconfig, KubeconfigError};

use super::Kubectl;
use super::error::AccessError;
use crate::source::FileProblem;

/// A context with what it leads to.
#[derive(Debug)]
pub(super) struct Chosen {
    /// The context's name.
    pub(super) context: String,
    /// The cluster's name.
    pub(super) cluster_name: String,
    /// How to reach the cluster.
    pub(super) cluster: Cluster,
    /// The user's name; empty if the context names none.
    pub(super) user: String,
    /// Who that is.
    pub(super) login: AuthInfo,
}

/// Returns the files to read, in which the first to say something is right: KUBECONFIG, or that of the home folder.
pub(super) fn files_of_environment() -> Vec<PathBuf> {
    let variable = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let named: Vec<PathBuf> = std::env::split_paths(&variable).filter(|path| !path.as_os_str().is_empty()).collect();
    if !named.is_empty() {
        return named;
    }
    std::env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect()
}

/// Reads files and merges them; those that do not exist are passed over, as kubectl does.
pub(super) fn read(files: &[PathBuf]) -> Result<Kubeconfig, AccessError> {
    let mut merged = Kubeconfig::default();
    for file in files {
        let Some(mut next) = read_one(file)? else { continue };
        // kubectl writes an empty name where there is none.
        next.current_context = next.current_context.filter(|name| !name.is_empty());
        merged = merged.merge(next).map_err(|_| AccessError::MismatchedKubeconfig { path: file.clone() })?;
    }
    Ok(merged)
}

fn read_one(file: &Path) -> Result<Option<Kubeconfig>, AccessError> {
    if is_half_a_character_short(file) {
        return Err(AccessError::BrokenKubeconfig { path: file.to_owned(), at: None });
    }
    match Kubeconfig::read_from(file) {
        Ok(kubeconfig) => Ok(Some(kubeconfig)),
        Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(KubeconfigError::ReadConfig(error, path)) => {
            Err(AccessError::UnreadableKubeconfig { path, reason: FileProblem::from(error).reason() })
        }
        // The error shows the lines around the place, and a token may stand in one of them.
        Err(KubeconfigError::Parse(error)) => Err(AccessError::BrokenKubeconfig {
            path: file.to_owned(),
            at: error.location().map(|at| (at.line(), at.column())).filter(|(line, _)| *line > 0),
        }),
        Err(_) => Err(AccessError::BrokenKubeconfig { path: file.to_owned(), at: None }),
    }
}

/// Returns whether a file is UTF-16 with an odd number of bytes, at which kube panics; a pipe is not read for it.
fn is_half_a_character_short(file: &Path) -> bool {
    let is_file = fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.len() % 2 == 1);
    is_file && fs::read(file).is_ok_and(|bytes| matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]))
}

/// Returns the context that is asked for, or the current one, if chaos.toml allows it; no list: it allows any.
pub(super) fn choose(
    kubeconfig: Kubeconfig,
    asked_for: Option<&str>,
    allowed: &[String],
    kubectl: &Kubectl,
) -> Result<Chosen, AccessError> {
    let contexts = || kubeconfig.contexts.iter().map(|named| named.name.clone()).collect::<Vec<_>>();
    let name = asked_for.or(kubeconfig.current_context.as_deref());
    let Some(name) = name else { return Err(AccessError::NoCurrentContext { contexts: contexts() }) };
    let found = kubeconfig.contexts.iter().find(|named| named.name == name);
    let Some(found) = found else {
        let contexts = contexts();
        let names: Vec<&str> = contexts.iter().map(String::as_str).collect();
        let near = similar::get_close_matches(name, &names, 1, 0.6).first().map(|near| (*near).to_owned());
        return Err(AccessError::UnknownContext { name: name.to_owned(), near, contexts });
    };
    if !allowed.is_empty() && !allowed.iter().any(|one| one == name) {
        return Err(AccessError::ContextNotAllowed { name: name.to_owned(), allowed: allowed.to_vec() });
    }
    let (name, kubectl) = (name.to_owned(), kubectl.clone());
    let Some(context) = found.context.clone().filter(|context| !context.cluster.is_empty()) else {
        return Err(AccessError::ContextWithoutCluster { context: name, kubectl });
    };
    let user = context.user.unwrap_or_default();
    let cluster = kubeconfig.clusters.into_iter().find(|named| named.name == context.cluster);
    let Some(cluster) = cluster.and_then(|named| named.cluster) else {
        return Err(AccessError::UnknownCluster { context: name, cluster: context.cluster, kubectl });
    };
    let login = kubeconfig.auth_infos.into_iter().find(|named| named.name == user);
    if login.is_none() && !user.is_empty() {
        return Err(AccessError::UnknownUser { context: name, user, kubectl });
    }
    let login = login.and_then(|named| named.auth_info).unwrap_or_default();
    Ok(Chosen { context: name, cluster_name: context.cluster, cluster, user, login })
}

#[cfg(test)]
mod tests {
    use kube::config::Kubeconfig;

    use super::{Kubectl, choose};

    const KUBECONFIG: &str = "
clusters: [{name: c, cluster: {server: 'https://c'}}]
users: [{name: u, user: {username: me}}]
contexts:
- {name: kind-dev, context: {cluster: c, user: u}}
- {name: prod, context: {cluster: c}}
- {name: lost, context: {cluster: gone, user: u}}
- {name: nobody, context: {cluster: c, user: gone}}
- {name: empty}
";

    fn chosen(current: Option<&str>, asked_for: Option<&str>, allowed: &[&str]) -> Result<(String, String), String> {
        let mut kubeconfig = Kubeconfig::from_yaml(KUBECONFIG).unwrap();
        kubeconfig.current_context = current.map(str::to_owned);
        let allowed: Vec<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        match choose(kubeconfig, asked_for, &allowed, &Kubectl::default()) {
            Ok(chosen) => Ok((chosen.context, chosen.user)),
            Err(error) => Err(format!("{error} | {}", error.hint())),
        }
    }

    #[test]
    fn a_context_is_asked_for_or_current_and_has_to_be_allowed() {
        let found = |context: &str, user: &str| Ok((context.to_owned(), user.to_owned()));
        let refused = |text: &str| Err(text.to_owned());
        let all = "`kind-dev`, `prod`, `lost`, `nobody`, `empty`";
        for (current, asked_for, allowed, expected) in [
            (Some("prod"), None, &[][..], found("prod", "")),
            (Some("prod"), Some("kind-dev"), &[], found("kind-dev", "u")),
            (Some("prod"), Some("kind-dev"), &["kind-dev"], found("kind-dev", "u")),
            (
                None,
                Some("nobody"),
                &[],
                refused(
                    "the kubeconfig has no user `gone`, which its context `nobody` names | `kubectl config get-users` \
                     lists those that there are",
                ),
            ),
            (
                None,
                Some("empty"),
                &[],
                refused(
                    "the context `empty` of the kubeconfig names no cluster | `kubectl config set-context empty \
                     --cluster=NAME` sets it",
                ),
            ),
            (
                Some("prod"),
                None,
                &["kind-dev", "stage"],
                refused(
                    "`contexts` in chaos.toml does not allow the context `prod` | `--context NAME` chooses one of \
                     `kind-dev`, `stage`; or add this one to `contexts`",
                ),
            ),
            (
                None,
                None,
                &[],
                refused(&format!("the kubeconfig has no current context | `--context NAME` chooses one of {all}")),
            ),
            (
                None,
                Some("knd-dev"),
                &[],
                refused(&format!("the kubeconfig has no context `knd-dev` | did you mean `kind-dev`? there are {all}")),
            ),
            (None, Some("xyz"), &[], refused(&format!("the kubeconfig has no context `xyz` | there are {all}"))),
            (
                Some("lost"),
                None,
                &[],
                refused(
                    "the kubeconfig has no cluster `gone`, which its context `lost` names | `kubectl config \
                     get-clusters` lists those that there are",
                ),
            ),
        ] {
            assert_eq!(chosen(current, asked_for, allowed), expected, "{current:?} {asked_for:?} {allowed:?}");
        }
    }
}
