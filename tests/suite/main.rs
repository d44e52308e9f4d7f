//! One test binary; each layer is a module.

mod schema;
