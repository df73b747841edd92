//! Small things that targets look for in what they sent.

/// Where `needle` stands in `bytes`, first place first. An empty one stands everywhere.
pub fn find<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let last = (bytes.len() + 1).saturating_sub(needle.len());
    (0..last).filter(move |&place| bytes[place..].starts_with(needle))
}
