//! One manager's share of an object, and what of it is others' as well.

use serde_json::{Map, Value};

use super::{Segment, applied_by, entries};

/// What a manager owns of a value, part by part.
#[derive(Debug, Default)]
pub struct Share<'t> {
    /// The parts that it owns.
    parts: Vec<(Segment<'t>, Share<'t>)>,
    /// Others own the value, or a part of it.
    is_shared: bool,
    /// The value is owned as a whole, and nobody owns a part of it: it is written as a whole (structured-merge-diff,
    /// "atomic").
    is_whole: bool,
}

impl<'t> Share<'t> {
    /// Returns what a manager owns of an object by server-side apply; nothing if it has applied nothing.
    pub fn applied_by(object: &'t Value, manager: &str) -> Option<Share<'t>> {
        let own = applied_by(object, manager)?;
        let others = entries(object).filter(|entry| !std::ptr::eq(entry.fields, own.fields));
        Some(Share::of(own.fields, &others.map(|entry| entry.fields).collect::<Vec<_>>()))
    }

    /// Returns what a tree owns, beside the trees of others.
    pub fn of(fields: &'t Map<String, Value>, others: &[&Map<String, Value>]) -> Share<'t> {
        let parts = fields.iter().filter_map(|(key, below)| {
            let segment = Segment::parse(key)?;
            let below = below.as_object()?;
            let others: Vec<&Map<String, Value>> =
                others.iter().filter_map(|other| other.get(key)?.as_object()).collect();
            let mut part = Share::of(below, &others);
            part.is_shared = !others.is_empty();
            part.is_whole = below.is_empty() && others.iter().all(|other| other.is_empty());
            Some((segment, part))
        });
        Share { parts: parts.collect(), is_shared: false, is_whole: false }
    }

    /// Returns the parts that are owned.
    pub fn parts(&self) -> impl Iterator<Item = (&Segment<'t>, &Share<'t>)> {
        self.parts.iter().map(|(segment, part)| (segment, part))
    }

    /// Returns the share of a field of an object.
    pub fn field(&self, name: &str) -> Option<&Share<'t>> {
        self.parts().find(|(segment, _)| **segment == Segment::Field(name)).map(|(_, part)| part)
    }

    /// Returns the share of an item of a list: one with a key, or a member of a set.
    pub fn item(&self, item: &Value) -> Option<&Share<'t>> {
        let leads_there = |segment: &Segment<'t>| match segment {
            Segment::Key(_) => segment.follow(&Value::Array(vec![item.clone()])).is_some(),
            Segment::Member(member) => member == item,
            _ => false,
        };
        self.parts().find(|(segment, _)| leads_there(segment)).map(|(_, part)| part)
    }

    /// Returns whether others own the value, or a part of it.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Returns whether the value is written as a whole.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Returns whether nothing of the value is owned part by part.
    pub fn is_leaf(&self) -> bool {
        self.parts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_share_says_what_is_owned_alone_and_what_as_a_whole() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "fieldsV1": fields});
        let object = json!({"metadata": {"managedFields": [
            entry("chaosc", "Apply", json!({"f:spec": {
                "f:selector": {}, "f:paused": {}, "f:labels": {}, "f:list": {"k:{\"name\":\"a\"}": {"f:name": {}}, "v:\"x\"": {}},
            }})),
            entry("kubectl-edit", "Update", json!({"f:spec": {"f:paused": {}, "f:labels": {"f:theirs": {}}}})),
        ]}});
        let share = Share::applied_by(&object, "chaosc").unwrap();
        let spec = share.field("spec").unwrap();
        let told = |name: &str| spec.field(name).map(|part| (part.is_shared(), part.is_whole()));
        assert_eq!(told("selector"), Some((false, true)));
        assert_eq!(told("paused"), Some((true, true)));
        assert_eq!(told("labels"), Some((true, false)));
        assert_eq!(told("replicas"), None);
        let list = spec.field("list").unwrap();
        assert!(list.item(&json!({"name": "a", "more": 1})).is_some() && list.item(&json!("x")).is_some());
        assert!(list.item(&json!({"name": "b"})).is_none() && list.item(&json!("y")).is_none());
        assert!(Share::applied_by(&object, "kubectl-edit").is_none());
    }
}
