//! How types are declared that would repeat themselves otherwise. No file imports these: `lib.rs` has them everywhere.

/// Declares a struct and the function that makes it: each member in one row, with its type and what it is made from.
///
/// ```text
/// made! {
///     struct Tag;
///     /// A tag that nothing has yet.
///     fn new(name: &str) { statements in front }
///     name: String = name.to_owned(),
///     uses: u64 = 0,
/// }
/// ```
macro_rules! made {
    (
        $(#[$about:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)?;
        $(#[$how:meta])* $fn_vis:vis fn $new:ident($($arg:ident: $of:ty),* $(,)?) { $($before:tt)* }
        $($rows:tt)*
    ) => {
        made! {
            { $(#[$about])* $vis struct $name $(<$life>)? }
            { $(#[$how])* $fn_vis fn $new($($arg: $of),*) { $($before)* } }
            {} {} $($rows)*
        }
    };
    // Takes one row after the other.
    (
        $struct:tt $fn:tt { $($members:tt)* } { $($values:tt)* }
        $(#[$attribute:meta])* ? $($json:literal)? $vis:vis $member:ident: $type:ty = $value:expr, $($rows:tt)*
    ) => {
        made! {
            $struct $fn
            {
                $($members)*
                $(#[$attribute])*
                $(#[serde(rename = $json)])?
                #[serde(skip_serializing_if = "Option::is_none")]
                $vis $member: Option<$type>,
            }
            { $($values)* $member: $value, }
            $($rows)*
        }
    };
    (
        $struct:tt $fn:tt { $($members:tt)* } { $($values:tt)* }
        $(#[$attribute:meta])* $($json:literal)? $vis:vis $member:ident: $type:ty = $value:expr, $($rows:tt)*
    ) => {
        made! {
            $struct $fn
            { $($members)* $(#[$attribute])* $(#[serde(rename = $json)])? $vis $member: $type, }
            { $($values)* $member: $value, }
            $($rows)*
        }
    };
    (
        { $(#[$about:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)? }
        { $(#[$how:meta])* $fn_vis:vis fn $new:ident $args:tt { $($before:tt)* } }
        { $($members:tt)* } { $($values:tt)* }
    ) => {
        $(#[$about])*
        $vis struct $name $(<$life>)? { $($members)* }

        impl $(<$life>)? $name $(<$life>)? {
            $(#[$how])*
            $fn_vis fn $new $args -> Self {
                $($before)*
                Self { $($values)* }
            }
        }
    };
}

/// As `made!`, of a struct that is written as JSON, with names in camel case. A member behind a question mark is an
/// `Option`, and is left out where it has no value. A text in front of a member is its name in JSON, where that is another:
///
/// ```text
/// built! {
///     struct TagBody<'a>;
///     /// Describes a tag.
///     fn new(tag: &'a Tag) {}
///     "self" self_url: Url = tag.url(),
///     name: &'a str = &tag.name,
///     ?color: &'a str = tag.color.as_deref(),
/// }
/// ```
macro_rules! built {
    ($($declared:tt)*) => {
        made! {
            #[derive(Debug, serde::Serialize, schemars::JsonSchema)]
            #[serde(rename_all = "camelCase")]
            $($declared)*
        }
    };
}

/// As `built!`, of a struct that is read too, and refuses members that it does not have.
macro_rules! stored {
    ($($declared:tt)*) => {
        built! {
            #[derive(Clone, serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            $($declared)*
        }
    };
}

/// Declares an enum whose values have names for clients: each value with its name.
macro_rules! named {
    ($(#[$about:meta])* $vis:vis enum $type:ident { $($(#[$of_value:meta])* $value:ident = $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $vis enum $type {
            $($(#[$of_value])* $value,)*
        }

        impl $type {
            /// All of them.
            $vis const ALL: [Self; [$($name),*].len()] = [$(Self::$value),*];

            /// The names of all of them, in the same order.
            $vis const NAMES: &[&str] = &[$($name),*];

            /// The name.
            $vis const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)*
                }
            }

            /// The one of this name; `None` for any other spelling.
            $vis fn parse(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == name)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
