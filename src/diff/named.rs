//! Objects that the user names with `--replace`: `KIND/NAME`, with the namespace before it where several are called so.

use crate::kubernetes::ObjectId;
use crate::snapshot::Snapshot;

/// Returns what the user has to name an object by.
pub(super) fn name(id: &ObjectId, snapshot: &Snapshot) -> String {
    let others = snapshot.objects.iter().filter(|one| one.id != *id && one.id.to_string() == id.to_string());
    if others.count() > 0 { in_namespace(id) } else { id.to_string() }
}

/// Returns whether the user has named an object.
pub(super) fn is_named(id: &ObjectId, snapshot: &Snapshot) -> bool {
    let names = [name(id, snapshot), in_namespace(id)];
    snapshot.wishes.replace.iter().any(|wish| names.iter().any(|name| name.eq_ignore_ascii_case(wish)))
}

/// Says which names are of nothing.
pub(super) fn unknown(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let is_of = |wish: &str, id: &ObjectId| {
        [id.to_string(), in_namespace(id)].iter().any(|name| name.eq_ignore_ascii_case(wish))
    };
    let unknown = move |wish: &&String| !snapshot.objects.iter().any(|object| is_of(wish, &object.id));
    snapshot.wishes.replace.iter().filter(unknown).map(|wish| {
        format!(
            "`--replace {wish}` names no object of the bundle; it is written as `KIND/NAME`, such as `Service/shop`"
        )
    })
}

fn in_namespace(id: &ObjectId) -> String {
    id.namespace.as_ref().map_or_else(|| id.to_string(), |namespace| format!("{namespace}/{id}"))
}
