//! References as strings, for serde.

use super::{Reference, ReferenceBuf};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

impl Serialize for Reference<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for ReferenceBuf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reference::parse(<&str>::deserialize(deserializer)?).map_err(Error::custom)
    }
}

impl<'de> Deserialize<'de> for ReferenceBuf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = ReferenceBuf;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("a URI reference")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ReferenceBuf, E> {
                ReferenceBuf::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
