//! From a JSON value to the type that is read.

use std::borrow::Cow;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::invalid::{InvalidValue, Problem};
use super::json::Json;

/// Reads a value as the type that is asked for, and as nothing else: derived code by itself would take a list for a
/// struct, and give its items to the members in the order of their declaration.
impl<'de> Deserializer<'de> for Json<'de> {
    type Error = InvalidValue;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        match self {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Json::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Json::List(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
            Json::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if let Json::Null = self { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        if let Json::List(_) = self {
            return Err(InvalidValue::invalid_type(Unexpected::Seq, &visitor));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        match self {
            Json::Text(name) => {
                visitor.visit_enum(name.clone().into_deserializer()).map_err(|invalid: InvalidValue| {
                    // A name that is known, and that cannot stand alone.
                    let Problem::Type { .. } = invalid.problem else { return invalid };
                    InvalidValue::new("", format!("This name needs a value. Write {{{name:?}: VALUE}}."))
                })
            }
            Json::Object(members) => {
                let mut members = members.into_iter();
                match (members.next(), members.next()) {
                    (Some((name, value)), None) => visitor.visit_enum(Variant { name, value }),
                    (None, _) | (_, Some(_)) => {
                        let names = names.join(", ");
                        Err(InvalidValue::new("", format!("The object must have exactly one member, one of {names}.")))
                    }
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) => {
                Err(self.is_not(&format!("one of {}", names.join(", "))))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'de> {
    items: std::vec::IntoIter<Json<'de>>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = InvalidValue;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, InvalidValue> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(item).map(Some).map_err(|invalid| invalid.within(&format!("[{index}]")))
    }
}

struct Members<'de> {
    members: std::vec::IntoIter<(Cow<'de, str>, Json<'de>)>,
    /// The value of the member whose name was read last, with that name for the path of errors.
    value: Option<(Cow<'de, str>, Json<'de>)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = InvalidValue;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, InvalidValue> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        let read = seed.deserialize(Json::Text(name.clone())).map_err(|invalid| invalid.within(&name))?;
        self.value = Some((name, value));
        Ok(Some(read))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, InvalidValue> {
        let (name, value) = self.value.take().unwrap_or(("".into(), Json::Null));
        seed.deserialize(value).map_err(|invalid| invalid.within(&name))
    }
}

/// The single member of an object that stands for an enum.
struct Variant<'de> {
    name: Cow<'de, str>,
    value: Json<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = InvalidValue;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), InvalidValue> {
        let read = seed.deserialize(Json::Text(self.name.clone()));
        read.map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = InvalidValue;

    fn unit_variant(self) -> Result<(), InvalidValue> {
        Err(InvalidValue::new(self.name, "It has no value. Write the name alone, as a string."))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, InvalidValue> {
        seed.deserialize(self.value).map_err(|invalid| invalid.within(&self.name))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        self.value.deserialize_any(visitor).map_err(|invalid| invalid.within(&self.name))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        self.value.deserialize_struct("", names, visitor).map_err(|invalid| invalid.within(&self.name))
    }
}
