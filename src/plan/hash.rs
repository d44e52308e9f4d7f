//! Content hashes in names.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Returns ten hexadecimal digits of the SHA-256 of texts; forty bits tell a bundle's versions apart and stay readable.
///
/// The length of each text goes in too, so that `["ab", "c"]` and `["a", "bc"]` differ.
pub fn short(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.len().to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let mut digits = String::new();
    for byte in hasher.finalize().iter().take(5) {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn the_seams_between_texts_count() {
        assert_eq!(short(&["ab", "c"]).len(), 10);
        assert_ne!(short(&["ab", "c"]), short(&["a", "bc"]));
    }
}
