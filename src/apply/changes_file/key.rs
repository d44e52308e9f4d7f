//! The key of a changes file, and the hashes under it (HMAC-SHA256, RFC 2104).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

/// A random key: no two files have the same, so that no table of hashes can be made beforehand.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Makes a key from the randomness of the operating system.
    ///
    /// # Errors
    ///
    /// [`getrandom::Error`] if it has none.
    pub fn random() -> Result<Key, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Key(key))
    }

    /// Returns the hash of some bytes under the key; `what` keeps hashes of different things apart.
    ///
    /// # Panics
    ///
    /// Never: HMAC takes keys of any length.
    pub fn hash(&self, what: &[&str], bytes: &[u8]) -> String {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in what {
            hmac.update(&part.len().to_le_bytes());
            hmac.update(part.as_bytes());
        }
        hmac.update(bytes);
        URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes())
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Key).ok_or_else(|| D::Error::custom("a key has 32 bytes, in base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn what_goes_into_a_hash_makes_a_difference() {
        let (one, two) = (Key([1; 32]), Key([2; 32]));
        let hash = one.hash(&["content", "a"], b"value");
        assert_eq!(hash.len(), 43);
        assert_eq!(hash, one.hash(&["content", "a"], b"value"));
        for (other, why) in [
            (two.hash(&["content", "a"], b"value"), "another key"),
            (one.hash(&["sent", "a"], b"value"), "another meaning"),
            (one.hash(&["content", "b"], b"value"), "another object"),
            (one.hash(&["content", "a"], b"valve"), "another value"),
            (one.hash(&["contenta", ""], b"value"), "other seams"),
        ] {
            assert_ne!(hash, other, "{why}");
        }
        assert_ne!(Key::random().unwrap(), Key::random().unwrap());
    }

    #[test]
    fn the_hash_is_that_of_others() {
        // printf 'what do ya want for nothing?' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '01%.0s' {1..32})
        let expected = "jLgU1Cf17AFz6Wd_36KgExBI8Y69ylONrFK02Pl3cIs";
        assert_eq!(Key([1; 32]).hash(&[], b"what do ya want for nothing?"), expected);
    }
}
