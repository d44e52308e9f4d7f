//! Inside a pod: no kubeconfig, but files and variables of Kubernetes.

use std::path::Path;

use super::certificates::Authority;
use super::probe::{Question, Said};
use super::server::{Server, json};
use crate::folders::put;

// {"alg":"RS256"} . {"sub":"system:serviceaccount:shop:ci"} . CANARY
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6c2hvcDpjaSJ9.CANARY";

/// Asks with the folder `account` where a pod finds its own, in a mount namespace of its own.
fn ask(folder: &Path, port: u16, change: impl FnOnce(Question) -> Question) -> Said {
    let question = Question::new(folder)
        .with("kubeconfig", ())
        .variable("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        .variable("KUBERNETES_SERVICE_PORT", port.to_string());
    let mounted = "mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && \
                   cp -r account /run/secrets/kubernetes.io/serviceaccount && exec \"$@\"";
    change(question).ask_below(&["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh"])
}

fn account(folder: &Path, authority: &Authority) {
    put(&folder.join("account/token"), TOKEN);
    put(&folder.join("account/namespace"), "shop");
    put(&folder.join("account/ca.crt"), authority.pem());
}

#[test]
fn the_account_of_the_pod_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = Server::with_tls(&authority.good(), |_, _| json(200, "", "{}"));
    account(folder.path(), &authority);
    let said = ask(folder.path(), server.port, |question| question);
    assert_eq!(said.answers(), "200 {}\nNone system:serviceaccount:shop:ci 1\n");
    assert_eq!(server.received()[0].header("authorization"), Some(&*format!("Bearer {TOKEN}")));
}

#[test]
fn a_kubeconfig_goes_before_the_account_of_the_pod() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    account(folder.path(), &authority);
    let server = super::access::version_server(folder.path());
    let config = folder.path().join("config").display().to_string();
    let said = ask(folder.path(), 1, |question| question.variable("KUBECONFIG", config));
    assert!(said.answers().ends_with("Some(\"dev\") u 1\n"), "{said:?}");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn what_is_wrong_in_a_pod_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let server = Server::with_tls(&authority.good(), |_, _| json(401, "", "{}"));
    account(folder.path(), &authority);
    assert_eq!(
        ask(folder.path(), server.port, |question| question.with("contexts", vec!["staging", "dev"]))
            .refusal(server.port),
        "error: `contexts` in chaos.toml allows `staging`, `dev` alone, and inside a cluster there is no context\n\
         help: replace `contexts` by `cluster-uid`, which holds for whoever asks and from wherever\n"
    );
    assert_eq!(
        ask(folder.path(), server.port, |question| question).refusal(server.port),
        "error: `https://127.0.0.1:PORT` does not accept the credentials of `system:serviceaccount:shop:ci`\n\
         help: does the pod's ServiceAccount still exist? a new pod gets a new token\n"
    );
    let hint =
        "help: `automountServiceAccountToken: true` gives a pod the files; `--kubeconfig FILE` goes without them\n";
    put(&folder.path().join("account/ca.crt"), "CANARY");
    for (gone, expected) in [
        ("token", "its token: there is no such file"),
        ("ca.crt", "its certificate authority: there is no such file"),
        ("namespace", "its namespace: there is no such file"),
    ] {
        account(folder.path(), &authority);
        std::fs::remove_file(folder.path().join("account").join(gone)).unwrap();
        assert_eq!(
            ask(folder.path(), server.port, |question| question).refusal(server.port),
            format!("error: the pod has no account that can be used: {expected}\n{hint}")
        );
    }
}
