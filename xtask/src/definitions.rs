//! The schemas: closed, without prose, and no stricter than any supported server.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::kinds::Root;
use crate::published::Published;

/// Fields that the published API calls required and that servers accept objects without, by the type's last name.
///
/// Such a field is read as its zero value, and the server's own validation (pkg/apis/*/validation) takes that.
const NOT_ENFORCED: [(&str, &str); 24] = [
    ("CSIDriver", "spec"),
    ("CSINode", "spec"),
    ("CSINodeSpec", "drivers"),
    ("Counter", "value"),
    ("CustomResourceDefinitionVersion", "served"),
    ("CustomResourceDefinitionVersion", "storage"),
    ("DeviceCapacity", "value"),
    ("Event", "involvedObject"),
    ("EventSeries", "count"),
    ("EventSeries", "lastObservedTime"),
    ("EvictionResponder", "priority"),
    ("GroupResource", "group"),
    ("HTTPHeader", "value"),
    ("ISCSIPersistentVolumeSource", "lun"),
    ("ISCSIVolumeSource", "lun"),
    ("LimitRangeSpec", "limits"),
    ("LocalObjectReference", "name"),
    ("PreferredSchedulingTerm", "preference"),
    ("ResourcePool", "generation"),
    ("ScaleIOPersistentVolumeSource", "secretRef"),
    ("ScaleIOVolumeSource", "secretRef"),
    ("SleepAction", "seconds"),
    ("Sysctl", "value"),
    ("TokenRequest", "audience"),
];

/// Returns schema/kubernetes.json: one kind and one definition a line.
///
/// Fails where an exception of this file fits nothing any more.
pub(crate) fn render(
    roots: &[Root],
    definitions: Map<String, Value>,
    published: &BTreeMap<u32, Published>,
) -> Result<String, String> {
    let kinds: BTreeMap<String, Value> = roots.iter().map(|root| (root.key.clone(), json!(root.definition))).collect();
    for (kind, field) in NOT_ENFORCED {
        let fits = |(name, schema): (&String, &Value)| {
            last(name) == kind && required(schema).any(|required| required == field)
        };
        if !definitions.iter().any(fits) {
            return Err(format!("no `{kind}` requires `{field}` any more: remove the exception"));
        }
    }
    let mut tidied = BTreeMap::new();
    for (name, mut schema) in definitions {
        tidy(&mut schema);
        replace_untyped(&name, &mut schema);
        widen(&name, &mut schema, published);
        tidied.insert(name, schema);
    }
    Ok(format!("{{\n\"kinds\": {{\n{}\n}},\n\"defs\": {{\n{}\n}}\n}}\n", lines(&kinds), lines(&tidied)))
}

fn lines(entries: &BTreeMap<String, Value>) -> String {
    let lines: Vec<String> = entries.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    lines.join(",\n")
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    let names = schema["required"].as_array();
    names.into_iter().flatten().filter_map(Value::as_str)
}

/// Removes prose, closes objects, and bounds what the server reads into 32 bits.
fn tidy(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.remove("description");
    if map.remove("format").is_some_and(|format| format == "int32") {
        map.insert("minimum".into(), json!(i32::MIN));
        map.insert("maximum".into(), json!(i32::MAX));
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            tidy(inner);
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        properties.values_mut().for_each(tidy);
        map.insert("additionalProperties".into(), json!(false));
    }
}

/// Gives the types whose JSON form the compiled schemas leave open, or draw too narrow, the one that the server reads.
fn replace_untyped(name: &str, schema: &mut Value) {
    match last(name) {
        "IntOrString" => {
            *schema = json!({"type": ["integer", "string"], "minimum": i32::MIN, "maximum": i32::MAX});
        }
        "Quantity" => *schema = json!({"type": ["number", "string"]}),
        // Any JSON: the default of a field may be a text, embedded objects are read by someone else.
        "JSON" | "RawExtension" => *schema = json!({}),
        _ => {}
    }
}

/// Takes back what is stricter than the oldest servers: fields that a newer one dropped or came to demand.
fn widen(name: &str, schema: &mut Value, published: &BTreeMap<u32, Published>) {
    let older: Vec<_> = published.values().filter_map(|p| p.schemas.get(name)).collect();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in older.iter().flat_map(|fields| &fields.properties) {
            properties.entry(property.clone()).or_insert_with(|| json!({}));
        }
    }
    let kept: Vec<String> = required(schema)
        // Who reads an object's identity says that it is missing; a claim template of a StatefulSet may lack it.
        .filter(|field| *field != "metadata")
        // Alpha types change their mind between versions.
        .filter(|_| !name.contains(".v1alpha"))
        .filter(|field| !NOT_ENFORCED.contains(&(last(name), field)))
        .filter(|field| older.iter().all(|fields| fields.properties.contains(*field)))
        .map(str::to_owned)
        .collect();
    if let Value::Object(map) = schema {
        map.remove("required");
        if !kept.is_empty() {
            map.insert("required".into(), json!(kept));
        }
    }
}
