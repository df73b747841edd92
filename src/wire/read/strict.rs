//! From a JSON value to the type that is read.

use std::borrow::Cow;
use std::cell::RefCell;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::{InvalidValue, Json, Problem};

/// Mistakes that are kept while reading goes on, and how many of them there may be. None: the first ends the reading.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a>(pub(super) Option<(&'a RefCell<Vec<InvalidValue>>, usize)>);

impl Kept<'_> {
    /// Reads a value one step further in: the paths of its mistakes begin with that step.
    fn within<T>(self, step: &str, read: impl FnOnce() -> Result<T, InvalidValue>) -> Result<T, InvalidValue> {
        let before = self.0.map_or(0, |(kept, _)| kept.borrow().len());
        let read = read();
        if let Some((kept, _)) = self.0 {
            for mistake in &mut kept.borrow_mut()[before..] {
                *mistake = mistake.clone().within(step);
            }
        }
        read.map_err(|mistake| mistake.within(step))
    }

    /// Keeps a mistake. Fails with it where it is the last one that is wanted.
    fn keep(self, mistake: InvalidValue) -> Result<(), InvalidValue> {
        match self.0 {
            Some((kept, most)) if kept.borrow().len() + 1 < most => {
                kept.borrow_mut().push(mistake);
                Ok(())
            }
            Some(_) | None => Err(mistake),
        }
    }
}

/// Reads a value as the type that is asked for, and as nothing else: derived code by itself would take a list for a
/// struct, and give its items to the members in the order of their declaration.
pub(super) struct Strict<'de, 'a> {
    pub(super) json: Json<'de>,
    pub(super) kept: Kept<'a>,
}

impl<'de> Deserializer<'de> for Strict<'de, '_> {
    type Error = InvalidValue;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        let kept = self.kept;
        match self.json {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Json::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Json::List(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0, kept }),
            Json::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None, kept }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, InvalidValue> {
        if let Json::Null = self.json { visitor.visit_none() } else { visitor.visit_some(self) }
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
        if let Json::List(_) = self.json {
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
        let kept = self.kept;
        match self.json {
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
                    (Some((name, value)), None) => visitor.visit_enum(Variant { name, value, kept }),
                    (None, _) | (_, Some(_)) => {
                        let names = names.join(", ");
                        Err(InvalidValue::new("", format!("The object must have exactly one member, one of {names}.")))
                    }
                }
            }
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_)) => {
                Err(other.is_not(&format!("one of {}", names.join(", "))))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'de, 'a> {
    items: std::vec::IntoIter<Json<'de>>,
    index: usize,
    kept: Kept<'a>,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = InvalidValue;

    /// The next item that is right.
    fn next_element<T: Deserialize<'de>>(&mut self) -> Result<Option<T>, InvalidValue> {
        loop {
            match self.next_element_seed(PhantomData) {
                Ok(item) => return Ok(item),
                Err(mistake) => self.kept.keep(mistake)?,
            }
        }
    }

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, InvalidValue> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let (index, kept) = (self.index, self.kept);
        self.index += 1;
        kept.within(&format!("[{index}]"), || seed.deserialize(Strict { json: item, kept })).map(Some)
    }
}

struct Members<'de, 'a> {
    members: std::vec::IntoIter<(Cow<'de, str>, Json<'de>)>,
    /// The value of the member whose name was read last, with that name for the path of errors.
    value: Option<(Cow<'de, str>, Json<'de>)>,
    kept: Kept<'a>,
}

impl<'de> MapAccess<'de> for Members<'de, '_> {
    type Error = InvalidValue;

    /// The next name that is known.
    fn next_key<K: Deserialize<'de>>(&mut self) -> Result<Option<K>, InvalidValue> {
        loop {
            match self.next_key_seed(PhantomData) {
                Ok(name) => return Ok(name),
                Err(mistake) => self.kept.keep(mistake)?,
            }
        }
    }

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, InvalidValue> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        let (json, kept) = (Json::Text(name.clone()), self.kept);
        let read = kept.within(&name, || seed.deserialize(Strict { json, kept }))?;
        self.value = Some((name, value));
        Ok(Some(read))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, InvalidValue> {
        let ((name, json), kept) = (self.value.take().unwrap_or(("".into(), Json::Null)), self.kept);
        kept.within(&name, || seed.deserialize(Strict { json, kept }))
    }
}

/// The single member of an object that stands for an enum.
struct Variant<'de, 'a> {
    name: Cow<'de, str>,
    value: Json<'de>,
    kept: Kept<'a>,
}

impl<'de> EnumAccess<'de> for Variant<'de, '_> {
    type Error = InvalidValue;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), InvalidValue> {
        let (json, kept) = (Json::Text(self.name.clone()), self.kept);
        seed.deserialize(Strict { json, kept }).map(|variant| (variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = InvalidValue;

    fn unit_variant(self) -> Result<(), InvalidValue> {
        Err(InvalidValue::new(self.name, "It has no value. Write the name alone, as a string."))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, InvalidValue> {
        let Self { name, value: json, kept } = self;
        kept.within(&name, || seed.deserialize(Strict { json, kept }))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, InvalidValue> {
        let Self { name, value: json, kept } = self;
        kept.within(&name, || Strict { json, kept }.deserialize_any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, InvalidValue> {
        let Self { name, value: json, kept } = self;
        kept.within(&name, || Strict { json, kept }.deserialize_struct("", names, visitor))
    }
}
