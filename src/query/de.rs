//! Query strings into structs, by serde.

use super::pairs::{Pairs, parse, parse_octets};
use super::tree::{Duplicates, Kind, Nesting, Node, StructError, Value};
use alloc::borrow::Cow;
use alloc::string::ToString;
use core::fmt;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Reads a struct, a map or a sequence of pairs from a query string, with the default [`Nesting`].
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Page { number: u32, per_page: Option<u32>, sort: Vec<String> }
///
/// let page: Page = plainwire::query::from_str("number=2&sort=name&sort=age")?;
/// assert_eq!((page.number, page.per_page, page.sort.len()), (2, None, 2));
/// # Ok::<_, plainwire::query::StructError>(())
/// ```
///
/// # Errors
///
/// [`StructError`], with the offset of the field at fault.
pub fn from_str<'de, T: de::Deserialize<'de>>(query: &'de str) -> Result<T, StructError> {
    Nesting::default().read(query)
}

/// As [`from_str`], for octets that need not be UTF-8; what is not becomes U+FFFD.
///
/// # Errors
///
/// As [`from_str`].
pub fn from_octets<'de, T: de::Deserialize<'de>>(query: &'de [u8]) -> Result<T, StructError> {
    T::deserialize(Root { pairs: parse_octets(query), nesting: Nesting::default() })
}

impl Nesting {
    /// Reads a struct, a map or a sequence of pairs from a query string.
    ///
    /// - A field of the struct is a key; a field that is a struct or a map has its keys in brackets: `size[min]=1`.
    /// - A sequence is repeated keys (`tag=a&tag=b`), pushed values (`tag[]=a&tag[]=b`) or, where its elements have keys
    ///   of their own, indexed ones (`item[0][name]=a`). Indices need not be contiguous: they only give the order.
    /// - An `Option` is `None` where the key is absent. A blank value is `Some`: of the empty string, or an error.
    /// - A unit variant is its name as the value; another variant is its name in brackets: `shape[Circle][radius]=1`.
    /// - Numbers, `true` and `false` are as Rust's `FromStr` reads them.
    ///
    /// # Errors
    ///
    /// [`StructError`], with the offset of the field at fault.
    pub fn read<'de, T: de::Deserialize<'de>>(&self, query: &'de str) -> Result<T, StructError> {
        T::deserialize(Root { pairs: parse(query), nesting: *self })
    }
}

impl de::Error for StructError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self::new(Kind::Message(message.to_string()))
    }
}

/// The types that are read as others are, whether of the whole or of what stands under a key.
macro_rules! through_others {
    () => {
        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
            visitor.visit_some(self)
        }

        fn deserialize_unit_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            visitor: V,
        ) -> Result<V::Value, StructError> {
            self.deserialize_unit(visitor)
        }

        fn deserialize_newtype_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            visitor: V,
        ) -> Result<V::Value, StructError> {
            visitor.visit_newtype_struct(self)
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _name: &'static str,
            _fields: &'static [&'static str],
            visitor: V,
        ) -> Result<V::Value, StructError> {
            self.deserialize_map(visitor)
        }
    };
}

/// The query string as a whole.
struct Root<'de> {
    pairs: Pairs<'de>,
    nesting: Nesting,
}

impl<'de> Root<'de> {
    fn branch(mut self) -> Result<Branch<'de>, StructError> {
        let node = Node::read(&mut self.pairs, &self.nesting)?;
        Ok(Branch { node, duplicates: self.nesting.duplicates })
    }
}

