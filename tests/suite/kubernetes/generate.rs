//! Objects made from the schemas themselves: the smallest, random ones, and ones with a mistake.

use serde_json::{Map, Value, json};

/// schema/kubernetes.json, read as plain JSON.
pub(super) struct Definitions(Value);

/// An object with one misspelt field.
pub(super) struct Misspelt {
    pub(super) object: Value,
    /// JSON pointer to the misspelt field.
    pub(super) pointer: String,
    /// What it should be called.
    pub(super) meant: String,
}

impl Definitions {
    pub(super) fn read() -> Self {
        let text = include_str!("../../../schema/kubernetes.json");
        Self(serde_json::from_str(text).unwrap())
    }

    /// All kinds, as `apiVersion/kind`.
    pub(super) fn kinds(&self) -> Vec<String> {
        self.0["kinds"].as_object().unwrap().keys().cloned().collect()
    }

    /// The JSON Schema of one kind, with all definitions that it reaches.
    pub(super) fn schema(&self, key: &str) -> Value {
        let root = self.root(key);
        let (mut wanted, mut defs) = (vec![root.to_owned()], Map::new());
        while let Some(name) = wanted.pop() {
            if !defs.contains_key(&name) {
                let definition = self.0["defs"][&name].clone();
                references(&definition, &mut wanted);
                defs.insert(name, definition);
            }
        }
        json!({"$ref": format!("#/$defs/{root}"), "$defs": defs})
    }

    /// The smallest valid object of a kind.
    pub(super) fn minimal(&self, key: &str) -> Value {
        let mut object = self.least(&self.0["defs"][self.root(key)]);
        identify(&mut object, key);
        object
    }

    /// A valid random object of a kind, without a status.
    pub(super) fn any(&self, key: &str, random: &mut Random) -> Value {
        let mut object = self.some(&self.0["defs"][self.root(key)], random, 7);
        identify(&mut object, key);
        object.as_object_mut().unwrap().remove("status");
        object
    }

    /// The smallest object with a misspelt field that is the last of `depth` steps of its pointer.
    pub(super) fn misspell(&self, key: &str, depth: usize) -> Misspelt {
        let root = &self.0["defs"][self.root(key)];
        let mut misspelt = self.misspell_in(root, depth).unwrap();
        identify(&mut misspelt.object, key);
        misspelt
    }

    fn misspell_in(&self, definition: &Value, depth: usize) -> Option<Misspelt> {
        let definition = self.follow(definition);
        if let Some(items) = definition.get("items") {
            let mut inner = self.misspell_in(items, depth.checked_sub(1)?)?;
            inner.object = json!([inner.object]);
            inner.pointer = format!("/0{}", inner.pointer);
            return Some(inner);
        }
        let properties = definition.get("properties")?.as_object()?;
        if depth == 0 {
            return None;
        }
        if depth == 1 {
            let name = properties.keys().find(|name| name.len() > 3)?;
            let wrong = swapped(name, properties)?;
            let mut object = self.least(definition);
            object[&wrong] = json!("x");
            return Some(Misspelt { object, pointer: format!("/{wrong}"), meant: name.clone() });
        }
        // The kind's own fields first: metadata is the same everywhere, and a status is nobody's to write.
        let mut names: Vec<&String> = properties.keys().collect();
        names.sort_by_key(|name| match name.as_str() {
            "spec" => 0,
            "metadata" => 2,
            "status" => 3,
            _ => 1,
        });
        names.into_iter().find_map(|name| {
            let inner = self.misspell_in(&properties[name], depth - 1)?;
            let mut object = self.least(definition);
            object[name] = inner.object;
            Some(Misspelt { object, pointer: format!("/{name}{}", inner.pointer), ..inner })
        })
    }

    fn root(&self, key: &str) -> &str {
        self.0["kinds"][key].as_str().unwrap()
    }

    fn follow<'a>(&'a self, definition: &'a Value) -> &'a Value {
        match definition.get("$ref") {
            Some(reference) => {
                let name = reference.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                &self.0["defs"][name]
            }
            None => definition,
        }
    }

    fn least(&self, definition: &Value) -> Value {
        let definition = self.follow(definition);
        if let Some(alternatives) = definition.get("oneOf") {
            return self.least(&alternatives[0]);
        }
        match first_type(definition) {
            "object" => {
                let required = definition["required"].as_array().into_iter().flatten();
                let pairs = required.map(|name| {
                    let name = name.as_str().unwrap();
                    (name.to_owned(), self.least(&definition["properties"][name]))
                });
                Value::Object(pairs.collect())
            }
            "array" => json!([]),
            "boolean" => json!(false),
            "string" => json!("x"),
            _ => json!(1),
        }
    }

