//! Which cluster: files, contexts, and what chaos.toml allows.

use std::path::Path;

use super::probe::Question;
use super::server::{Server, json};
use crate::folders::put;
use crate::tools::in_time;

/// Writes a kubeconfig with one context `dev`; `cluster` and `user` are what stands in them, as one line of YAML.
pub(super) fn kubeconfig(folder: &Path, cluster: &str, user: &str) {
    put(
        &folder.join("config"),
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: dev\n\
             clusters:\n- name: c\n  cluster: {{{cluster}}}\n\
             users:\n- name: u\n  user: {{{user}}}\n\
             contexts:\n- name: dev\n  context: {{cluster: c, user: u}}\n"
        ),
    );
}

/// Starts a server that answers everything with its version, and writes a kubeconfig for it.
pub(super) fn version_server(folder: &Path) -> Server {
    let server = Server::start(|_, _| json(200, "", "{\"gitVersion\": \"v1.35.4\"}"));
    kubeconfig(folder, &format!("server: '{}'", server.url("http")), "token: CANARY");
    server
}

#[test]
fn a_request_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let said = Question::new(folder.path()).ask();
    assert_eq!(said.answers(), "200 {\"gitVersion\": \"v1.35.4\"}\nSome(\"dev\") u 1\n");
    let received = server.received();
    let [request] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(request.path(), "/version");
    assert_eq!(request.header("user-agent"), Some(concat!("chaosc/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("authorization"), Some("Bearer CANARY"));
}

#[test]
fn a_server_may_have_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    kubeconfig(folder.path(), &format!("server: '{}/k8s/clusters/c-1/'", server.url("http")), "");
    Question::new(folder.path()).ask().answers();
    assert_eq!(server.received()[0].path(), "/k8s/clusters/c-1/version");
}

#[test]
fn files_of_the_variable_are_merged_and_the_first_to_say_something_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    put(&folder.path().join("one"), "current-context: ''\ncontexts: [{name: mine, context: {cluster: c, user: me}}]\n");
    put(
        &folder.path().join("sub/two"),
        format!(
            "current-context: mine\nclusters: [{{name: c, cluster: {{server: '{}'}}}}]\n\
             contexts: [{{name: mine, context: {{cluster: gone, user: gone}}}}]\n\
             users: [{{name: me, user: {{tokenFile: token}}}}]\n",
            server.url("http")
        ),
    );
    put(&folder.path().join("sub/token"), "of-two\n");
    let variable = format!("{}::{}:{}", path("one"), path("gone"), path("sub/two"));
    let said = Question::new(folder.path()).with("kubeconfig", ()).variable("KUBECONFIG", variable).ask();
    assert!(said.answers().ends_with("Some(\"mine\") me 1\n"), "{said:?}");
    assert_eq!(server.received()[0].header("authorization"), Some("Bearer of-two"));
}

#[test]
fn the_kubeconfig_of_the_home_folder_is_the_last_resort() {
    let folder = tempfile::tempdir().unwrap();
    let _server = version_server(folder.path());
    std::fs::create_dir(folder.path().join(".kube")).unwrap();
    std::fs::rename(folder.path().join("config"), folder.path().join(".kube/config")).unwrap();
    Question::new(folder.path()).with("kubeconfig", ()).ask().answers();
}

/// As in `--kubeconfig <(decrypt config)`.
#[test]
fn a_kubeconfig_may_come_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let _server = version_server(folder.path());
    let words: Vec<String> = Question::words().iter().map(|word| format!("'{word}'")).collect();
    let script = format!("{} 63< <(cat config)", words.join(" "));
    let question = Question::new(folder.path()).with("kubeconfig", "/dev/fd/63");
    let (code, out, err) = in_time(&mut question.command(&["bash", "-c", &script]));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("=> 200 "), "{out}");
}

