//! How a body is declared: each member in one row, with its type and what it is built from.

/// Declares a struct that is written as JSON, with names in camel case, and the function that builds it. A member behind a
/// question mark is an `Option`, and is left out where it has no value. A text in front of a member is its name in JSON,
/// where that is another:
///
/// ```text
/// built! {
///     struct TagBody<'a>;
///     /// Describes a tag.
///     fn new(tag: &'a Tag) { statements in front }
///     "self" self_url: Url = tag.url(),
///     name: &'a str = &tag.name,
///     ?color: &'a str = tag.color.as_deref(),
/// }
/// ```
macro_rules! built {
    (
        $(#[$about:meta])* $vis:vis struct $name:ident $(<$life:lifetime>)?;
        $(#[$how:meta])* $fn_vis:vis fn $new:ident($($arg:ident: $of:ty),* $(,)?) { $($before:tt)* }
        $($rows:tt)*
    ) => {
        built! {
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
        built! {
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
        built! {
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
        #[derive(Debug, serde::Serialize, schemars::JsonSchema)]
        #[serde(rename_all = "camelCase")]
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