impl<'de> Deserializer<'de> for Root<'de> {
    type Error = StructError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        self.branch()?.deserialize_map(visitor)
    }

    through_others!();

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StructError> {
        self.branch()?.deserialize_enum(name, variants, visitor)
    }

    /// The pairs, in order: `Vec<(String, String)>`.
    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, StructError> {
        let duplicates = self.nesting.duplicates;
        let (mut fields, limit) = (0, self.nesting.max_fields);
        let mut failed = None;
        let pairs = core::iter::from_fn(|| {
            let (offset, name, text) = self.pairs.next_at()?;
            if fields == limit {
                failed = Some(StructError::new(Kind::Fields(limit)).at(offset));
                return None;
            }
            fields += 1;
            Some(Pair { name: Value { text: name, offset }, value: Value { text, offset }, duplicates })
        });
        let result = visitor.visit_seq(SeqDeserializer::new(pairs));
        match failed {
            Some(error) => Err(error),
            None => result,
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf tuple tuple_struct
        identifier ignored_any
    }
}

/// One pair of the query string, in a sequence of them.
struct Pair<'de> {
    name: Value<'de>,
    value: Value<'de>,
    duplicates: Duplicates,
}

impl<'de> Pair<'de> {
    fn parts(self) -> impl Iterator<Item = Branch<'de>> {
        let duplicates = self.duplicates;
        [self.name, self.value].into_iter().map(move |value| {
            let offset = value.offset;
            let node = Node { values: alloc::vec::Vec::from([value]), offset, ..Node::default() };
            Branch { node, duplicates }
        })
    }
}

impl<'de> Deserializer<'de> for Pair<'de> {
    type Error = StructError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let offset = self.name.offset;
        visitor.visit_seq(SeqDeserializer::new(self.parts())).map_err(|error: StructError| error.at(offset))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, StructError> for Pair<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What stands under one key.
struct Branch<'de> {
    node: Node<'de>,
    duplicates: Duplicates,
}

impl<'de> Branch<'de> {
    fn value(self) -> Result<Value<'de>, StructError> {
        self.node.value(self.duplicates)
    }

    /// Parses the one value.
    fn scalar<T: core::str::FromStr, R>(
        self,
        what: &'static str,
        visit: impl FnOnce(T) -> Result<R, StructError>,
    ) -> Result<R, StructError> {
        let value = self.value()?;
        let parsed = value.text.parse().map_err(|_| StructError::new(Kind::Expected(what)));
        parsed.and_then(visit).map_err(|error| error.at(value.offset))
    }
}

impl<'de> IntoDeserializer<'de, StructError> for Branch<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn visit_text<'de, V: Visitor<'de>>(text: Cow<'de, str>, visitor: V) -> Result<V::Value, StructError> {
    match text {
        Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
        Cow::Owned(text) => visitor.visit_string(text),
    }
}

macro_rules! scalars {
    ($($method:ident $visit:ident $what:literal,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
            self.scalar($what, |value| visitor.$visit(value))
        }
    )*};
}

