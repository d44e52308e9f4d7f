//! Lists that a server does not give as it should: none passes for an empty one.

use super::answers::{Diffed, diff, empty};
use super::server::{Deed, Received, json};

/// Runs a diff over a cluster that answers its list of `ConfigMaps` so.
fn diff_with_config_maps(answer: impl Fn(&Received) -> Deed + Send + Sync + 'static) -> Diffed {
    diff(&[], move |_, request| {
        if request.path().starts_with("/api/v1/namespaces/go-app/configmaps?") {
            answer(request)
        } else {
            empty(request)
        }
    })
}

/// A right is missing where the server says so, and nowhere else.
#[test]
fn a_list_that_fails_is_no_missing_right() {
    for (status, words) in [(400, "400 Bad Request"), (410, "410 Gone"), (405, "405 Method Not Allowed")] {
        let diffed =
            diff_with_config_maps(move |_| json(status, "", "{\"kind\": \"Status\", \"message\": \"token=CANARY\"}"));
        assert_eq!(
            diffed.error(),
            format!("the API server answered {words} for `/api/v1/namespaces/go-app/configmaps`: token=(secret)")
        );
    }
}

/// A page of a list that goes on.
const PAGE: &str = r#"{"apiVersion": "v1", "kind": "ConfigMapList", "items": [], "metadata": {"continue": "more"}}"#;

/// What is too old to be continued is read once more, in one piece.
#[test]
fn a_list_that_is_too_old_begins_anew_once() {
    let diffed = diff_with_config_maps(|request| {
        if request.path().contains("continue=") {
            json(410, "", "{\"kind\": \"Status\", \"message\": \"too old\"}")
        } else {
            json(200, "", PAGE)
        }
    });
    let expected = "the API server answered 410 Gone for `/api/v1/namespaces/go-app/configmaps`: too old";
    assert_eq!(diffed.error(), expected);
    let received = diffed.server.received();
    let pages = received.iter().filter_map(|request| request.path().split_once("/configmaps?").map(|(_, query)| query));
    assert_eq!(pages.collect::<Vec<_>>(), ["limit=500", "limit=500&continue=more", "limit=0", "limit=0&continue=more"]);
}
