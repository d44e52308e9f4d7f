//! How the door to the cluster behaves, over servers and proxies on loopback that have a fault each.

mod access;
mod answers;
mod certificates;
mod credentials;
mod faults;
mod lists;
mod pod;
mod probe;
mod proxies;
mod retries;
mod server;
mod terminal;