/// What is wrong with the way to a cluster, and what is said of it; nothing is sent.
#[test]
fn whoever_does_not_find_a_cluster_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let server = version_server(folder.path());
    let here = folder.path().display().to_string();
    let file = |name: &str, text: &[u8]| {
        put(&folder.path().join(name), text);
        folder.path().join(name).display().to_string()
    };
    let ask = |change: &dyn Fn(Question) -> Question| {
        change(Question::new(folder.path())).ask().refusal(server.port).replace(&here, "HERE")
    };
    let with_file = |name: &str, text: &str| {
        let path = file(name, text.as_bytes());
        ask(&|question| question.with("kubeconfig", path.as_str()))
    };

    let no_kubeconfig =
        "help: `--kubeconfig FILE` or the variable KUBECONFIG names one; in a pod its account is used\n";
    assert_eq!(
        ask(&|question| question.with("kubeconfig", ())),
        format!("error: there is no kubeconfig that names a context, looked for `HERE/.kube/config`\n{no_kubeconfig}")
    );
    assert_eq!(
        ask(&|question| question.with("kubeconfig", ()).variable("KUBECONFIG", "/nowhere:/dev/null")),
        format!(
            "error: there is no kubeconfig that names a context, looked for `/nowhere`, `/dev/null`\n{no_kubeconfig}"
        )
    );
    assert_eq!(
        ask(&|question| question.with("kubeconfig", "/nowhere")),
        "error: cannot read the kubeconfig `/nowhere`: there is no such file\n\
         help: `--kubeconfig FILE` reads another one\n"
    );
    assert_eq!(
        ask(&|question| question.with("kubeconfig", "/etc")),
        "error: cannot read the kubeconfig `/etc`: Is a directory (os error 21)\n\
         help: `--kubeconfig FILE` reads another one\n"
    );
    assert_eq!(
        with_file("syntax", "users:\n- name: u\n  user: {token: CANARY\nclusters: [\n"),
        "error: the kubeconfig `HERE/syntax` is broken at line 4, column 9\n\
         help: `kubectl --kubeconfig HERE/syntax config view` says what is wrong with it\n"
    );
    let utf_16 = file("utf-16", b"\xff\xfea");
    assert_eq!(
        ask(&|question| question.with("kubeconfig", utf_16.as_str())),
        "error: the kubeconfig `HERE/utf-16` is broken\n\
         help: `kubectl --kubeconfig HERE/utf-16 config view` says what is wrong with it\n"
    );
    assert_eq!(
        with_file("types", "users:\n- name: u\n  user: {token: [CANARY]}\n"),
        "error: the kubeconfig `HERE/types` is broken at line 3, column 17\n\
         help: `kubectl --kubeconfig HERE/types config view` says what is wrong with it\n"
    );
    assert_eq!(
        ask(&|question| question.with("context", "def")),
        "error: the kubeconfig has no context `def`\nhelp: did you mean `dev`? there are `dev`\n"
    );
    assert_eq!(
        with_file("none", "contexts: [{name: a, context: {cluster: c}}, {name: b, context: {cluster: c}}]"),
        "error: the kubeconfig has no current context\nhelp: `--context NAME` chooses one of `a`, `b`\n"
    );
    assert_eq!(
        ask(&|question| question.with("contexts", vec!["staging"])),
        "error: `contexts` in chaos.toml does not allow the context `dev`\n\
         help: `--context NAME` chooses one of `staging`; or add this one to `contexts`\n"
    );
    for url in ["''", "'127.0.0.1:6443'", "'ftp://a'", "'https://'"] {
        kubeconfig(folder.path(), &format!("server: {url}"), "");
        assert_eq!(
            ask(&|question| question),
            "error: the `server` of the cluster `c` in the kubeconfig is no URL of a server\n\
             help: `kubectl --kubeconfig HERE/config config set-cluster c --server=https://HOST:PORT` sets it\n",
            "{url}"
        );
    }
    assert_eq!(
        with_file("lost", "current-context: a\ncontexts: [{name: a, context: {cluster: c}}]"),
        "error: the kubeconfig has no cluster `c`, which its context `a` names\n\
         help: `kubectl --kubeconfig HERE/lost config get-clusters` lists those that there are\n"
    );
    let address = server.url("http");
    assert_eq!(
        with_file(
            "nobody",
            &format!(
                "current-context: a\ncontexts: [{{name: a, context: {{cluster: c, user: gone}}}}]\n\
                 clusters: [{{name: c, cluster: {{server: '{address}'}}}}]"
            )
        ),
        "error: the kubeconfig has no user `gone`, which its context `a` names\n\
         help: `kubectl --kubeconfig HERE/nobody config get-users` lists those that there are\n"
    );
    let url = format!("server: '{}'", server.url("http"));
    kubeconfig(folder.path(), &format!("{url}, certificate-authority: gone.crt"), "");
    assert_eq!(
        ask(&|question| question),
        "error: cannot read the certificate authority `HERE/gone.crt`: there is no such file\n\
         help: fetch the kubeconfig anew from whoever runs the cluster\n"
    );
    for data in ["'%'", "Q0FOQVJZ"] {
        kubeconfig(folder.path(), &format!("{url}, certificate-authority-data: {data}"), "");
        assert_eq!(
            ask(&|question| question),
            "error: the certificate authority of the cluster in the kubeconfig holds no certificate that can be read\n\
             help: fetch the kubeconfig anew from whoever runs the cluster\n"
        );
    }
    assert_eq!(server.connections(), 0, "nothing was sent");
}
