//! What several of the serializers do alike: refuse, or take a sequence by whatever name.

/// The methods for single values, all refused.
macro_rules! refuse_values {
    ($error:expr) => {
        refuse_values! {
            $error;
            serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
            serialize_i128 i128, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
            serialize_u128 u128, serialize_f32 f32, serialize_f64 f64, serialize_char char, serialize_str &str,
            serialize_bytes &[u8],
        }

        fn serialize_unit_variant(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
        ) -> Result<Self::Ok, StructError> {
            Err($error)
        }
    };
    ($error:expr; $($method:ident $type:ty,)*) => {$(
        fn $method(self, _value: $type) -> Result<Self::Ok, StructError> {
            Err($error)
        }
    )*};
}

/// The methods for what has keys of its own, all refused.
macro_rules! refuse_keyed {
    ($error:expr) => {
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _value: &T,
        ) -> Result<Self::Ok, StructError> {
            Err($error)
        }

        fn serialize_tuple_variant(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeTupleVariant, StructError> {
            Err($error)
        }

        fn serialize_map(self, _length: Option<usize>) -> Result<Self::SerializeMap, StructError> {
            Err($error)
        }

        fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self::SerializeStruct, StructError> {
            Err($error)
        }

        fn serialize_struct_variant(
            self,
            _name: &'static str,
            _index: u32,
            _variant: &'static str,
            _length: usize,
        ) -> Result<Self::SerializeStructVariant, StructError> {
            Err($error)
        }
    };
}

/// `Some` and newtypes are what they hold.
macro_rules! see_through {
    () => {
        fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, StructError> {
            value.serialize(self)
        }

        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self,
            _name: &'static str,
            value: &T,
        ) -> Result<Self::Ok, StructError> {
            value.serialize(self)
        }
    };
}

/// Sequences and tuples are one: their elements go to one method. Where they may not be of any length, it says which
/// method tells whether they are whole, and what is wrong otherwise.
macro_rules! sequences {
    (@end $this:ident {}) => {
        Ok(())
    };
    (@end $this:ident { $whole:ident else $error:ident }) => {
        if $this.$whole() { Ok(()) } else { Err($error) }
    };
    ($type:ty: $element:ident $end:tt $($trait:ident $method:ident,)*) => {$(
        impl ser::$trait for $type {
            type Ok = ();
            type Error = StructError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StructError> {
                self.$element(value)
            }

            fn end(self) -> Result<(), StructError> {
                sequences!(@end self $end)
            }
        }
    )*};
}

pub(super) use {refuse_keyed, refuse_values, see_through, sequences};
