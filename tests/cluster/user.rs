//! Users with client certificates: nobody but they send what they send, and they may do what RBAC lets them.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::lab::{kubeconfig, kubectl_with};
use crate::tools::{succeed, tool};

/// A user of the cluster, and what was granted to them.
pub(crate) struct User {
    folder: TempDir,
    pub(crate) name: String,
}

impl User {
    /// Creates a user in a group by a certificate of the control plane's own authority.
    pub(crate) fn new(name: &str, group: &str) -> User {
        let user = User { folder: TempDir::new().unwrap(), name: name.to_owned() };
        let path = |file: &str| user.folder.path().join(file).to_str().unwrap().to_owned();
        let (certificate, key, authority) = (path("user.crt"), path("user.key"), of_plane("CHAOSC_TEST_CA"));
        let subject = format!("/O={group}/CN={name}");
        let arguments =
            ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
        let usage =
            ["-subj", &subject, "-addext", "extendedKeyUsage=clientAuth", "-keyout", &key, "-out", &certificate];
        let mut openssl = Command::new("openssl");
        openssl
            .args(arguments)
            .args(usage)
            .arg("-CA")
            .arg(&authority)
            .arg("-CAkey")
            .arg(of_plane("CHAOSC_TEST_CA_KEY"));
        succeed(&mut openssl);
        let server = kubectl_with(&["config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"], "");
        let config = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority": authority}}],
            "users": [{"name": name, "user": {"client-certificate": certificate, "client-key": key}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
        });
        std::fs::write(user.kubeconfig(), config.to_string()).unwrap();
        user
    }

    /// Returns the kubeconfig of the user.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Grants verbs on resources, such as `deployments.apps`, in a namespace or in the whole cluster.
    pub(crate) fn may(&self, namespace: Option<&str>, verbs: &[&str], resources: &[&str]) {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("{}-{}", self.name, NUMBER.fetch_add(1, Ordering::Relaxed));
        let (kind, place) = match namespace {
            Some(namespace) => ("role", vec!["--namespace", namespace]),
            None => ("clusterrole", vec![]),
        };
        let (verbs_option, resources_option) =
            (format!("--verb={}", verbs.join(",")), format!("--resource={}", resources.join(",")));
        let create = |arguments: &[&str]| kubectl_with(&[&["create"], arguments, &place].concat(), "");
        create(&[kind, &name, &verbs_option, &resources_option]);
        let (binding, role, user) =
            (format!("{kind}binding"), format!("--{kind}={name}"), format!("--user={}", self.name));
        create(&[&binding, &name, &role, &user]);
        if namespace.is_none() {
            let label = format!("chaosc.test/user={}", self.name);
            kubectl_with(&["label", kind, &name, &label], "");
            kubectl_with(&["label", &binding, &name, &label], "");
        }
        // The server reads its own rules with a little delay.
        let start = Instant::now();
        let question = [
            &["auth", "can-i", verbs[verbs.len() - 1], resources[resources.len() - 1], "--as", &self.name],
            &place[..],
        ]
        .concat();
        let is_allowed = || {
            Command::new(tool("CHAOSC_TEST_KUBECTL"))
                .args(&question)
                .env("KUBECONFIG", kubeconfig())
                .output()
                .unwrap()
                .status
                .success()
        };
        while !is_allowed() {
            assert!(start.elapsed() < Duration::from_secs(20), "still not allowed: {question:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let label = format!("chaosc.test/user={}", self.name);
        let arguments = ["delete", "clusterrole,clusterrolebinding", "--wait=false", "--selector", &label];
        let _ = Command::new(tool("CHAOSC_TEST_KUBECTL")).args(arguments).env("KUBECONFIG", kubeconfig()).output();
    }
}

/// Returns a path that only a control plane of the tests' own has. Elsewhere the test fails: nothing is skipped in silence.
pub(crate) fn of_plane(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "{variable} is not set: this needs the control plane of `./test --cluster`; with a cluster of your own leave it out by `--skip reads --skip rights`"
        )
    })
}
