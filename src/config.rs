//! The typed mirror of chaos.toml.

pub mod cron;
pub mod duration;
pub mod image_reference;
pub mod name;
pub mod quantity;
pub mod time_zone;
pub mod value_error;
