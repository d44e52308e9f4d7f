//! The pages of a list, and that there is an end to them (Kubernetes API, "Retrieving large results sets in chunks").

use crate::cluster::error::AnswerError;
use crate::cluster::{Answer, Cluster, ClusterError, Request};
use crate::kubernetes::resource::escaped;

/// How many objects one page may hold: what kubectl takes, too; it bounds the memory of an answer.
const PAGE: usize = 500;

/// How many pages a list may have: a million objects of one kind, which no store of a cluster holds.
const PAGES: usize = 2000;

/// A list that is read page by page.
pub(crate) struct Pages {
    collection: String,
    selector: String,
    limit: usize,
    next: String,
    turned: usize,
}

impl Pages {
    /// Begins with the first page; `selector` is what stands behind the limit in the address.
    pub(crate) fn of(collection: String, selector: &str) -> Pages {
        Pages { collection, selector: selector.to_owned(), limit: PAGE, next: String::new(), turned: 0 }
    }

    /// Reads a page; `None` if it was too old to be continued, so that what was read is void and the list begins anew.
    ///
    /// It comes in one piece then, as client-go does it: what has taken too long once would do so again.
    pub(crate) async fn next(&mut self, cluster: &Cluster) -> Result<Option<Answer>, ClusterError> {
        let more = if self.next.is_empty() { String::new() } else { format!("&continue={}", escaped(&self.next)) };
        let path = format!("{}?limit={}{}{more}", self.collection, self.limit, self.selector);
        let answer = cluster.send(Request::get(path)).await?;
        if answer.status == 410 && self.limit > 0 && !self.next.is_empty() {
            self.next.clear();
            // No limit.
            self.limit = 0;
            return Ok(None);
        }
        Ok(Some(answer.readable()?))
    }

    /// Goes on to the page that begins at `next`; returns whether there is one.
    pub(crate) fn turn(&mut self, answer: &Answer, next: String) -> Result<bool, AnswerError> {
        self.turned += 1;
        self.next = next;
        if self.turned >= PAGES && !self.next.is_empty() {
            return Err(answer.unexpected("its pages do not end"));
        }
        Ok(!self.next.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_without_an_end_is_given_up() {
        let answer = Answer::new(&Request::get("/api/v1/pods"), 200, b"{\"kind\": \"PodList\"}".to_vec()).unwrap();
        let mut pages = Pages::of("/api/v1/pods".to_owned(), "");
        for page in 1..PAGES {
            assert!(pages.turn(&answer, page.to_string()).unwrap());
        }
        assert_eq!(
            pages.turn(&answer, "more".to_owned()).unwrap_err().to_string(),
            "`/api/v1/pods` of the API server does not hold what it should: its pages do not end"
        );
        assert!(!pages.turn(&answer, String::new()).unwrap());
    }
}