impl<'de> Deserializer<'de> for Branch<'de> {
    type Error = StructError;

    through_others!();

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        if self.node.children.is_empty() {
            if self.node.values.len() > 1 && self.duplicates == Duplicates::Refuse {
                return self.deserialize_seq(visitor);
            }
            return self.deserialize_str(visitor);
        }
        if self.node.children.contains_key("") { self.deserialize_seq(visitor) } else { self.deserialize_map(visitor) }
    }

    scalars! {
        deserialize_bool visit_bool "true or false",
        deserialize_i8 visit_i8 "an integer of 8 bits",
        deserialize_i16 visit_i16 "an integer of 16 bits",
        deserialize_i32 visit_i32 "an integer of 32 bits",
        deserialize_i64 visit_i64 "an integer of 64 bits",
        deserialize_i128 visit_i128 "an integer of 128 bits",
        deserialize_u8 visit_u8 "an unsigned integer of 8 bits",
        deserialize_u16 visit_u16 "an unsigned integer of 16 bits",
        deserialize_u32 visit_u32 "an unsigned integer of 32 bits",
        deserialize_u64 visit_u64 "an unsigned integer of 64 bits",
        deserialize_u128 visit_u128 "an unsigned integer of 128 bits",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number",
        deserialize_char visit_char "one character",
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let value = self.value()?;
        visit_text(value.text, visitor).map_err(|error| error.at(value.offset))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let value = self.value()?;
        let result = match value.text {
            Cow::Borrowed(text) => visitor.visit_borrowed_bytes(text.as_bytes()),
            Cow::Owned(text) => visitor.visit_byte_buf(text.into_bytes()),
        };
        result.map_err(|error: StructError| error.at(value.offset))
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let value = self.value()?;
        if value.text.is_empty() {
            visitor.visit_unit()
        } else {
            Err(StructError::new(Kind::Expected("a blank value")).at(value.offset))
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let Self { node, duplicates } = self;
        let offset = node.offset;
        let elements = node.elements()?.into_iter().map(|node| Self { node, duplicates });
        let mut elements = SeqDeserializer::new(elements);
        let result = visitor.visit_seq(&mut elements).and_then(|value| elements.end().map(|()| value));
        result.map_err(|error: StructError| error.at(offset))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, StructError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, StructError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        let Self { node, duplicates } = self;
        let offset = node.offset;
        if !node.values.is_empty() {
            return Err(StructError::new(Kind::Expected("keys in brackets, found a value")).at(offset));
        }
        let root = node.children.is_empty();
        let entries = node.in_order().into_iter().map(|(key, node)| {
            let offset = node.offset;
            (Key { text: key, offset }, Self { node, duplicates })
        });
        let mut entries = MapDeserializer::new(entries);
        let result = visitor.visit_map(&mut entries).and_then(|value| entries.end().map(|()| value));
        // A field that is missing at the top is missing nowhere in particular.
        if root || offset == 0 { result } else { result.map_err(|error: StructError| error.at(offset)) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StructError> {
        let Self { node, duplicates } = self;
        let offset = node.offset;
        let result = if node.children.is_empty() {
            let value = node.value(duplicates)?;
            visitor.visit_enum(Variant { name: Key { text: value.text, offset: value.offset }, content: None })
        } else {
            let mut children = node.in_order().into_iter();
            match (children.next(), children.next()) {
                (Some((text, node)), None) => {
                    let name = Key { text, offset: node.offset };
                    visitor.visit_enum(Variant { name, content: Some(Self { node, duplicates }) })
                }
                _ => Err(StructError::new(Kind::Expected("one variant"))),
            }
        };
        result.map_err(|error| error.at(offset))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StructError> {
        visitor.visit_unit()
    }
}

/// The name of a field, of a key of a map, or of a variant.
struct Key<'de> {
    text: Cow<'de, str>,
    offset: usize,
}

impl<'de> Key<'de> {
    fn branch(self) -> Branch<'de> {
        let offset = self.offset;
        let values = alloc::vec::Vec::from([Value { text: self.text, offset }]);
        Branch { node: Node { values, offset, ..Node::default() }, duplicates: Duplicates::Refuse }
    }
}

impl<'de> IntoDeserializer<'de, StructError> for Key<'de> {
    // Keys may be numbers, characters, variants: whatever a value may be.
    type Deserializer = Branch<'de>;

    fn into_deserializer(self) -> Branch<'de> {
        self.branch()
    }
}

struct Variant<'de> {
    name: Key<'de>,
    content: Option<Branch<'de>>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = StructError;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'de>), StructError> {
        Ok((seed.deserialize(self.name.branch())?, Content(self.content)))
    }
}

/// What a variant carries.
struct Content<'de>(Option<Branch<'de>>);

impl<'de> Content<'de> {
    fn some(self) -> Result<Branch<'de>, StructError> {
        self.0.ok_or_else(|| StructError::new(Kind::Expected("a variant's content in brackets")))
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = StructError;

    fn unit_variant(self) -> Result<(), StructError> {
        match self.0 {
            None => Ok(()),
            Some(branch) => branch.deserialize_unit(de::IgnoredAny).map(|_| ()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, StructError> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, StructError> {
        self.some()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StructError> {
        self.some()?.deserialize_map(visitor)
    }
}