    fn some(&self, definition: &Value, random: &mut Random, depth: usize) -> Value {
        let definition = self.follow(definition);
        if let Some(alternatives) = definition["oneOf"].as_array() {
            let chosen = &alternatives[random.below(alternatives.len())];
            return self.some(chosen, random, depth);
        }
        if depth == 0 {
            return self.least(definition);
        }
        match first_type(definition) {
            "object" => {
                let mut object = self.least(definition);
                let properties = definition["properties"].as_object().into_iter().flatten();
                for (name, form) in properties {
                    if random.below(4) == 0 || !object[name].is_null() {
                        object[name] = self.some(form, random, depth - 1);
                    }
                }
                let values = &definition["additionalProperties"];
                if values.is_object() {
                    object["a key"] = self.some(values, random, depth - 1);
                }
                object
            }
            "array" => (0..random.below(3)).map(|_| self.some(&definition["items"], random, depth - 1)).collect(),
            "any" => random.json(2),
            _ => self.least(definition),
        }
    }
}

fn identify(object: &mut Value, key: &str) {
    let (api_version, kind) = key.rsplit_once('/').unwrap();
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    if object["metadata"].is_null() {
        object["metadata"] = json!({"name": "a"});
    }
}

fn first_type(definition: &Value) -> &str {
    match &definition["type"] {
        Value::Array(types) => types[0].as_str().unwrap(),
        Value::String(one) => one,
        _ => "any",
    }
}

/// Swaps two letters so that no other field is as near.
fn swapped(name: &str, fields: &Map<String, Value>) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    (1..letters.len() - 1).find_map(|at| {
        let mut wrong = letters.clone();
        wrong.swap(at, at + 1);
        let wrong: String = wrong.into_iter().collect();
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let nearest = similar::get_close_matches(wrong.as_str(), &names, 1, 0.0);
        (!fields.contains_key(&wrong) && nearest == [name]).then_some(wrong)
    })
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner.as_str().and_then(|text| text.strip_prefix("#/$defs/")) {
                    Some(name) if key == "$ref" => found.push(name.to_owned()),
                    _ => references(inner, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// A generator with a seed (xorshift64*), so that a failure can be repeated.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(drawn).unwrap() % end
    }

    /// Any JSON without nulls, at most `depth` deep.
    pub(super) fn json(&mut self, depth: usize) -> Value {
        const NAMES: [&str; 10] =
            ["spec", "metadata", "name", "template", "items", "containers", "status", "a/b", "~", ""];
        match self.below(if depth == 0 { 5 } else { 9 }) {
            0 => json!(self.below(2) == 0),
            1 => json!(self.below(100)),
            2 => json!(-1.5),
            3 => json!(u64::MAX),
            4 => json!("\u{85}x"),
            5 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => {
                let count = self.below(6);
                let pairs = (0..count).map(|_| {
                    let name = NAMES[self.below(NAMES.len())];
                    (name.to_owned(), self.json(depth - 1))
                });
                Value::Object(pairs.collect())
            }
        }
    }

    /// Changes one place of an object: another value, a key more, or a key less.
    pub(super) fn spoil(&mut self, object: &mut Value) {
        let mut pointers = Vec::new();
        collect(object, "", &mut pointers);
        let pointer = pointers[self.below(pointers.len())].clone();
        let drawn = self.json(1);
        let place = object.pointer_mut(&pointer).unwrap();
        match (self.below(3), place) {
            (0, Value::Object(map)) => drop(map.insert("spoilt".into(), drawn)),
            (1, Value::Object(map)) => {
                let first = map.keys().next().cloned();
                first.and_then(|key| map.remove(&key));
            }
            (_, place) => *place = drawn,
        }
    }
}

/// Pointers to all values below the root, but for the identity.
fn collect(value: &Value, pointer: &str, found: &mut Vec<String>) {
    if !pointer.is_empty() {
        found.push(pointer.to_owned());
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if !pointer.is_empty() || (key != "apiVersion" && key != "kind") {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    collect(inner, &format!("{pointer}/{key}"), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                collect(inner, &format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}
