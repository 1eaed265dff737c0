//! What stands under a key: values, maps, sequences.

use super::super::tree::{Kind, StructError};
use super::Sink;
use super::shapes::{refuse_keyed, see_through, sequences};
use alloc::string::{String, ToString};
use serde::ser::{self, Impossible, Serialize};

/// Writes a value under the path; within a sequence, under an index where it needs keys of its own.
pub(super) struct Under<'s, 'e> {
    sink: &'s mut Sink,
    element: Option<Element<'e>>,
}

/// A place in a sequence.
struct Element<'e> {
    index: usize,
    /// What the elements before were: values or keyed.
    keyed: &'e mut Option<bool>,
}

const MIXED: StructError = StructError::new(Kind::Unsupported("a sequence of values and of keyed things"));

impl<'s> Under<'s, '_> {
    pub(super) fn new(sink: &'s mut Sink) -> Self {
        Self { sink, element: None }
    }

    /// Writes a value.
    fn text(mut self, text: &str) -> Result<(), StructError> {
        self.note(false)?;
        self.sink.value(text);
        Ok(())
    }

    fn note(&mut self, now: bool) -> Result<(), StructError> {
        match &mut self.element {
            Some(Element { keyed, .. }) if keyed.is_some_and(|before| before != now) => Err(MIXED),
            Some(Element { keyed, .. }) => {
                **keyed = Some(now);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The key that keyed things within a sequence stand under: their index.
    fn keyed(mut self) -> Result<(&'s mut Sink, Option<String>), StructError> {
        self.note(true)?;
        Ok((self.sink, self.element.map(|element| element.index.to_string())))
    }
}

/// Runs `write` under the keys given, each if there is one.
fn descend(
    sink: &mut Sink,
    index: Option<&str>,
    variant: Option<&str>,
    write: impl FnOnce(&mut Sink) -> Result<(), StructError>,
) -> Result<(), StructError> {
    match (index, variant) {
        (Some(index), Some(variant)) => sink.under(index, |sink| sink.under(variant, write)),
        (Some(key), None) | (None, Some(key)) => sink.under(key, write),
        (None, None) => write(sink),
    }
}

macro_rules! displayed {
    ($($method:ident $type:ty,)*) => {$(
        fn $method(self, value: $type) -> Result<Self::Ok, StructError> {
            self.text(&value.to_string())
        }
    )*};
}

macro_rules! scalars {
    () => {
        displayed! {
            serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
            serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
            serialize_u128 u128, serialize_f32 f32, serialize_f64 f64, serialize_char char,
        }

        fn serialize_str(self, value: &str) -> Result<Self::Ok, StructError> {
            self.text(value)
        }

        fn serialize_bytes(self, value: &[u8]) -> Result<Self::Ok, StructError> {
            match core::str::from_utf8(value) {
                Ok(text) => self.text(text),
                Err(_) => Err(StructError::new(Kind::Unsupported("octets that are not UTF-8"))),
            }
        }

        fn serialize_unit(self) -> Result<Self::Ok, StructError> {
            self.text("")
        }

        fn serialize_unit_struct(self, _name: &'static str) -> Result<Self::Ok, StructError> {
            self.text("")
        }

        fn serialize_unit_variant(
            self,
            _name: &'static str,
            _index: u32,
            variant: &'static str,
        ) -> Result<Self::Ok, StructError> {
            self.text(variant)
        }

        see_through!();
    };
}

impl<'s> ser::Serializer for Under<'s, '_> {
    type Ok = ();
    type Error = StructError;
    type SerializeSeq = Elements<'s>;
    type SerializeTuple = Elements<'s>;
    type SerializeTupleStruct = Elements<'s>;
    type SerializeTupleVariant = Elements<'s>;
    type SerializeMap = Map<'s>;
    type SerializeStruct = Map<'s>;
    type SerializeStructVariant = Map<'s>;

    scalars!();

    fn serialize_none(self) -> Result<(), StructError> {
        match self.element {
            // Left out, it would move those behind it.
            Some(_) => Err(StructError::new(Kind::Unsupported("None within a sequence"))),
            None => Ok(()),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), StructError> {
        let (sink, index) = self.keyed()?;
        descend(sink, index.as_deref(), Some(variant), |sink| value.serialize(Under::new(sink)))
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Elements<'s>, StructError> {
        let (sink, index) = self.keyed()?;
        Ok(Elements { index, ..Elements::under(sink, None) })
    }

    fn serialize_tuple(self, length: usize) -> Result<Elements<'s>, StructError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _name: &'static str, length: usize) -> Result<Elements<'s>, StructError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Elements<'s>, StructError> {
        let (sink, index) = self.keyed()?;
        Ok(Elements { index, ..Elements::under(sink, Some(variant)) })
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Map<'s>, StructError> {
        let (sink, index) = self.keyed()?;
        Ok(Map::under(sink, index, None))
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Map<'s>, StructError> {
        let (sink, index) = self.keyed()?;
        Ok(Map::under(sink, index, None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _length: usize,
    ) -> Result<Map<'s>, StructError> {
        let (sink, index) = self.keyed()?;
        Ok(Map::under(sink, index, Some(variant)))
    }
}

/// A sequence under a key: repeated values, or keyed things under indices.
pub(super) struct Elements<'s> {
    sink: &'s mut Sink,
    /// Its own index, in a sequence of sequences.
    index: Option<String>,
    variant: Option<&'static str>,
    next: usize,
    keyed: Option<bool>,
}

impl<'s> Elements<'s> {
    pub(super) fn under(sink: &'s mut Sink, variant: Option<&'static str>) -> Self {
        Self { sink, index: None, variant, next: 0, keyed: None }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StructError> {
        let index = self.next;
        self.next += 1;
        let keyed = &mut self.keyed;
        descend(self.sink, self.index.as_deref(), self.variant, |sink| {
            value.serialize(Under { sink, element: Some(Element { index, keyed }) })
        })
    }
}

sequences! {
    Elements<'_>: element {}
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// A map or struct, at the top or under a key.
pub(super) struct Map<'s> {
    sink: &'s mut Sink,
    /// Its index, in a sequence.
    index: Option<String>,
    variant: Option<&'static str>,
    key: Option<String>,
}

impl<'s> Map<'s> {
    pub(super) fn under(sink: &'s mut Sink, index: Option<String>, variant: Option<&'static str>) -> Self {
        Self { sink, index, variant, key: None }
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), StructError> {
        descend(self.sink, self.index.as_deref(), self.variant, |sink| {
            sink.under(key, |sink| value.serialize(Under::new(sink)))
        })
    }
}

impl ser::SerializeMap for Map<'_> {
    type Ok = ();
    type Error = StructError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), StructError> {
        self.key = Some(key.serialize(Text)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StructError> {
        let key = self.key.take().unwrap_or_default();
        self.entry(&key, value)
    }

    fn end(self) -> Result<(), StructError> {
        Ok(())
    }
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Map<'_> {
            type Ok = ();
            type Error = StructError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), StructError> {
                self.entry(key, value)
            }

            fn end(self) -> Result<(), StructError> {
                Ok(())
            }
        }
    )*};
}

fields! { SerializeStruct SerializeStructVariant }

/// A key, or a part of a pair: only what is a value.
pub(super) struct Text;

const NO_TEXT: StructError = StructError::new(Kind::Unsupported("a key or a pair's value with keys of its own"));

impl Text {
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the shape that the shared macro calls")]
    fn text(self, text: &str) -> Result<String, StructError> {
        Ok(String::from(text))
    }
}

impl ser::Serializer for Text {
    type Ok = String;
    type Error = StructError;
    type SerializeSeq = Impossible<String, StructError>;
    type SerializeTuple = Impossible<String, StructError>;
    type SerializeTupleStruct = Impossible<String, StructError>;
    type SerializeTupleVariant = Impossible<String, StructError>;
    type SerializeMap = Impossible<String, StructError>;
    type SerializeStruct = Impossible<String, StructError>;
    type SerializeStructVariant = Impossible<String, StructError>;

    scalars!();

    refuse_keyed!(NO_TEXT);

    fn serialize_none(self) -> Result<String, StructError> {
        Err(NO_TEXT)
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Self::SerializeSeq, StructError> {
        Err(NO_TEXT)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self::SerializeTuple, StructError> {
        Err(NO_TEXT)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, StructError> {
        Err(NO_TEXT)
    }
}
