//! Lists that a server does not give as it should: none passes for an empty one.

use super::answers::{Diffed, diff, empty};
use super::server::{Deed, Received, bytes, json};

/// What Go's servers say of a path that they do not have.
fn page_not_found() -> Deed {
    Deed::Send(bytes(404, "content-type: text/plain\r\n", "404 page not found\n"))
}

/// Runs a diff over a cluster whose list of Jobs is a page that is not found; `lists` are those of the API: path and body.
fn diff_without_jobs(lists: &'static [(&str, &str)]) -> Diffed {
    diff(&["--format", "summary"], move |_, request| {
        let list = lists.iter().find(|(path, _)| *path == request.path());
        match list {
            Some((_, body)) => json(200, "", body),
            None if request.path().starts_with("/apis/batch/v1/namespaces/go-app/jobs?") => page_not_found(),
            None if matches!(request.path(), "/apis" | "/apis/batch/v1") => page_not_found(),
            None => empty(request),
        }
    })
}

/// Only where the lists of the API say the same is it true: a gateway answers so, too.
#[test]
fn a_page_that_is_not_found_is_no_empty_list() {
    const GROUPS: &str =
        r#"{"kind": "APIGroupList", "groups": [{"name": "batch", "versions": [{"groupVersion": "batch/v1"}]}]}"#;
    const OTHER_GROUPS: &str =
        r#"{"kind": "APIGroupList", "groups": [{"name": "apps", "versions": [{"groupVersion": "apps/v1"}]}]}"#;
    const JOBS: &str = r#"{"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": [{"name": "jobs"}]}"#;
    const NO_JOBS: &str =
        r#"{"kind": "APIResourceList", "groupVersion": "batch/v1", "resources": [{"name": "cronjobs"}]}"#;
    for (lists, is_believed) in [
        (&[][..], false),
        (&[("/apis", GROUPS)], false),
        (&[("/apis/batch/v1", JOBS)], false),
        (&[("/apis/batch/v1", NO_JOBS)], true),
        (&[("/apis", OTHER_GROUPS)], true),
    ] {
        let diffed = diff_without_jobs(lists);
        if is_believed {
            assert!(diffed.out.contains("create "), "{lists:?} {} {}", diffed.out, diffed.err);
        } else {
            let server = diffed.server.url("http");
            let error = format!("`{server}` answered 404 Not Found with `text/plain` instead of a JSON object");
            assert_eq!(diffed.error(), error, "{lists:?}");
        }
    }
    // What every API server has needs no list.
    let diffed = diff(&[], |_, request| {
        if request.path().starts_with("/api/v1/namespaces/go-app/configmaps?") {
            page_not_found()
        } else {
            empty(request)
        }
    });
    assert!(diffed.error().contains("404 Not Found with `text/plain`"), "{}", diffed.err);
}

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
