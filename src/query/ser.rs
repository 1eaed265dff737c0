//! Structs into query strings, by serde.

use super::tree::{Kind, Nesting, StructError};
use super::write::Serializer as Writer;
use alloc::string::{String, ToString};
use core::fmt;
use serde::ser::{self, Impossible, Serialize};
use shapes::{refuse_keyed, refuse_values, see_through, sequences};
use under::{Elements, Map, Text, Under};

mod shapes;
mod under;

/// Writes a struct, a map or a sequence of pairs as a query string, such that [`from_str`](super::from_str) reads it
/// again, with the default [`Nesting`].
///
/// ```
/// #[derive(serde::Serialize)]
/// struct Search { q: &'static str, page: Option<u32>, tag: Vec<&'static str>, size: (u8, u8) }
///
/// let search = Search { q: "plain wire", page: None, tag: vec!["a", "b"], size: (1, 9) };
/// assert_eq!(plainwire::query::to_string(&search)?, "q=plain+wire&tag=a&tag=b&size=1&size=9");
/// # Ok::<_, plainwire::query::StructError>(())
/// ```
///
/// # Errors
///
/// As [`Nesting::write`].
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, StructError> {
    Nesting::default().write(value)
}

impl Nesting {
    /// Writes a struct, a map or a sequence of pairs as a query string; [`read`](Self::read) says how. `None` is left
    /// out, and so are empty sequences and maps: give such fields `#[serde(default)]` to read them again.
    ///
    /// # Errors
    ///
    /// [`StructError`] for what would not be read as it was written: a key with brackets in it, keys nested deeper
    /// than [`depth`](Self::depth), `None` within a sequence, a sequence of values and of keyed things, octets that are
    /// not UTF-8; and for a single value without a key.
    pub fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, StructError> {
        let mut sink = Sink { out: Writer::new(), path: String::new(), depth: 0, limit: self.limit() };
        value.serialize(Root { sink: &mut sink })?;
        Ok(sink.out.finish())
    }
}

impl ser::Error for StructError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self::new(Kind::Message(message.to_string()))
    }
}

/// Where everything goes, and under which key.
struct Sink {
    out: Writer<'static>,
    /// The key, brackets and all.
    path: String,
    /// How many keys it is made of.
    depth: usize,
    limit: usize,
}

impl Sink {
    /// Runs `write` with `key` at the end of the path.
    fn under(
        &mut self,
        key: &str,
        write: impl FnOnce(&mut Self) -> Result<(), StructError>,
    ) -> Result<(), StructError> {
        if self.depth > self.limit {
            return Err(StructError::new(Kind::Depth(self.limit)));
        }
        // Such a key would be read as several, or as an element.
        if key.contains(['[', ']']) || self.depth > 0 && key.is_empty() {
            return Err(StructError::new(Kind::Key(String::from(key))));
        }
        let length = self.path.len();
        if self.depth == 0 {
            self.path.push_str(key);
        } else {
            if self.path.is_empty() {
                return Err(StructError::new(Kind::Key(String::new())));
            }
            self.path.push('[');
            self.path.push_str(key);
            self.path.push(']');
        }
        self.depth += 1;
        let result = write(self);
        self.depth -= 1;
        self.path.truncate(length);
        result
    }

    fn value(&mut self, text: &str) {
        self.out.append(&self.path, text);
    }
}

const NO_KEY: StructError = StructError::new(Kind::Unsupported("a value without a key"));

/// The value as a whole, which has to have keys.
struct Root<'s> {
    sink: &'s mut Sink,
}

impl<'s> ser::Serializer for Root<'s> {
    type Ok = ();
    type Error = StructError;
    type SerializeSeq = Pairs<'s>;
    type SerializeTuple = Pairs<'s>;
    type SerializeTupleStruct = Pairs<'s>;
    type SerializeTupleVariant = Elements<'s>;
    type SerializeMap = Map<'s>;
    type SerializeStruct = Map<'s>;
    type SerializeStructVariant = Map<'s>;

    refuse_values!(NO_KEY);

    see_through!();

    fn serialize_none(self) -> Result<(), StructError> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), StructError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), StructError> {
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), StructError> {
        self.sink.under(variant, |sink| value.serialize(Under::new(sink)))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Pairs<'s>, StructError> {
        Ok(Pairs { sink: self.sink })
    }

    fn serialize_tuple(self, _length: usize) -> Result<Pairs<'s>, StructError> {
        Ok(Pairs { sink: self.sink })
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Pairs<'s>, StructError> {
        Ok(Pairs { sink: self.sink })
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Elements<'s>, StructError> {
        Ok(Elements::under(self.sink, Some(variant)))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Map<'s>, StructError> {
        Ok(Map::under(self.sink, None, None))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Map<'s>, StructError> {
        Ok(Map::under(self.sink, None, None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Map<'s>, StructError> {
        Ok(Map::under(self.sink, None, Some(variant)))
    }
}

/// A sequence at the top: of pairs.
struct Pairs<'s> {
    sink: &'s mut Sink,
}

impl Pairs<'_> {
    fn pair<T: Serialize + ?Sized>(&mut self, pair: &T) -> Result<(), StructError> {
        pair.serialize(PairWriter { sink: self.sink, name: None, values: 0 })
    }
}

sequences! {
    Pairs<'_>: pair {}
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
}

const NO_PAIR: StructError = StructError::new(Kind::Unsupported("a sequence of anything but pairs"));

/// One element of the sequence at the top.
struct PairWriter<'s> {
    sink: &'s mut Sink,
    name: Option<String>,
    values: usize,
}

impl PairWriter<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), StructError> {
        let text = part.serialize(Text)?;
        match self.name.take() {
            None if self.values == 0 => self.name = Some(text),
            Some(name) => {
                self.values = 1;
                self.sink.out.append(&name, &text);
            }
            None => return Err(NO_PAIR),
        }
        Ok(())
    }

    const fn is_whole(&self) -> bool {
        self.values == 1
    }
}

sequences! {
    PairWriter<'_>: part { is_whole else NO_PAIR }
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
}

impl<'s> ser::Serializer for PairWriter<'s> {
    type Ok = ();
    type Error = StructError;
    type SerializeSeq = PairWriter<'s>;
    type SerializeTuple = PairWriter<'s>;
    type SerializeTupleStruct = PairWriter<'s>;
    type SerializeTupleVariant = Impossible<(), StructError>;
    type SerializeMap = Impossible<(), StructError>;
    type SerializeStruct = Impossible<(), StructError>;
    type SerializeStructVariant = Impossible<(), StructError>;

    refuse_values!(NO_KEY);

    refuse_keyed!(NO_PAIR);

    see_through!();

    fn serialize_none(self) -> Result<(), StructError> {
        Err(NO_PAIR)
    }

    fn serialize_unit(self) -> Result<(), StructError> {
        Err(NO_PAIR)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), StructError> {
        Err(NO_PAIR)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self, StructError> {
        Ok(self)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self, StructError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, StructError> {
        Ok(self)
    }
}
