//! What is known of Kubernetes without a cluster: its kinds, their fields, and which server has which.
//!
//! The facts are generated from k8s-openapi by `cargo run -p xtask -- kubernetes-schemas`, for the servers
//! [`Version::OLDEST`] to [`Version::NEWEST`].

pub mod amount;
pub mod deletion;
pub mod immutable;
pub mod kinds;
pub mod managed_fields;
pub mod misnamed;
pub mod object_id;
pub mod pods;
pub mod rbac;
pub mod removed;
pub mod resource;
pub mod schema;
pub mod version;

pub use object_id::ObjectId;
pub use schema::Schemas;
pub use version::Version;
