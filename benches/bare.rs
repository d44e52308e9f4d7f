//! The bare loop of `benches/diff.py` and `benches/apply.py`: sends requests, sixteen at a time, and looks at nothing but their status.
//!
//! Each line of the file is a method, an address and, for a patch, the body.
#![allow(clippy::unwrap_used)]

use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use kube::client::Body;

fn main() {
    // Cargo's own arguments do not name a file.
    let Some(path) = std::env::args().nth(1).filter(|argument| !argument.starts_with('-')) else { return };
    let requests = std::fs::read_to_string(path).unwrap();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut config = kube::Config::infer().await.unwrap();
        config.default_retry = false;
        config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static("bare")));
        let client = kube::Client::try_from(config).unwrap();
        stream::iter(requests.lines())
            .map(|line| {
                let client = client.clone();
                async move {
                    let mut words = line.splitn(3, ' ');
                    let (method, address) = (words.next().unwrap(), words.next().unwrap());
                    let body = words.next().unwrap_or_default();
                    let kind = match method {
                        "PATCH" if body.contains("\"kind\"") => "application/apply-patch+yaml",
                        "PATCH" => "application/merge-patch+json",
                        _ => "application/json",
                    };
                    let request = http::Request::builder().method(method).uri(address).header("content-type", kind);
                    let body = Body::from(body.as_bytes().to_vec());
                    let answer = client.send(request.body(body).unwrap()).await.unwrap();
                    let status = answer.status();
                    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
                    // What was read after a deletion was gone then, too.
                    let is_gone = method == "GET" && status == http::StatusCode::NOT_FOUND;
                    assert!(status.is_success() || is_gone, "{line} {status} {bytes:?}");
                }
            })
            .buffer_unordered(16)
            .collect::<()>()
            .await;
    });
}
