//! Objects whose name ends in a hash of their content: a new one takes the place of an old one.

use std::collections::HashMap;

use crate::kubernetes::ObjectId;
use crate::plan::naming;

/// Pairs objects that come with objects that go, by everything but the hash; indices into the two lists.
///
/// Only what is unambiguous is paired: one that comes, one that goes.
pub(super) fn pairs(coming: &[&ObjectId], going: &[&ObjectId]) -> Vec<(usize, usize)> {
    type Places = HashMap<(String, String, Option<String>, String), (Vec<usize>, Vec<usize>)>;
    let mut places = Places::new();
    let key = |id: &ObjectId| {
        (id.group().to_owned(), id.kind.clone(), id.namespace.clone(), naming::unhashed(&id.name).to_owned())
    };
    for (number, id) in coming.iter().enumerate() {
        places.entry(key(id)).or_default().0.push(number);
    }
    for (number, id) in going.iter().enumerate() {
        places.entry(key(id)).or_default().1.push(number);
    }
    let mut pairs: Vec<(usize, usize)> = places
        .into_values()
        .filter_map(|(coming, going)| match (coming.as_slice(), going.as_slice()) {
            ([coming], [going]) => Some((*coming, *going)),
            _ => None,
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_paired_with_what_goes() {
        let id = |kind: &str, name: &str| ObjectId {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: name.to_owned(),
        };
        let coming = [id("ConfigMap", "a-0000000000"), id("ConfigMap", "b-0000000000"), id("Secret", "c-0000000000")];
        let going = [id("ConfigMap", "b-1111111111"), id("ConfigMap", "a-1111111111"), id("ConfigMap", "c-1111111111")];
        let (coming, going): (Vec<&ObjectId>, Vec<&ObjectId>) = (coming.iter().collect(), going.iter().collect());
        assert_eq!(pairs(&coming, &going), [(0, 1), (1, 0)]);
        let twice = [going[0], going[0]];
        assert_eq!(pairs(&coming, &twice), []);
    }
}
